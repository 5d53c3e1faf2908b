from dataclasses import dataclass

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, clock, dispatching, queries
from rectification.round_list import RoundRow, round_rows
from rectification.states import RoundState
from rectification.views.round_page import ROUND_TONES, round_page


@dataclass(frozen=True)
class RoundLine:
    """A round in the list, in words."""

    row: RoundRow

    @property
    def tone(self) -> str:
        return ROUND_TONES[RoundState(self.row.round.state)]

    @property
    def was_held(self) -> bool:
        return self.row.round.state != RoundState.SUPERSEDED

    @property
    def percent(self) -> int:
        expected = self.row.expected
        return self.row.reported * 100 // expected if expected else 0


@require_safe
def round_list(request, inspection):
    found = access.overseen(request.user, inspection)
    on = timezone.localdate()
    following = queries.next_sitting(found, on=on)
    context = {
        "nav": "rounds",
        "inspection": found,
        "rows": [RoundLine(row) for row in round_rows(found)],
        "next_meeting": clock.short_day(following.meeting_on, on=on) if following else "",
        "next_caveat": following.caveat if following else "",
    }
    return render(request, "rectification/round_list.html", context)


@require_safe
def round_detail(request, inspection, number):
    return round_page(request, access.round(request.user, inspection, number))


@require_POST
def round_close(request, inspection, number):
    access.run(request.user, inspection)
    round = access.round(request.user, inspection, number)
    try:
        dispatching.close(round, by=request.user, at=timezone.now())
    except dispatching.DispatchRefused as refusal:
        round.refresh_from_db()
        return round_page(request, round, refusal=str(refusal), status=409)
    messages.success(request, f"{round}已结束，调度表已存档")
    return redirect("rectification:round_detail", inspection, number)
