"""bin/setup on a clone of its own, with locks that ask for nothing: no registry is needed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.running.conftest import surroundings


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(REPOSITORY / "bin/setup", folder / "bin/setup")
    (folder / "requirements.txt").write_text("# nothing\n")
    return folder


def begin(clone: Path, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        (str(clone / "bin/setup"),),
        cwd="/",
        env=surroundings(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_at_once_make_one_environment_and_a_third_finds_nothing_to_do(clone):
    both = [begin(clone), begin(clone)]
    said = sorted(each.communicate(timeout=120)[1] for each in both)
    third = begin(clone).communicate(timeout=60)

    assert [each.returncode for each in both] == [0, 0]
    assert said[0] == ""
    assert "正在安装" in said[1]
    assert (clone / ".venv/bin/python").exists()
    assert third == ("", "")


def test_an_ordinary_user_without_venv_is_told_what_is_missing(clone, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    fakes = {"python3": 'case "$2" in *ensurepip*) exit 1 ;; esac', "id": "echo 1000"}
    for name, body in fakes.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)

    setup = begin(clone, PATH=f"{programs}:{os.environ['PATH']}")
    said = setup.communicate(timeout=60)[1]

    assert setup.returncode == 2
    assert said.count("\n") == 1
    assert "python3-venv" in said


def test_manage_keeps_the_folder_of_its_caller(tmp_path):
    done = subprocess.run(
        (str(REPOSITORY / "bin/manage"), "shell", "-v0", "-c", "import os; print(os.getcwd())"),
        cwd=tmp_path,
        env=surroundings(DATA_DIR=str(tmp_path / "data")),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == str(tmp_path)
