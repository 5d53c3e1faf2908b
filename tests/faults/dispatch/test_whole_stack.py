"""F19: bin/serve with all its children, stopped and started in the middle, and killed there."""

import os
import signal
import urllib.error
import urllib.request

import pytest

from tests.conftest import FULL
from tests.faults.dispatch import points, programs, servers
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

INSPECTIONS = 12
LETTER_TAKES = 0.03  # seconds, so that there is a middle


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


def in_the_middle(house, *, inspections):
    """Open so many rounds, and wait until some of their mails are sent, and others are not."""
    house.do("fill", inspections=inspections, units=UNITS)
    before = len(house.post.accepted())
    house.do("open_rounds")
    servers.until(lambda: len(house.post.accepted()) > before + UNITS, what="mails on their way")


def test_stopped_and_killed_in_the_middle_it_ends_as_if_nothing_had_been(scene, say, stack):
    house = scene.house
    house.post.misbehave(pause=LETTER_TAKES)
    stack.start()
    in_the_middle(house, inspections=INSPECTIONS)
    stack.stop()
    when_stopped = house.do("waiting")  # the worker ends what it has begun, and no more

    stack.start()
    in_the_middle(house, inspections=INSPECTIONS)
    stack.kill_all()
    when_killed = house.do("waiting")

    if FULL:  # else it is cron that comes next
        stack.start()
        programs.all_sent(house, kept=())
        stack.stop()
    scene.recover()
    say("F19", scene.check(), when_stopped=when_stopped, when_killed=when_killed)
    assert when_killed > 0, "it had already sent everything"
    assert [status for status in stack.answers if status not in {200, 503}] == []


def test_without_looking_into_the_archive_a_killed_worker_makes_a_second_mail(scene):
    """Sabotage: a worker dies with a mail just stored; the next one does not ask where it is."""
    house = scene.house
    house.do("open_rounds")
    house.run("tick", die_at=points.AFTER_THE_DOT)

    with programs.running(house, without=("the look-up",)) as kept:
        programs.all_sent(house, kept=kept)

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"doubled"}
