"""`bin/manage check` and the settings refuse what cannot work, and say what to write instead."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from config.env import SettingRefused, env_archive, env_choice, env_mail_host, env_sender
from rectification.delivery import checks
from tests.conftest import REPOSITORY

GOOD = {
    "EMAIL_HOST": "mail.bureau.test",
    "EMAIL_PORT": 587,
    "EMAIL_SECURITY": "starttls",
    "EMAIL_USER": "zg",
    "EMAIL_PASSWORD": "geheim",
    "SITE_URL": "https://zg.bureau.test",
}


@pytest.fixture
def configured(settings, archive):
    settings.MAIL_ARCHIVE = f"maildir:{archive}"
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def found() -> set[str | None]:
    messages = checks.the_settings_of_mail_go_together(None) + checks.the_pauses_go_together(None)
    return {message.id for message in messages + checks.the_archive_can_be_read(None)}


def test_good_settings_are_not_complained_of(configured):
    assert found() == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SITE_URL", "http://localhost:8000", "E003"),
        ("EMAIL_PASSWORD", "", "E004"),
        ("EMAIL_USER", "", "E004"),
        ("EMAIL_SECURITY", "none", "W002"),
        ("EMAIL_PORT", 465, "W003"),
        ("MAIL_ARCHIVE", "", "W001"),
        ("MAIL_ARCHIVE", "maildir:/nowhere", "E002"),
        ("EMAIL_HOST", "", "W004"),
        ("EMAIL_TIMEOUT", None, "E001"),
        ("EMAIL_TIMEOUT", 90, "E001"),
        ("DELIVERY_TIMER_SECONDS", 120, "E001"),
    ],
)
def test_each_wrong_combination_is_named(configured, name, value, expected):
    setattr(configured, name, value)

    assert f"rectification.{expected}" in found()


@pytest.mark.django_db
def test_the_command_tries_the_archive_and_fails(configured, capsys):
    call_command("check")
    configured.MAIL_ARCHIVE = "maildir:/nowhere"

    with pytest.raises(SystemCheckError, match="归档邮箱 /nowhere 读不出来"):
        call_command("check")


@pytest.mark.parametrize(
    ("read", "bad"),
    [
        (env_mail_host, "smtp://mail.x.cn"),
        (env_mail_host, "mail.x.cn/25"),
        (lambda name: env_sender(name, default=""), "整改办"),
        (lambda name: env_sender(name, default=""), "a@x.cn, b@x.cn"),
        (lambda name: env_sender(name, default=""), "a@x.cn\nBcc: b@x.cn"),
        (env_archive, "maildir:relative"),
        (env_archive, "imap://host/INBOX"),
        (env_archive, "pop3://u:p@host/"),
        (env_archive, "imaps://u:p@host:x/"),
        (lambda name: env_choice(name, default="none", among=("none", "tls")), "ssl"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(monkeypatch, read, bad):
    monkeypatch.setenv("SOME_SETTING", bad)

    with pytest.raises(SettingRefused, match="环境变量 SOME_SETTING"):
        read("SOME_SETTING")


def test_a_password_is_not_shown_where_an_archive_is_refused(monkeypatch):
    monkeypatch.setenv("MAIL_ARCHIVE", "pop3://u:geheim@host/")

    with pytest.raises(SettingRefused) as caught:
        env_archive("MAIL_ARCHIVE")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_TIMEOUT", "0"),
        ("EMAIL_TIMEOUT", "61"),
        ("EMAIL_TIMEOUT", "none"),
        ("DELIVERY_TIMER_SECONDS", "120"),
        ("DELIVERY_BATCH", "0"),
    ],
)
def test_a_number_out_of_its_range_stops_the_start(tmp_path, name, value):
    done = subprocess.run(
        (sys.executable, "-c", "import config.settings"),
        cwd=REPOSITORY,
        env={**os.environ, name: value, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"环境变量 {name}={value} 无法使用" in done.stderr
