"""A warm process that forks children: Django is set up once, and a killed child costs a fork.

python -m tests.faults.dispatch.nursery, with the house's environment. Reads requests as lines of
JSON and answers each with one. It has no thread and no open connection of its own, so its children
begin as a freshly started program would, some hundred times faster.
"""

import gc
import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

import django

from config.supervisor import follow

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import kombu.transport.redis  # noqa: E402, F401  # after the set-up, as everything below
from django.conf import settings  # noqa: E402
from django.core.validators import validate_email  # noqa: E402
from django.db import connections  # noqa: E402

from config.celery import app  # noqa: E402
from tests.faults.dispatch import jobs, points  # noqa: E402

LONGEST_WAIT = 120.0  # seconds for a child that was not told to die
LONGEST_LIFE = 1.0  # seconds, of one who is to be killed
AFTER_A_POINT = 0.004  # seconds: about as long as the way to the next one
MOST_POINTS = 40  # a batch of four passes some thirty


@dataclass
class Child:
    pid: int
    answer: int  # the reading end of its pipe
    spot: points.Spot
    points: int = 0  # is killed after so many; 0: at no number of them
    ends_at: float = float("inf")


def fork(job: dict[str, Any]) -> Child:
    """`job` names a function of jobs.py, its arguments, and what happens to the child:
    `die_at` (a named point), `nth`, `pause` (stop there instead), `without` (protections off),
    `settings` that differ."""
    reading, writing = os.pipe()
    spot = points.Spot()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        follow(parent)
        os.close(reading)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # ours is for answers
        _live(job, writing, spot)
    os.close(writing)
    return Child(pid, reading, spot)


def _live(job: dict[str, Any], writing: int, spot: points.Spot) -> NoReturn:
    code = 1
    try:
        random.seed(os.urandom(8))
        for name, value in job.get("settings", {}).items():
            setattr(settings, name, value)
        points.install(
            die_at=job.get("die_at", ""),
            nth=job.get("nth", 1),
            pause=job.get("pause", False),
            without=job.get("without", []),
            spot=spot,
        )
        answer = getattr(jobs, job["what"])(**job.get("given", {}))
        with os.fdopen(writing, "w") as pipe:
            json.dump(answer, pipe)
        connections.close_all()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait(child: Child) -> dict[str, Any]:
    """Its exit code (negative: the signal), or "stopped"; and what it answered."""
    give_up = time.monotonic() + LONGEST_WAIT
    # What it answers is read while it lives: a long answer would fill the pipe.
    os.set_blocking(child.answer, False)
    pieces = []
    while True:
        pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
        pieces.append(_read(child.answer))
        if pid and os.WIFSTOPPED(status):
            return {"code": "stopped", "at": child.spot.name}
        if pid:
            pieces.append(_read(child.answer))
            os.close(child.answer)
            said = b"".join(pieces)
            return {
                "code": os.waitstatus_to_exitcode(status),
                "at": child.spot.name,
                "answer": json.loads(said) if said else None,
            }
        if time.monotonic() > give_up:
            os.kill(child.pid, signal.SIGKILL)
            raise TimeoutError(f"a child hung at: {child.spot.name}")
        time.sleep(0.002)


def _read(pipe: int) -> bytes:
    pieces = []
    try:
        while piece := os.read(pipe, 65536):
            pieces.append(piece)
    except BlockingIOError:
        pass
    return b"".join(pieces)


def storm(
    *, kills: int, workers: int, seed: int, jobs: list[dict[str, Any]], at: list[str]
) -> dict[str, Any]:
    """Keep `workers` children at work, and kill each: every other one at a point drawn from `at`,
    the rest anywhere, a random while after a random number of points. What they were doing then is
    counted; whoever finds nothing to do is killed all the same, a second later."""
    chance = random.Random(seed)
    alive: dict[int, Child] = {}
    killed: Counter[str] = Counter()
    while killed.total() < kills or alive:
        while len(alive) < workers and killed.total() + len(alive) < kills:
            child = _doomed(chance.choice(jobs), chance, at)
            alive[child.pid] = child
        time.sleep(0.0005)
        for child in list(alive.values()):
            _kill_in_time(child, chance)
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                del alive[pid]
                os.close(child.answer)
                if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                    killed[child.spot.name] += 1
    return {"killed": killed}


def _doomed(job: dict[str, Any], chance: random.Random, at: list[str]) -> Child:
    """A child with its fate: killed by itself at a point, or by us after so many."""
    if chance.random() < 0.5:
        child = fork({**job, "die_at": chance.choice(at), "nth": chance.randint(1, 3)})
        child.points = MOST_POINTS  # where it never comes to its own
    else:
        child = fork(job)
        child.points = chance.randint(1, MOST_POINTS)
    child.ends_at = time.monotonic() + LONGEST_LIFE
    return child


def _kill_in_time(child: Child, chance: random.Random) -> None:
    now = time.monotonic()
    if child.points and child.spot.passed >= child.points:
        child.ends_at = min(child.ends_at, now + chance.uniform(0, AFTER_A_POINT))
        child.points = 0
    if now >= child.ends_at:
        os.kill(child.pid, signal.SIGKILL)


def _warm_up() -> None:
    """What a program does once, and each child would do again."""
    app.loader.import_default_modules()
    app.finalize()
    validate_email("u0@bureau.test")
    gc.freeze()


def main() -> None:
    children: dict[int, Child] = {}
    _warm_up()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _do(request.pop("op"), request, children)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def _is_alive(pid: int, children: dict[int, Child]) -> bool:
    if os.waitpid(pid, os.WNOHANG)[0] == 0:
        return True
    os.close(children.pop(pid).answer)
    return False


def _do(op: str, given: dict[str, Any], children: dict[int, Child]) -> dict[str, Any]:
    if op == "start":
        child = fork(given)
        children[child.pid] = child
        return {"pid": child.pid}
    if op == "wait":
        done = wait(children[given["pid"]])
        if done["code"] != "stopped":
            del children[given["pid"]]
        return done
    if op == "is_alive":
        return {"alive": given["pid"] in children and _is_alive(given["pid"], children)}
    if op == "signal":
        if given["pid"] in children:  # not yet waited for: the number is still its own
            os.kill(given["pid"], given["signal"])
        return {}
    if op == "storm":
        return storm(**given)
    raise ValueError(op)


if __name__ == "__main__":
    main()
