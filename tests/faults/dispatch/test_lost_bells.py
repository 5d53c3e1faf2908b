"""F4 and F5: a real worker and a real beat, and a broker that forgets, lies, dies or falls silent.

On SQLite it is the embedded one on its socket, on PostgreSQL a Redis-protocol server on a port.
"""

import base64
import json
import pickle
import signal
import time
import uuid

import pytest
import redis

from tests.conftest import FULL
from tests.faults.dispatch import programs, servers
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.house import SWEEP
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

QUEUE = "celery"
LONGEST_RING = 5.0  # seconds, on a machine that tests; whoever files a report waits for it
TASK = "rectification.deliver"


def bells(house):
    return redis.Redis.from_url(house.redis_url.replace("redis+socket://", "unix://"))


def message(*, body=None, task=TASK, content_type="application/json", args=(), kwargs=None):
    """A task as Celery writes it, down to the bytes."""
    number = str(uuid.uuid4())
    given = body or json.dumps([list(args), kwargs or {}, {}]).encode()
    return json.dumps(
        {
            "body": base64.b64encode(given).decode(),
            "content-encoding": "utf-8" if content_type == "application/json" else "binary",
            "content-type": content_type,
            "headers": {"lang": "py", "task": task, "id": number, "root_id": number},
            "properties": {
                "correlation_id": number,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }
    ).encode()


class Burglar:
    """Unpickled, it makes a file: whoever reads it has run somebody's program."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def garbage(trace):
    """What a queue may hold; the first ones end the worker, which is started again."""
    same = message()
    deadly = [b"}{ not JSON", b"", b"[]", b"null", b"{}", b"\x00\xff\xfe", b"x" * 1024 * 1024]
    return [
        *(deadly if FULL else deadly[:2]),
        message(body=pickle.dumps(Burglar(trace)), content_type="application/x-python-serialize"),
        message(body=b"\xff\xfe not JSON either"),
        message(task="no.such.task"),
        message(args=[1, "two"], kwargs={"three": 3}),
        *[same] * 5,
    ]


def lose_the_bell(house):
    """A round opens and its bell is in the queue, where nobody has heard it when all is emptied."""
    house.do("open_rounds")
    with bells(house) as broker:
        assert broker.llen(QUEUE) > 0
        broker.flushall()


def test_an_emptied_broker_and_one_full_of_garbage_lose_and_double_nothing(scene, say, tmp_path):
    house, trace = scene.house, tmp_path / "trace"
    lose_the_bell(house)
    with programs.running(house) as kept, bells(house) as broker:
        programs.all_sent(house, kept=kept)

        for each in garbage(trace):
            broker.rpush(QUEUE, each)
        house.do("fill", inspections=1, units=UNITS)
        house.do("open_rounds")
        programs.all_sent(house, kept=kept)
        programs.until(lambda: broker.llen(QUEUE) == 0, what="an empty queue", kept=kept)

    scene.recover()
    findings = scene.check()
    say("F4", findings, garbage=len(garbage(trace)), deaths=sum(each.deaths for each in kept))
    assert (findings.sent, trace.exists()) == (findings.mails, False)


def test_a_broker_that_dies_forgets_or_falls_silent_loses_and_doubles_nothing(scene, say):
    house = scene.house
    with programs.running(house) as kept:
        house.do("open_rounds")
        programs.all_sent(house, kept=kept)

        servers.end(house.broker)
        house.do("fill", inspections=1, units=UNITS)
        without_a_bell = timed(lambda: house.do("open_rounds"))
        house.start_broker()
        with bells(house) as broker:
            broker.flushall()
        programs.all_sent(house, kept=kept)

        house.broker.send_signal(signal.SIGSTOP)  # it accepts, and never answers
        house.do("fill", inspections=1, units=UNITS)
        into_the_void = timed(lambda: house.do("open_rounds"))
        by_cron = timed(lambda: house.do("tick"))
        left_by_cron = house.do("waiting")
        house.broker.send_signal(signal.SIGCONT)
        house.do("fill", inspections=1, units=UNITS)
        house.do("open_rounds")
        programs.all_sent(house, kept=kept)

    scene.recover()
    findings = scene.check()
    say(
        "F5",
        findings,
        unheard_bell=f"{without_a_bell:.1f}s",
        black_hole=f"{into_the_void:.1f}s",
        cron=f"{by_cron:.1f}s",
    )
    assert (findings.sent, left_by_cron) == (findings.mails, 0)
    assert max(without_a_bell, into_the_void) < LONGEST_RING, "somebody waits for that"


def timed(act):
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def test_without_the_sweep_a_lost_bell_is_a_lost_round(scene):
    """Sabotage: a worker that listens, and no beat."""
    house = scene.house
    lose_the_bell(house)
    with programs.running(house, beats=0) as kept, bells(house) as broker:
        broker.rpush(QUEUE, message(task="no.such.task"))
        programs.until(lambda: broker.llen(QUEUE) == 0, what="a worker that listens", kept=kept)
        time.sleep(2 * SWEEP)

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"lost"}


def test_a_bell_rung_inside_the_transaction_would_take_the_round_with_it(scene):
    """Sabotage: rung before the commit, and its failure not passed over; the broker is down."""
    house = scene.house
    servers.end(house.broker)
    try:
        house.run("open_rounds", without=["the bell after the commit"])
    finally:
        house.start_broker()

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.lost != []
