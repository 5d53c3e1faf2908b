"""Uploading through the page of a measure: what comes in, and what stays out without a trace."""

import errno
import hashlib
import io
import os
import socket
import time

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import JournalEntry
from rectification.evidence import naming, storing
from rectification.models import Evidence, EvidenceVersion
from rectification.states import WorkStatus
from tests.factories import MeasureFactory
from tests.rectification.evidence import files
from tests.rectification.evidence.conftest import SAID, on_disk, planted, sent, upload
from tests.rectification.evidence.test_inspecting import HOSTILE, SOUND


def test_a_sound_file_is_kept_under_a_name_of_our_own(client, cast):
    content = files.pdf()

    piece = planted(client, cast, "巡查制度.pdf", content, document_number="云水〔2025〕8号")

    version = piece.latest
    assert (piece.code, piece.title, piece.unit) == ("E-001", "巡查制度", cast.division)
    assert (version.name, version.size) == ("巡查制度.pdf", len(content))
    assert version.sha256 == hashlib.sha256(content).hexdigest()
    (path,) = on_disk()
    assert path == storing.path_of(version.key)
    assert path.read_bytes() == content
    assert "巡查" not in str(path)


def test_several_files_at_once_are_several_pieces_and_one_name_may_come_twice(client, cast):
    two = [sent("照片.png", files.picture()), sent("照片.png", files.picture("PNG", size=(9, 9)))]

    answer = upload(client, cast, *two, kind="photo", title="只用于一份时")

    assert answer.status_code == 302
    assert list(Evidence.objects.values_list("number", "title")) == [(1, "照片"), (2, "照片")]
    assert len(on_disk()) == 2


@pytest.mark.usefixtures("in_a_child")
@pytest.mark.parametrize("name", SOUND)
def test_every_kind_that_is_named_is_taken(client, cast, name):
    planted(client, cast, name, SOUND[name])

    assert len(on_disk()) == 1


def test_the_type_is_that_of_the_content_whatever_the_browser_says(client, cast):
    answer = upload(client, cast, sent("a.pdf", files.pdf(), "text/html"))

    assert answer.status_code == 302
    assert EvidenceVersion.objects.get().media_type == "application/pdf"


def test_the_journal_names_the_file_and_its_hash(client, cast):
    piece = planted(client, cast)

    entry = JournalEntry.objects.get(verb="add_evidence")
    assert (entry.subject_code, entry.by) == ("x25/E-001", cast.liaison)
    assert entry.after["sha256"] == piece.latest.sha256
    assert entry.after["measure"] == cast.measure.code


NAMES = [
    "/etc/passwd",
    "C:\\Windows\\x",
    "CON.pdf",
    '整改报告"; filename="x.html',
    "整改\u202efdp.exe",
    "a.php.pdf",
    "a.pdf.exe",
    "a.pdf ",
    "a.pdf::$DATA",
    "a.svg",
    "a.xml",
    "a.webp",
    "a.heic",
    "a.avif",
    "a.tiff",
    "a.docm",
    "a.xlsm",
    "a.ceb",
    "a.zip",
    "a.tar",
    "a.eml",
    "a.js",
    "a.lnk",
    "a.jar",
]


def refused(answer) -> str:
    """The page, of an upload of which nothing is left."""
    assert 400 <= answer.status_code < 500
    assert Evidence.objects.count() == 0
    assert on_disk() == []
    return answer.content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_name_leaves_nothing(client, cast, name):
    page = refused(upload(client, cast, sent(name, files.pdf())))

    assert naming.ALLOWED in page
    assert "20MB" in page


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_leaves_nothing(client, cast, case):
    name, content = HOSTILE[case]

    page = refused(upload(client, cast, sent(name, content)))

    assert naming.ALLOWED in page
    assert "20MB" in page


@pytest.mark.usefixtures("in_a_child")
@pytest.mark.parametrize("case", ["PDF with /Launch", "PNG of 50,000 x 50,000", "docx with a DTD"])
def test_the_child_keeps_a_hostile_file_out_too(client, cast, case):
    name, content = HOSTILE[case]

    assert naming.ALLOWED in refused(upload(client, cast, sent(name, content)))


@pytest.mark.parametrize("name", ["", "."])
def test_a_file_without_a_name_is_no_file(client, cast, name):
    body = encode_multipart(BOUNDARY, {**SAID, "files": sent("NAME.pdf", files.pdf())})

    answer = raw(client, cast, body.replace(b"NAME.pdf", name.encode()))

    assert "请选择文件" in refused(answer)


