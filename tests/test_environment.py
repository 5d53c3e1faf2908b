import os
import re
import subprocess
import sys
from datetime import time

import pytest
from django.conf import settings
from django.db import connection

from config.broker import SOCKET_PATH_MOST_BYTES, broker_url, socket_path
from config.env import (
    SettingRefused,
    env_bool,
    env_int,
    env_list,
    env_robot_hosts,
    env_secret,
    env_site,
    env_time,
    env_zone,
)
from tests.conftest import REPOSITORY


def test_every_variable_that_is_read_is_documented_and_no_other():
    code = "".join((REPOSITORY / f"config/{name}.py").read_text() for name in ("settings", "serve"))
    table = (REPOSITORY / "docs/environment.md").read_text()

    read = set(re.findall(r'\benv_\w+\(\s*"([A-Z_]+)"', code))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))

    assert read == documented


def test_an_empty_variable_counts_as_absent(monkeypatch):
    monkeypatch.setenv("SOMETHING", "  ")

    assert env_bool("SOMETHING", default=True) is True
    assert env_int("SOMETHING", default=7, least=1, most=9) == 7
    assert env_list("SOMETHING", default="a, b") == ["a", "b"]


def test_the_secret_of_the_folder_is_used_and_a_short_one_refused(tmp_path):
    file = tmp_path / "secret_key"
    file.write_text("x" * 50 + "\n")
    assert env_secret("NO_SUCH_SECRET", file=file) == "x" * 50

    file.write_text("short")
    with pytest.raises(SettingRefused, match="太短"):
        env_secret("NO_SUCH_SECRET", file=file)


@pytest.mark.parametrize("zone", ["Mars/Base", "Asia", "../etc/passwd", "/etc/localtime", "北京"])
def test_a_zone_that_is_none_is_refused_by_its_variable(monkeypatch, zone):
    monkeypatch.setenv("TIME_ZONE", zone)

    with pytest.raises(SettingRefused, match=r"TIME_ZONE=.*请写成 Asia/Shanghai 这样"):
        env_zone("TIME_ZONE", default="Asia/Shanghai")


@pytest.mark.parametrize("site", ["zg.example.gov.cn", "ftp://x", "https://", "https://x/?a=1"])
def test_an_address_of_the_site_that_is_none_is_refused(monkeypatch, site):
    monkeypatch.setenv("SITE_URL", site)
    with pytest.raises(SettingRefused, match="SITE_URL"):
        env_site("SITE_URL", default="")


def test_the_address_of_the_site_is_kept_without_its_last_slash(monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://zg.example.gov.cn/app/")
    assert env_site("SITE_URL", default="") == "https://zg.example.gov.cn/app"


@pytest.mark.parametrize("hosts", ["https://x.gov.cn", "x.gov.cn/hook", "x y"])
def test_a_host_of_robots_that_is_an_address_is_refused(monkeypatch, hosts):
    monkeypatch.setenv("ROBOT_HOSTS", f"a.gov.cn:8443,{hosts}")
    with pytest.raises(SettingRefused, match="ROBOT_HOSTS"):
        env_robot_hosts("ROBOT_HOSTS", default="")


@pytest.mark.parametrize("variable", ["DIGEST_AT=25", "TIME_ZONE=Beijing", "SITE_URL=x"])
def test_a_command_answers_a_wrong_setting_with_one_sentence(variable):
    name, value = variable.split("=")
    done = subprocess.run(
        (sys.executable, "manage.py", "check"),
        env={**os.environ, name: value},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_zone_of_the_work_is_that_of_the_variable_and_else_of_the_country(monkeypatch):
    assert env_zone("TIME_ZONE", default="Asia/Shanghai") == "Asia/Shanghai"
    monkeypatch.setenv("TIME_ZONE", "Asia/Urumqi")
    assert env_zone("TIME_ZONE", default="Asia/Shanghai") == "Asia/Urumqi"


def test_without_a_secret_each_process_makes_its_own(tmp_path):
    missing = tmp_path / "secret_key"

    first, second = (env_secret("NO_SUCH_SECRET", file=missing) for _ in range(2))

    assert first != second
    assert not missing.exists()


def test_the_socket_of_a_deep_folder_is_short_enough_and_its_own(tmp_path):
    deep, other = tmp_path / ("深" * 40), tmp_path / ("远" * 40)

    assert len(bytes(socket_path(deep))) <= SOCKET_PATH_MOST_BYTES
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(other)
    assert socket_path(tmp_path / "data").parent == tmp_path / "data"


def test_a_folder_with_spaces_and_signs_is_quoted_for_the_broker(tmp_path):
    assert broker_url(tmp_path / "a b#c").endswith("/a%20b%23c/broker.sock")


def test_tests_touch_no_data_of_the_person_who_runs_them(db, tmp_path_factory):
    assert tmp_path_factory.getbasetemp() in settings.DATA_DIR.parents
    name = str(connection.settings_dict["NAME"])
    assert name.startswith(("test_", str(tmp_path_factory.getbasetemp())))
    assert settings.MEDIA_ROOT.is_relative_to(settings.DATA_DIR)


def test_a_time_of_day_is_read_and_anything_else_refused_with_a_sentence(monkeypatch):
    assert env_time("SOMETHING", default="08:30") == time(8, 30)

    for text in ("8:30", "24:00", "08:60", "08:30:00", "早上八点半", "-1:00", "0830"):
        monkeypatch.setenv("SOMETHING", text)
        with pytest.raises(SettingRefused, match="SOMETHING=.*08:30 这样的时间"):
            env_time("SOMETHING", default="08:30")
