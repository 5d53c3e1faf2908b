"""Downloads, previews, the pages, and the archive of a problem: what goes out, and to whom."""

import hashlib
import io
import zipfile

import docx
import pytest
from PIL import Image

from accounts.models import JournalEntry
from rectification.evidence import storing
from rectification.models import Evidence
from tests.conftest import FULL
from tests.factories import MeasureFactory
from tests.rectification.evidence import files
from tests.rectification.evidence.conftest import address, planted, sent, upload

SANDBOX = "sandbox; default-src 'none'"


@pytest.fixture
def piece(client, cast) -> Evidence:
    return planted(client, cast, "巡查 制度（试行）.pdf", files.pdf(2))


def link_of(cast, piece, version: int = 1) -> str:
    return f"{address(cast, piece)}{version}/file/"


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_download_is_the_file_as_an_attachment_in_a_sandbox(client, cast, piece):
    answer = client.get(link_of(cast, piece))

    assert hashlib.sha256(body(answer)).hexdigest() == piece.latest.sha256
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%B7%A1")
    assert answer["Content-Security-Policy"] == SANDBOX
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    entry = JournalEntry.objects.get(verb="download")
    assert (entry.by, entry.subject_code) == (cast.liaison, piece.subject_code)
    assert entry.after == {"version": 1, "sha256": piece.latest.sha256}


def test_the_head_of_a_file_is_answered_and_is_no_download(client, cast, piece):
    answer = client.head(link_of(cast, piece))

    assert answer.status_code == 200
    assert int(answer["Content-Length"]) == piece.latest.size
    assert not JournalEntry.objects.filter(verb="download").exists()


@pytest.mark.parametrize(
    "headers",
    [{"Range": "bytes=-1"}, {"If-None-Match": '"x"'}, {"If-Modified-Since": "Wed, 1 Jan 2031"}],
)
def test_a_download_is_always_the_whole_file(client, cast, piece, headers):
    answer = client.get(link_of(cast, piece), headers=headers)

    assert answer.status_code == 200
    assert len(body(answer)) == piece.latest.size
    assert "ETag" not in answer


def test_a_foreign_file_is_as_if_absent_under_every_address(client, cast, piece):
    client.force_login(cast.stranger)
    page = address(cast, piece)
    absent = client.get(f"{cast.base}evidence/999/1/file/")

    for url in (page, f"{page}1/file/", f"{page}1/preview/1/"):
        for answer in (client.get(url), client.head(url)):
            assert answer.status_code == 404
    assert client.get(f"{page}1/file/").content == absent.content
    assert absent.status_code == 404
    assert not JournalEntry.objects.filter(by=cast.stranger).exists()


def test_guessing_numbers_finds_nothing(client, cast, piece):
    client.force_login(cast.stranger)
    numbers = range(1000 if FULL else 100)
    guesses = {client.get(f"{cast.base}evidence/{n}/1/file/").status_code for n in numbers}

    assert guesses == {404}


def test_after_signing_out_the_link_leads_to_the_door(client, cast, piece):
    client.logout()

    answer = client.get(link_of(cast, piece))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/sign-in/")


def test_an_absent_version_or_an_endless_number_is_404(client, cast, piece):
    assert client.get(link_of(cast, piece, 2)).status_code == 404
    assert client.get(f"{cast.base}evidence/{'9' * 40}/1/file/").status_code == 404
    assert client.get(f"{address(cast, piece)}{'9' * 40}/file/").status_code == 404
    assert client.get(f"{address(cast, piece)}1/preview/{'9' * 40}/").status_code == 404


def test_a_file_that_was_changed_on_the_disk_is_not_given_out(client, cast, piece):
    storing.path_of(piece.latest.key).write_bytes(b"%PDF-forged")

    answer = client.get(link_of(cast, piece))

    assert answer.status_code == 409
    assert "校验码不符" in answer.content.decode()
    assert client.get(f"{address(cast, piece)}1/preview/1/").status_code == 404


def test_a_preview_is_a_picture_without_the_place_of_the_photograph(client, cast):
    content = files.picture("JPEG", size=(2400, 1600), gps=True)
    piece = planted(client, cast, "现场.jpg", content)

    answer = client.get(f"{address(cast, piece)}1/preview/1/")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Content-Security-Policy"] == SANDBOX
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (1200, 800)
    assert dict(picture.getexif()) == {}
    assert client.get(f"{address(cast, piece)}1/preview/2/").status_code == 404


def test_the_pages_of_a_document_are_shown(client, cast, piece):
    for page in (1, 2):
        answer = client.get(f"{address(cast, piece)}1/preview/{page}/")
        assert Image.open(io.BytesIO(answer.content)).width == 1200
    assert client.get(f"{address(cast, piece)}1/preview/3/").status_code == 404


def test_a_preview_is_recorded_also_where_nobody_asked_for_the_page(client, cast, piece):
    client.get(f"{address(cast, piece)}1/preview/1/")

    entry = JournalEntry.objects.get(verb="preview")
    assert (entry.by, entry.after) == (cast.liaison, {"version": 1, "page": 1})


