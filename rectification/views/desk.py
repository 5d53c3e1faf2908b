from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from rectification import permissions, queries


@require_safe
def desk(request):
    on = timezone.localdate()
    found = queries.desk(request.user, on=on)
    rounds = [(each, _round_url(request.user, each)) for each in found.rounds]
    context = {"nav": "desk", "desk": found, "rounds": rounds, "today": on}
    return render(request, "rectification/desk.html", context)


def _round_url(user, round):
    """The way to the round, for those who see it as a whole."""
    if not permissions.may_oversee(user, round.inspection):
        return ""
    return reverse("rectification:round_detail", args=[round.inspection.code, round.number])