def test_a_name_of_300_characters_is_refused_and_not_cut(client, cast):
    body = encode_multipart(BOUNDARY, {**SAID, "files": sent("NAME.pdf", files.pdf())})

    page = refused(raw(client, cast, body.replace(b"NAME", ("整" * 300).encode())))

    assert "文件名有304字" in page


def test_one_bad_file_among_good_ones_keeps_all_out(client, cast):
    given = [sent("好.pdf", files.pdf()), sent("坏.pdf", b"<html>")]

    assert "坏.pdf" in refused(upload(client, cast, *given))


def test_a_file_of_one_byte_too_many_is_refused_and_one_of_the_limit_is_not(client, cast, settings):
    content = files.pdf() + b"\n" * 5000
    settings.UPLOAD_MOST_BYTES = len(content) - 1
    refused(upload(client, cast, sent("a.pdf", content)))
    settings.UPLOAD_MOST_BYTES = len(content)

    assert upload(client, cast, sent("a.pdf", content)).status_code == 302


def test_a_file_that_is_too_large_never_lies_on_the_disk_as_a_whole(
    client, cast, settings, monkeypatch
):
    settings.UPLOAD_MOST_BYTES = 100_000
    largest = []
    close = storing.Received.close

    def closed(file):
        largest.append(file.path.stat().st_size if file.path.exists() else 0)
        close(file)

    monkeypatch.setattr(storing.Received, "close", closed)

    refused(upload(client, cast, sent("a.pdf", files.pdf() + b"\n" * 2_000_000)))

    assert max(largest) <= 100_000


def test_101_files_in_one_request_are_refused(client, cast):
    given = [sent(f"{number}.pdf", b"%PDF-") for number in range(101)]

    assert naming.ALLOWED in refused(upload(client, cast, *given))


def test_21_files_in_one_request_are_refused_by_count(client, cast):
    given = [sent(f"{number}.pdf", b"%PDF-") for number in range(21)]

    assert "最多20个文件，现在有21个" in refused(upload(client, cast, *given))


def test_1001_fields_are_refused(client, cast):
    many = {f"field{number}": "x" for number in range(1001)}

    assert "内容太多" in refused(upload(client, cast, sent("a.pdf", files.pdf()), **many))


def raw(client, cast, body: bytes, *, boundary: str = BOUNDARY):
    client.force_login(cast.liaison)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.generic("POST", f"{cast.page}evidence/", body, kind)


def test_a_boundary_of_2000_characters_is_refused(client, cast):
    boundary = "x" * 2000
    body = encode_multipart(boundary, {**SAID, "files": sent("a.pdf", files.pdf())})

    assert "没有保存" in refused(raw(client, cast, body, boundary=boundary))


def test_a_part_header_of_a_megabyte_is_refused(client, cast):
    body = encode_multipart(BOUNDARY, {**SAID, "files": sent("a.pdf", files.pdf())})
    long = body.replace(b"Content-Type:", b"X-Long: " + b"x" * 2**20 + b"\r\nContent-Type:", 1)

    assert "没有保存" in refused(raw(client, cast, long))


def test_a_request_without_the_token_leaves_nothing(cast):
    client = Client(enforce_csrf_checks=True)

    assert upload(client, cast, sent("a.pdf", files.pdf())).status_code == 403
    refused(upload(client, cast, sent("a.pdf", files.pdf())))


@pytest.mark.usefixtures("in_a_child")
def test_a_mark_of_secrecy_is_recorded_without_what_it_says(client, cast):
    refused(upload(client, cast, sent("a.docx", files.word("王某某 机密★3年"))))
    refused(upload(client, cast, sent("机密★王某某.pdf", files.pdf())))
    refused(upload(client, cast, sent("a.pdf", files.pdf()), title="王某某 机密★3年"))

    entries = JournalEntry.objects.filter(verb="refuse_secret")
    assert [(each.subject_kind, each.subject_code) for each in entries] == [
        ("measure", cast.measure.subject_code)
    ] * 3
    assert all("王某某" not in f"{each.before}{each.after}{each.why}" for each in entries)


def test_a_photograph_with_its_place_is_kept_inside_and_not_for_the_public(client, cast):
    photograph = sent("现场.jpg", files.picture("JPEG", gps=True))
    assert "拍摄地点" in refused(upload(client, cast, photograph, is_public="on"))

    photograph.seek(0)
    assert upload(client, cast, photograph).status_code == 302
    piece = Evidence.objects.get()
    answer = client.post(
        f"{cast.base}evidence/{piece.number}/amend/",
        {**SAID, "title": "现场", "is_public": "on", "version": piece.version},
    )
    assert "拍摄地点" in answer.content.decode()
    piece.refresh_from_db()
    assert not piece.is_public


