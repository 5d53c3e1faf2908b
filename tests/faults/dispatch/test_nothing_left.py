"""The lane itself: it ends what it starts, by its number, and writes in no folder but its own."""

import json

import pytest

from tests.faults.dispatch import servers
from tests.faults.dispatch.house import free_of_strangers

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from


def test_with_the_nursery_its_children_end(scene, tmp_path):
    nursery = scene.house.brood.python(
        "tests.faults.dispatch.nursery", listens=True, DATA_DIR=str(tmp_path)
    )
    nursery.stdout.readline()
    for _ in range(3):
        nursery.stdin.write(json.dumps({"op": "start", "what": "rest"}).encode() + b"\n")
        nursery.stdin.flush()
        assert "pid" in json.loads(nursery.stdout.readline())
    assert len(servers.processes_of(tmp_path)) == 4

    servers.end(nursery)

    servers.until(lambda: servers.processes_of(tmp_path) == {}, what="their end")


def test_who_is_left_behind_is_found(scene):
    left = scene.house.begin("rest")

    with pytest.raises(pytest.fail.Exception, match=f"left behind: .*{left}"):
        free_of_strangers(scene.house)

    scene.house.signal(left, servers.signal.SIGKILL)
    scene.house.wait(left)


def test_the_mail_server_writes_in_no_folder_that_is_not_its_own(scene, tmp_path):
    (tmp_path / "owner").write_text("somebody else")

    sink = scene.house.brood.python("tests.faults.dispatch.sink", str(tmp_path), "token")

    assert sink.wait(timeout=servers.PATIENCE) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["owner"]
