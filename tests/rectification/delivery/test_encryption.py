"""TLS at once or by STARTTLS, with a certificate that is checked; never in the clear instead."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from rectification.states import NoticeState
from tests.rectification.delivery import sink as deeds
from tests.rectification.delivery.conftest import deliver, fate, mail


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    found, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        (
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(found)),
        ),
        check=True,
        capture_output=True,
    )
    return found, key


@pytest.fixture(params=["starttls", "tls"])
def encrypted(request, sink, settings, certificate, monkeypatch):
    """The server speaks TLS in one of the two manners, and this machine trusts it."""
    found, key = certificate
    sink.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    sink.context.load_cert_chain(found, key)
    sink.wraps_at_once = request.param == "tls"
    sink.always["EHLO"] = "250-sink\r\n250-STARTTLS\r\n250 AUTH PLAIN"
    settings.EMAIL_SECURITY = request.param
    settings.EMAIL_TIMEOUT = 1.0
    settings.EMAIL_USER, settings.EMAIL_PASSWORD = "zg", "geheim"
    monkeypatch.setenv("SSL_CERT_FILE", str(found))
    return sink


def test_a_mail_goes_out_encrypted_and_signed_in(cast, encrypted):
    notice = mail(cast)

    deliver()

    assert fate(notice)[0] == NoticeState.SENT
    assert any(command.startswith("AUTH PLAIN") for command in encrypted.commands)


def test_a_certificate_that_nobody_vouches_for_is_refused(cast, encrypted, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    notice = mail(cast)

    deliver()

    assert fate(notice)[:2] == (NoticeState.DUE, 0)
    assert "加密连接" in fate(notice)[2]
    assert not any(command.startswith("AUTH") for command in encrypted.commands)


def test_starttls_that_is_offered_and_then_broken_is_said(cast, encrypted, settings):
    encrypted.wraps_at_once = False
    settings.EMAIL_SECURITY = "starttls"
    encrypted.always["STARTTLS"] = lambda talk: talk.connection.sendall(
        b"220 go\r\nno handshake\r\n"
    )
    notice = mail(cast)

    deliver()

    assert fate(notice)[:2] == (NoticeState.DUE, 0)
    assert fate(notice)[2] != ""
    assert not any(command.startswith("AUTH") for command in encrypted.commands)


def test_what_somebody_slips_in_before_the_encryption_is_not_believed(cast, encrypted, settings):
    encrypted.wraps_at_once = False
    settings.EMAIL_SECURITY = "starttls"
    encrypted.always["STARTTLS"] = "220 go ahead\r\n250 AUTH PLAIN"
    notice = mail(cast)

    deliver()

    assert fate(notice)[:2] == (NoticeState.DUE, 0)
    assert "回应看不懂" in fate(notice)[2]


def test_a_handshake_that_hangs_is_given_up(cast, sink, settings):
    settings.EMAIL_SECURITY = "tls"
    sink.always["connect"] = deeds.be_silent
    notice = mail(cast)

    deliver()

    assert fate(notice)[:2] == (NoticeState.DUE, 0)
    assert "没有按时回应" in fate(notice)[2]
