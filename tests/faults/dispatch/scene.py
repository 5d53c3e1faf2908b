"""One scenario: a house as it was filled, what is done to it, and what must hold at the end."""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.faults.dispatch.house import House, Outcome
from tests.faults.dispatch.invariants import Broken, Findings

A_DAY, TWO_DAYS = 86_400.0, 172_800.0
# Past the last fault: a machine that is busy with other tests is no further one.
AT_LEISURE = {"EMAIL_TIMEOUT": 10, "DELIVERY_TIMER_SECONDS": 60}


@dataclass
class Scene:
    house: House
    seed: int
    archived: bool = True
    begun: float = field(default_factory=time.monotonic)
    all_findings: Findings = field(default_factory=Findings)  # of every check

    def begin_anew(self) -> None:
        self.house.fresh()

    def deliver(self, *, ahead: float = 0.0, **fate: Any) -> Outcome:
        return self.house.run("deliver", given={"ahead": ahead}, **fate)

    def recover(self, *, without: tuple[str, ...] = (), paused: int = 0) -> None:
        """Whoever comes next, after the last fault: cron's tick, and two sweeps after all leases
        and pauses. `paused` workers are stopped and still hold their connections."""
        self.house.post.quiet(beside=paused)
        sweeps = {"ahead": [A_DAY, TWO_DAYS]}
        done = self.house.run("recover", given=sweeps, without=without, settings=AT_LEISURE)
        assert done.code == 0, self.house.log()

    def look(self) -> Findings:
        given = {"sink": str(self.house.post.folder), "archived": self.archived}
        return Findings(**self.house.do("look", **given))

    def check(self) -> Findings:
        """Raises Broken where an invariant does not hold."""
        findings = self.look()
        if findings.wrong:
            raise Broken(findings)
        self.all_findings = self.all_findings.and_also(findings)
        return findings

    def line(self, title: str, findings: Findings, **counts: object) -> str:
        """What the scenario prints: F2 sqlite: kills=200 lost=0 …"""
        figures = {
            **counts,
            "mails": findings.mails,
            "lost": len(findings.lost),
            "doubled": len(findings.doubled),
            "held": findings.held,
            "failed": findings.failed,
            "seconds": f"{time.monotonic() - self.begun:.1f}",
            "seed": self.seed,
        }
        said = " ".join(f"{name}={value}" for name, value in figures.items())
        return f"{title} {self.house.kind}: {said}"
