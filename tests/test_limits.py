"""What is too large is refused before it is read; what is no page shows the way back."""

import pytest

from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure

SENT = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n--x--\r\n'


def send(client, size: int):
    return client.generic(
        "POST", "/accounts/sign-in/", SENT, "multipart/form-data; boundary=x", CONTENT_LENGTH=size
    )


def test_a_request_beyond_every_limit_is_answered_without_being_read(client, settings, monkeypatch):
    monkeypatch.setattr("django.http.HttpRequest.parse_file_upload", pytest.fail)

    answer = send(client, settings.REQUEST_MOST_BYTES + 1)

    assert answer.status_code == 413
    assert "内容过大" in answer.content.decode()


def test_a_request_within_the_limit_is_read(client, db):
    assert send(client, len(SENT)).status_code == 200


def test_the_address_of_a_sent_form_shows_the_way_back(client, cast):  # noqa: F811
    client.force_login(cast.office)

    answer = client.get(f"/i/{cast.inspection.code}/rhythm/change/")

    assert answer.status_code == 405
    assert f'href="/i/{cast.inspection.code}/rhythm/"' in answer.content.decode()
