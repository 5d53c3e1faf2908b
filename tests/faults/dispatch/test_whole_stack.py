"""F19: bin/serve with all its children, stopped and started in the middle, and killed there."""

import os
import signal
import urllib.error
import urllib.request

import pytest

from tests.faults.dispatch import programs, servers
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

INSPECTIONS = 24


class Stack:
    """One bin/serve after the other in one house, which brings its own broker on SQLite."""

    def __init__(self, house):
        self.house, self.port = house, servers.free_port()
        self.answers = []

    def start(self):
        environment = {"PORT": str(self.port), "HOST": "127.0.0.1"}
        self.process = self.house.brood.python("config.serve", "--empty", **environment)
        servers.until(lambda: self.status() == 200, what="the first page")

    def status(self):
        """Of the page where one signs in; None where nobody answers."""
        address = f"http://127.0.0.1:{self.port}/accounts/sign-in/"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                self.answers.append(int(answer.status))
        except urllib.error.HTTPError as error:
            self.answers.append(error.code)
        except OSError:
            return None
        return self.answers[-1]

    def parts(self):
        """The numbers of all processes of it: serve, web, worker, beat, its broker."""
        others = {self.house.nursery.pid}
        found = servers.processes_of(self.house.data_dir)
        ours = {pid for pid, line in found.items() if "dispatch.sink" not in line} - others
        if self.house.redis_port:
            ours -= {self.house.broker.pid}
        return ours

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=servers.PATIENCE)
        servers.until(lambda: not self.parts(), what="an empty house")

    def kill_all(self):
        for pid in sorted(self.parts()):  # the supervisor first: nobody is started again
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(timeout=servers.PATIENCE)
        servers.until(lambda: not self.parts(), what="an empty house")


@pytest.fixture
def stack(scene):
    if not scene.house.redis_port:
        servers.end(scene.house.broker)
    running = Stack(scene.house)
    yield running
    if running.process.poll() is None:
        running.stop()
    if not scene.house.redis_port:
        scene.house.start_broker()


def in_the_middle(house, *, of):
    """Wait until some of so many mails are sent, and others are not."""
    servers.until(lambda: house.do("waiting") < of - 5, what="mails on their way")
    return house.do("waiting")


def test_stopped_and_killed_in_the_middle_it_ends_as_if_nothing_had_been(scene, say, stack):
    house = scene.house
    house.do("fill", inspections=INSPECTIONS, units=UNITS)
    stack.start()
    house.do("open_rounds")
    mails = house.do("mails")
    when_stopped = in_the_middle(house, of=mails)
    stack.stop()
    stack.start()
    when_killed = in_the_middle(house, of=house.do("waiting"))
    stack.kill_all()
    stack.start()
    servers.until(lambda: programs.nothing_waits(house), what="the rest")
    served = stack.answers
    stack.stop()

    scene.recover()
    say("F19", scene.check(), when_stopped=when_stopped, when_killed=when_killed)
    assert 0 < when_killed < when_stopped < mails
    assert [status for status in served if status not in {200, 503}] == []


def test_without_the_sweep_a_stack_that_was_killed_leaves_mails_unsent(scene, stack):
    """Sabotage: killed with everything waiting, and started again without its beat."""
    house = scene.house
    stack.start()
    stack.kill_all()
    house.do("open_rounds")  # its bell is lost with the broker that is down, or is flushed
    if house.redis_port:
        servers.end(house.broker)
        house.start_broker()
    else:
        house.start_broker()
    with programs.running(house, beats=0):
        servers.time.sleep(3)
    if not house.redis_port:
        servers.end(house.broker)

    with pytest.raises(Broken) as broken:
        scene.check()
    assert len(broken.value.findings.lost) == UNITS
