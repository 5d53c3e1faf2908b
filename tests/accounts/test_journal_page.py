"""The audit administrator's page: what it shows and hides, finds, verifies and gives away."""

import csv
import io
from datetime import timedelta

import pytest

from accounts import journal
from accounts.journal import Act
from accounts.journal_search import escaped
from accounts.models import JournalEntry, Role
from tests.factories import NOON, UserFactory, bureau, person

PAGE, VERIFY, EXPORT = (
    "/accounts/journal/",
    "/accounts/journal/verify/",
    "/accounts/journal/export/",
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def head_file(settings, tmp_path):
    settings.HEAD_FILE = tmp_path / "heads"
    return settings.HEAD_FILE


@pytest.fixture
def auditor(client):
    client.force_login(found := person(Role.AUDIT_ADMIN, bureau(), name="审计甲"))
    return found


@pytest.fixture
def people():
    """Somebody who acts, also in the name of somebody else."""
    deputy, absent = UserFactory(name="代理乙"), UserFactory(name="请假丙")
    write("report", "measure", "x25/M-1", by=deputy, after={"status": "under_way"}, why="月报")
    deputy.acting_for = absent
    write("close", "measure", "x25/M-2", by=deputy, before={"status": "in_review"}, minutes=1440)
    write("open", "round", "x25/12", by=None, minutes=2880)
    return deputy, absent


def write(verb, kind, code, *, by=None, minutes=0, **told):
    act = Act(verb, kind, code, **told)
    return journal.append(act, by=by, at=NOON + timedelta(minutes=minutes))


def shown(client, query=""):
    return [row.entry.sequence for row in client.get(f"{PAGE}{query}").context["rows"]]


def test_an_entry_is_told_in_words(client, auditor, people):
    write("amend", "measure", "x25/M-9", before={"version": 1}, after={"version": 2}, why="更正")

    html = client.get(PAGE).content.decode()

    assert "代理乙（代 请假丙）" in html
    assert "更新进展" in html
    assert "状态：— → 推进中" in html
    assert "版本：1 → 2" in html
    assert "调度 x25/12" in html
    assert JournalEntry.objects.get(sequence=1).hash in html


def test_of_a_long_text_the_length_alone_is_shown_and_exported(client, auditor):
    text = "金丝雀" * 20
    write("plan", "problem", "x25/P-1", after={"wording": text, "category": "政治责任"})
    write("edit", "report", "x25-report", before={"items": [text]}, after={"items": [text, text]})

    html = client.get(PAGE).content.decode()
    file = b"".join(client.get(EXPORT)).decode()

    for place in (html, file):
        assert "金丝雀" not in place
        assert "（60字）" in place
        assert "政治责任" in place


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("?verb=close", [2]),
        ("?kind=round", [3]),
        ("?code=M-1", [1]),
        ("?person=代理乙", [2, 1]),
        ("?person=请假丙", [2]),
        ("?person=系统", [3]),
        ("?q=月报", [1]),
        ("?since=2025-08-01", [3, 2]),
        ("?until=2025-08-01", [2, 1]),
        ("?since=2025-08-01&until=2025-08-01", [2]),
        ("?verb=close&kind=round", []),
    ],
)
def test_filters_in_the_address(client, auditor, people, query, found):
    assert shown(client, query) == found


@pytest.mark.parametrize(
    "query",
    [
        "?since=yesterday",
        "?since=0001-01-01",
        "?until=9999-12-31",
        "?verb=bogus",
        "?q=%00",
        "?page=x",
    ],
)
def test_a_filter_that_cannot_be_read_is_left_out_of_the_page(client, auditor, people, query):
    answer = client.get(f"{PAGE}{query}")

    assert answer.status_code == 200
    assert len(answer.context["rows"]) == 3


def test_the_export_gives_exactly_what_is_filtered_and_is_an_entry_itself(client, auditor, people):
    answer = client.get(f"{EXPORT}?person=代理乙&since=2025-08-01")
    file = b"".join(answer)
    rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))

    assert file.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Disposition"].startswith('attachment; filename="journal-')
    assert [row[0] for row in rows] == ["序号", "2"]
    assert rows[1][-1] == JournalEntry.objects.get(sequence=2).hash
    entry = JournalEntry.objects.latest("sequence")
    assert (entry.verb, entry.subject_kind, entry.by) == ("export", "journal", auditor)
    assert entry.after["filters"] == {"person": "代理乙", "since": "2025-08-01"}
    assert entry.after["entries"] == 1


def test_an_export_never_gives_more_than_was_asked_for(client, auditor, people):
    assert client.get(f"{EXPORT}?since=yesterday").status_code == 404


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠1", "\t=1", "\r1", " =1", "\n1"],
)
def test_a_cell_that_a_spreadsheet_would_compute_is_text(client, auditor, cell):
    write("amend", "measure", "x25/M-1", why=cell)

    assert escaped(cell) == f"'{cell}"
    assert f"'{cell}" in b"".join(client.get(EXPORT)).decode()


@pytest.mark.parametrize("cell", ["", "月报", "2025-07-31", "x25/M-1"])
def test_other_cells_stay_as_they_are(cell):
    assert escaped(cell) == cell


def test_verifying_says_that_all_is_well_and_is_an_entry(client, auditor, people):
    html = client.post(VERIFY, follow=True).content.decode()

    assert "已核对前3条日志，全部相符。" in html
    assert JournalEntry.objects.latest("sequence").after == {"result": "全部相符"}


def test_verifying_names_the_first_broken_entry(client, auditor, people, unguarded):
    JournalEntry.objects.filter(sequence=2).update(why="改过")

    html = client.post(VERIFY, follow=True).content.decode()

    assert "日志有问题。第2条：内容与校验码不符。" in html


def test_verifying_says_what_the_witness_lacks(client, auditor, people, head_file):
    html = client.post(VERIFY, follow=True).content.decode()

    assert f"日志链头文件 {head_file} 只记到第0条" in html


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDIT_ADMIN])
def test_for_everybody_else_there_is_no_such_page(client, role):
    client.force_login(person(role, bureau()))

    answers = [client.get(PAGE), client.post(VERIFY), client.get(EXPORT)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert "审计日志" not in client.get("/desk/").content.decode()


def test_the_menu_leads_the_auditor_there_and_not_into_the_admin_site(client, auditor):
    html = client.get("/desk/").content.decode()

    assert f'href="{PAGE}"' in html
    assert "/admin/" not in html
    assert client.get("/admin/").status_code == 404
