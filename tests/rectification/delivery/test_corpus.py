"""E6 of the corpus, as far as it is about messages: each item, and the test that answers it."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.rectification.test_bad_input import corpus

HERE = "tests/rectification/delivery"
ENDS = (
    f"{HERE}/test_smtp_replies.py::test_a_mail_ends_as_the_server_answers_and_the_next_one_goes_out"
)
TROUBLE = f"{HERE}/test_smtp_replies.py::test_trouble_with_the_server_itself_burns_no_attempt"
AWAY = f"{HERE}/test_smtp_replies.py::test_a_refused_connection_and_an_unknown_host_are_said"
ADDRESS = (
    f"{HERE}/test_wording.py::"
    "test_an_address_that_is_none_is_refused_and_the_next_unit_is_written_to"
)
SUBJECT = f"{HERE}/test_wording.py::test_a_subject_is_text_and_no_header"
BODY = f"{HERE}/test_wording.py::test_a_lone_dot_and_long_lines_arrive_as_they_were_written"
ARCHIVE = f"{HERE}/test_archive.py"
CRYPTO = f"{HERE}/test_encryption.py"

TESTS = {
    "liaison address changed between fan-out and sending": [
        f"{HERE}/test_wording.py::test_the_address_is_the_one_at_the_time_of_writing"
    ],
    "address a@b": [ADDRESS],
    'address "a b"@x.cn': [ADDRESS],
    "address with CRLF + Bcc": [ADDRESS],
    "address with NUL": [f"{HERE}/test_wording.py::test_an_address_with_nul_is_refused"],
    "10 addresses in one field": [ADDRESS],
    "name =?utf-8?b?..?= (encoded-word injection)": [ADDRESS, SUBJECT],
    "subject of 5,000 characters": [
        f"{HERE}/test_wording.py::test_a_subject_of_5000_characters_is_cut_where_it_is_written"
    ],
    "body line of 10,000 bytes": [BODY],
    'body with a lone "."': [BODY],
    "EHLO 500": [
        TROUBLE,
        f"{HERE}/test_smtp_replies.py::test_a_server_that_knows_no_ehlo_is_spoken_to_all_the_same",
    ],
    "STARTTLS offered then broken": [
        f"{CRYPTO}::test_starttls_that_is_offered_and_then_broken_is_said"
    ],
    "AUTH 535": [TROUBLE],
    "MAIL 452": [ENDS],
    "RCPT 550": [ENDS],
    # One recipient a message: no reply is mixed.
    "RCPT 250 and 550 mixed (Django returns 1 and hides the refusal)": [ENDS],
    "DATA accepted, connection cut before 250": [
        ENDS,
        f"{ARCHIVE}::test_what_is_in_doubt_is_looked_up_and_sent_only_where_it_is_not_there",
    ],
    "250 then RST": [ENDS],
    "server takes 1 byte/s (slow loris)": [ENDS, TROUBLE],
    "server answers 1 MB line": [ENDS, TROUBLE],
    "DNS fails": [AWAY],
    "connection refused": [AWAY],
    "TLS handshake hangs": [f"{CRYPTO}::test_a_handshake_that_hangs_is_given_up"],
    "archive mailbox full": [
        f"{ARCHIVE}::test_an_archive_without_what_was_sent_last_is_not_believed"
    ],
    "archive search returns two hits": [f"{ARCHIVE}::test_two_hits_are_as_good_as_one"],
}


@pytest.mark.parametrize("item", sorted(TESTS))
def test_every_item_of_the_table_is_in_the_corpus(item, shared):
    assert item in corpus("E6")


@pytest.mark.parametrize("named", sorted({each for found in TESTS.values() for each in found}))
def test_every_test_of_the_table_exists(named):
    file, name = named.split("::")

    assert f"def {name}(" in (Path(settings.BASE_DIR) / file).read_text(encoding="utf-8")
