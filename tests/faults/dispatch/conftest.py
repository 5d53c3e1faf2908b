import os
from collections.abc import Callable, Iterator

import pytest

from tests.faults.dispatch.house import House, built, free_of_strangers
from tests.faults.dispatch.invariants import Findings
from tests.faults.dispatch.scene import Scene

UNITS = 6


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=0, help="random kills of F2, instead of its own")


@pytest.fixture(scope="package")
def dispatch_house(
    django_db_setup: None,
    django_db_blocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    with django_db_blocker.unblock(), built(tmp_path_factory.mktemp("dispatch")) as house:
        house.do("fill", inspections=1, units=UNITS)
        house.databases.save()
        yield house


@pytest.fixture
def scene(dispatch_house: House) -> Iterator[Scene]:
    dispatch_house.fresh()
    yield Scene(dispatch_house, seed=int(os.environ["TEST_SEED"]))
    free_of_strangers(dispatch_house)


@pytest.fixture
def say(scene: Scene, capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Prints the scenario's one line."""

    def line(title: str, findings: Findings, **counts: object) -> None:
        with capsys.disabled():
            print(f"\n{scene.line(title, findings, **counts)}", flush=True)

    return line