def test_looking_at_a_piece_is_recorded_once(client, cast, piece):
    page = client.get(address(cast, piece)).content.decode()
    client.get(f"{address(cast, piece)}1/preview/1/")

    entry = JournalEntry.objects.get(verb="view")
    assert (entry.by, entry.subject_code) == (cast.liaison, piece.subject_code)
    assert piece.latest.sha256 in page
    assert cast.measure.code in page


def test_a_piece_names_only_the_measures_that_one_sees(client, cast, piece):
    canary = MeasureFactory(problem=cast.problem, code="M-CANARY", lead_unit=cast.elsewhere)
    piece.uses.create(measure=canary, by=cast.office, at=piece.latest.at)

    assert "M-CANARY" not in client.get(address(cast, piece)).content.decode()
    client.force_login(cast.office)
    assert "M-CANARY" in client.get(address(cast, piece)).content.decode()


def test_the_list_is_searched_and_narrowed(client, cast, piece):
    photo = planted(client, cast, "照片.png", files.picture(), kind="photo", document_number="八号")
    client.post(f"{address(cast, photo)}withdraw/", {"version": photo.version, "why": "看不清"})

    def titles(**kept):
        answer = client.get(f"{cast.base}evidence/", kept)
        return [row.title for row in answer.context["rows"]]

    assert titles() == ["照片", "巡查 制度（试行）"]
    assert titles(q="制度") == ["巡查 制度（试行）"]
    assert titles(q="八号") == ["照片"]
    assert titles(q="E-002") == ["照片"]
    assert titles(kind="photo") == ["照片"]
    assert titles(withdrawn="yes") == ["照片"]
    assert titles(withdrawn="no") == ["巡查 制度（试行）"]
    assert titles(unit=str(cast.division.pk)) == ["照片", "巡查 制度（试行）"]
    client.force_login(cast.stranger)
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)
    assert titles() == []


def archive_of(client, cast) -> zipfile.ZipFile:
    answer = client.get(f"{cast.base}problems/{cast.problem.code}/archive/")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(body(answer)))


def index_of(archive: zipfile.ZipFile) -> list[list[str]]:
    document = docx.Document(io.BytesIO(archive.read("00 目录.docx")))
    return [[cell.text for cell in row.cells] for row in document.tables[0].rows]


def test_one_click_gives_the_archive_of_a_problem(client, cast, piece):
    client.post(
        f"{address(cast, piece)}version/",
        {"version": piece.version, "file": sent("制度 修订.docx", files.word())},
    )
    wrong = planted(client, cast, "传错.png", files.picture())
    client.post(f"{address(cast, wrong)}withdraw/", {"version": wrong.version, "why": "传错了"})

    archive = archive_of(client, cast)

    assert archive.testzip() is None
    assert archive.namelist() == [
        "01 M-900-1/001 第1版 巡查 制度（试行）.pdf",
        "01 M-900-1/002 第2版 制度 修订.docx",
        "00 目录.docx",
    ]
    heading, first, second, third = index_of(archive)
    assert heading[0] == "序号"
    assert heading[-1] == "SHA-256"
    content = archive.read("01 M-900-1/001 第1版 巡查 制度（试行）.pdf")
    assert first[-1] == hashlib.sha256(content).hexdigest()
    assert second[6] == "第2版"
    assert third[-2:] == ["已撤下，未附文件：传错了", ""]
    entry = JournalEntry.objects.get(verb="export")
    assert (entry.subject_kind, entry.subject_code) == ("problem", cast.problem.subject_code)


def test_an_archive_holds_only_the_measures_that_one_sees(client, cast, piece):
    canary = MeasureFactory(problem=cast.problem, code="M-CANARY", lead_unit=cast.elsewhere)
    client.force_login(cast.office)
    given = [sent("canary.pdf", files.pdf())]
    client.post(
        f"{cast.base}measures/{canary.code}/evidence/",
        {"kind": "other", "dated_on": "2025-06-30", "files": given},
    )
    client.force_login(cast.liaison)

    archive = archive_of(client, cast)

    assert not [name for name in archive.namelist() if "canary" in name.lower()]
    assert "canary" not in str(index_of(archive)).lower()


def test_a_damaged_file_is_named_in_the_archive_and_left_out(client, cast, piece):
    storing.path_of(piece.latest.key).unlink()

    archive = archive_of(client, cast)

    assert archive.namelist() == ["00 目录.docx"]
    assert "文件缺失或与校验码不符" in index_of(archive)[1][-2]


def test_a_problem_of_another_unit_has_no_archive(client, cast, piece):
    client.force_login(cast.stranger)

    assert client.get(f"{cast.base}problems/P-900/archive/").status_code == 404


def test_the_page_of_a_measure_shows_its_evidence_and_offers_the_upload(client, cast, piece):
    page = client.get(cast.page).content.decode()
    assert "巡查 制度（试行）" in page
    assert 'capture="environment"' in page

    client.force_login(cast.supervisor)
    page = client.get(cast.page).content.decode()
    assert "巡查 制度（试行）" in page
    assert 'capture="environment"' not in page


def test_two_files_of_one_name_keep_both_in_the_archive(client, cast):
    upload(client, cast, sent("同名.pdf", files.pdf()), sent("同名.pdf", files.pdf(2)))

    assert len(archive_of(client, cast).namelist()) == 3