def test_tracked_changes_with_their_authors_are_not_for_the_public(client, cast):
    text = sent("制度.docx", files.word_with_changes())

    assert "修订" in refused(upload(client, cast, text, is_public="on"))


def test_a_full_disk_is_said_and_leaves_nothing(client, cast, monkeypatch):
    content = files.pdf() + b"\n" * 300_000
    monkeypatch.setattr(storing, "_open", lambda path: Filling(path, room=len(content) // 2))

    assert "存储空间不足" in refused(upload(client, cast, sent("a.pdf", content)))


def test_a_disk_that_is_full_at_the_last_moment_leaves_nothing(client, cast, monkeypatch):
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storing, "_to_disk", full)

    assert "存储空间不足" in refused(upload(client, cast, sent("a.pdf", files.pdf())))


def test_a_row_that_cannot_be_written_takes_its_file_along(client, cast, monkeypatch):
    def broken(*measures, **why):
        raise ZeroDivisionError

    monkeypatch.setattr("rectification.closing.evidence_changed", broken)

    with pytest.raises(ZeroDivisionError):
        upload(client, cast, sent("a.pdf", files.pdf()))

    assert Evidence.objects.count() == 0
    assert on_disk() == []


class Filling(io.FileIO):
    """A file on a disk that is full after `room` bytes."""

    def __init__(self, path, *, room: int) -> None:
        super().__init__(path, "x")
        self.room = room

    def write(self, data) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_what_a_crash_left_is_cleared_by_the_next_upload(client, cast):
    planted(client, cast)
    incoming = django_settings.MEDIA_ROOT / "evidence" / "incoming"
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    long_ago = time.time() - storing.LIFETIME.total_seconds() - 60
    os.utime(incoming / "old", (long_ago, long_ago))

    planted(client, cast)

    assert [path.name for path in incoming.iterdir()] == ["new"]


def test_nobody_uploads_to_a_measure_of_another_unit(client, cast):
    answer = upload(client, cast, sent("a.pdf", files.pdf()), user=cast.stranger)
    absent = client.post(f"{cast.base}measures/M-000/evidence/", SAID)

    assert (answer.status_code, absent.status_code) == (404, 404)
    assert answer.content == absent.content
    refused(answer)


def test_a_supporting_unit_and_the_office_upload_and_a_supervisor_does_not(client, cast):
    cast.measure.supporting_units.add(cast.elsewhere)

    for user, status in ((cast.stranger, 302), (cast.office, 302), (cast.supervisor, 409)):
        answer = upload(client, cast, sent("a.pdf", files.pdf()), user=user)
        assert answer.status_code == status

    assert Evidence.objects.count() == 2


def test_a_closed_measure_takes_no_evidence(client, cast):
    closed = MeasureFactory(
        problem=cast.problem,
        code="M-900-9",
        lead_unit=cast.division,
        status=WorkStatus.CLOSED,
        closed_on="2025-07-01",
    )
    client.force_login(cast.liaison)

    answer = client.post(
        f"{cast.base}measures/{closed.code}/evidence/",
        {**SAID, "files": [sent("a.pdf", files.pdf())]},
    )

    assert answer.status_code == 409
    assert "已销号" in refused(answer)


def test_a_script_that_sends_is_told_where_to_go(client, cast):
    client.force_login(cast.liaison)

    answer = client.post(
        f"{cast.page}evidence/",
        {**SAID, "files": [sent("a.pdf", files.pdf())]},
        headers={"X-Upload": "1"},
    )

    assert (answer.status_code, answer["X-Go"]) == (204, cast.page)


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_breaks_off_leaves_nothing(client, live_server, cast):
    client.force_login(cast.liaison)
    body = encode_multipart(BOUNDARY, {**SAID, "files": sent("a.pdf", files.pdf() * 2000)})
    head = (
        f"POST {cast.page}evidence/ HTTP/1.1\r\nHost: {live_server.thread.host}\r\n"
        f"Cookie: sessionid={client.cookies['sessionid'].value}\r\n"
        f"Content-Type: {MULTIPART_CONTENT}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((live_server.thread.host, live_server.thread.port)) as line:
        line.sendall(head.encode() + body[: len(body) // 2])
        _until(lambda: on_disk() != [])

    _until(lambda: on_disk() == [])
    assert Evidence.objects.count() == 0


def _until(condition) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)
