"""HEAD_FILE, the witness outside the database: written by several, never mistaken for empty."""

import io
import logging

import pytest
from django.core.management import CommandError, call_command

from accounts import checks, journal
from accounts.journal import Act
from accounts.models import JournalEntry
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def head_file(settings, tmp_path):
    settings.HEAD_FILE = tmp_path / "heads"
    return settings.HEAD_FILE


def write(count: int) -> list[tuple[int, str]]:
    for number in range(count):
        journal.append(Act("report", "measure", f"x25/M-{number}"), by=None, at=NOON)
    return list(JournalEntry.objects.values_list("sequence", "hash"))


def verify() -> str:
    said = io.StringIO()
    call_command("verify_journal", stdout=said, stderr=said)
    return said.getvalue()


def test_lines_out_of_order_are_as_good_as_lines_in_order(head_file):
    heads = write(3)
    lines = [line for line in head_file.read_text().splitlines() if line]
    head_file.write_text("\n".join(reversed(lines)))

    assert sorted(journal.witnessed()) == heads
    assert journal.witness_gap() == ""
    assert "全部相符" in verify()


@pytest.mark.parametrize("torn", ["2", "2 ", "2 abc", "2 " + "0" * 63, "2 " + "0" * 64, "\xff\x00"])
def test_a_line_cut_short_by_a_crash_is_passed_over(head_file, torn):
    heads = write(1)
    with head_file.open("ab") as file:
        file.write(torn.encode("latin-1"))

    more = write(1)

    assert journal.witnessed() == [*heads, more[-1]]
    assert journal.first_fault(witnessed=journal.witnessed()) is None


def test_a_head_that_was_witnessed_once_counts_even_where_a_later_line_says_otherwise(head_file):
    write(2)
    with head_file.open("a") as file:
        file.write(f"\n2 {'f' * 64} {NOON.isoformat()}\n")
        file.write(f"\n2 {JournalEntry.objects.get(sequence=2).hash} {NOON.isoformat()}\n")

    fault = journal.first_fault(witnessed=journal.witnessed())

    assert fault is not None
    assert (fault.sequence, fault.reason) == (2, "与数据库外的校验记录不符。")


def test_a_head_that_cannot_be_written_is_logged_and_said(head_file, caplog):
    head_file.mkdir()  # nothing can be appended to a folder, whoever runs this

    with caplog.at_level(logging.ERROR, logger="accounts.journal"):
        heads = write(1)

    assert len(heads) == 1, "the act itself is not refused"
    assert "the head of entry 1 is not in HEAD_FILE" in caplog.text
    with pytest.raises(journal.WitnessUnreadable, match="读不出来"):
        journal.witnessed()
    with pytest.raises(CommandError, match="读不出来"):
        verify()
    (warning,) = checks.the_witness_is_complete(None, databases=["default"])
    assert "读不出来" in warning.msg


def test_a_crash_between_commit_and_witness_is_said_and_healed_by_the_next_act(head_file):
    write(2)
    head_file.unlink()

    assert "只记到第0条" in verify()
    (warning,) = checks.the_witness_is_complete(None, databases=["default"])
    assert "日志已到第2条" in warning.msg
    write(1)
    assert checks.the_witness_is_complete(None, databases=["default"]) == []
    assert "只记到" not in verify()


def test_the_check_command_looks_into_the_database(head_file, capsys):
    write(1)
    head_file.unlink()

    call_command("check")

    assert "只记到第0条" in capsys.readouterr().err
