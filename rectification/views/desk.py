from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.administration import KEEPERS
from accounts.models import Role
from accounts.rights import rights_of
from rectification import letterbook, permissions, queries, selection
from rectification.models import Inspection, Measure
from rectification.views.letter_card import waiting_lines

MOST_STANDINGS = 5  # of the latest inspections; the rest are in the menu
MOST_OWED = 3  # of what is not reported; the rest is on the unit's page of the round


@require_safe
def desk(request):
    on = timezone.localdate()
    found = queries.desk(request.user, on=on)
    visible = Inspection.objects.visible_within(permissions.scope_of(request.user))
    seen = list(visible.select_related("inspected_unit").latest_first()[:MOST_STANDINGS])
    letters = letterbook.waiting_for(request.user)
    context = {
        "nav": "desk",
        "desk": found,
        "letters": letters,
        "lines": waiting_lines(request.user, letters, on=on),
        "rounds": [(each, _round_url(request.user, each)) for each in found.rounds],
        "parts": [
            part for part in found.parts if part.round.is_open or part.left or part.to_confirm
        ],
        "sitting": queries.next_sitting(seen[0], on=on) if seen else None,
        "standings": _standings(request.user, seen, found.rounds, on=on),
        "most_owed": MOST_OWED,
        "owed_further": max(0, len(found.not_reported) - MOST_OWED),
        "administers": rights_of(request.user).holds(*KEEPERS),
        "audits": rights_of(request.user).holds(Role.AUDIT_ADMIN),
        "today": on,
    }
    return render(request, "rectification/desk.html", context)


def _round_url(user, round):
    """The way to the round, for those who see it as a whole."""
    if not permissions.may_oversee(user, round.inspection):
        return ""
    return reverse("rectification:round_detail", args=[round.inspection.code, round.number])


def _standings(user, inspections, rounds, *, on):
    """The strips of what this person sees whole; of several, those with work left. Each begins with
    its open round."""
    strips = []
    whole = [round for round in rounds if permissions.may_oversee(user, round.inspection)]
    missing = queries.missing_in(whole)
    open_rounds = {round.inspection_id: round for round in whole if round.pk in missing}
    for each in inspections:
        if permissions.may_oversee(user, each):
            counts = selection.tally_measures(Measure.objects.filter(inspection=each), on=on)
            if counts.unfinished or len(inspections) == 1:
                round = open_rounds.get(each.pk)
                first = _missing(round, *missing[round.pk]) if round else []
                strips.append((each, [*first, *_strip(each, counts)]))
    return strips


def _missing(round, left, asked):
    url = reverse("rectification:round_detail", args=[round.inspection.code, round.number])
    shown = f"{url}?show=missing#lines" if left else url
    return [(f"{left} / {asked}", "本次未报", shown)]


def _strip(inspection, counts):
    """Where the inspection stands, each figure with the list behind it."""
    url = reverse("rectification:measure_list", args=[inspection.code])
    return [
        (counts.unfinished, "未销号措施", f"{url}?closed=no"),
        (counts.overdue, "超期", f"{url}?light=overdue"),
        (counts.near, "临期", f"{url}?light=near"),
        (counts.behind, "未达序时", f"{url}?light=behind"),
        (counts.sent_back, "已退回", f"{url}?status=sent_back"),
        (counts.in_review, "待审核", f"{url}?status=in_review"),
    ]
