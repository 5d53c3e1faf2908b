"""What base.html takes on every signed-in page: the inspections, and the entries of the menu."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.administration import KEEPERS
from accounts.models import Role, User
from accounts.rights import rights_of
from rectification import outbox, permissions
from rectification.models import Inspection


@dataclass(frozen=True)
class Entry:
    """One entry of the menu: shown to whom the question is answered with yes."""

    name: str
    label: str
    view: str
    question: Callable[[User, Inspection], bool]


def _anybody(user: User, inspection: Inspection) -> bool:
    return True


# The pages of reports are named, as in any link; nothing of that app is imported.
ENTRIES = (
    Entry("problems", "问题", "rectification:problem_list", _anybody),
    Entry("measures", "措施", "rectification:measure_list", _anybody),
    Entry("rounds", "调度", "rectification:round_list", permissions.may_oversee),
    Entry("supervision", "督办", "rectification:letter_list", _anybody),
    Entry("look_back", "回头看", "rectification:lookback_list", permissions.may_oversee),
    Entry("outcomes", "成效", "rectification:outcome_list", _anybody),
    Entry("ledger", "台账", "rectification:ledger", _anybody),
    Entry("reports", "报告", "reports:draft_list", permissions.may_run),
    Entry("dashboard", "总览", "reports:dashboard", permissions.may_oversee),
)


def menu(request: HttpRequest) -> dict[str, Any]:
    """The current inspection (of the address, else the latest), the others, and the menu."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    visible = Inspection.objects.visible_within(permissions.scope_of(user))
    found = list(visible.select_related("inspected_unit").latest_first())
    asked = request.resolver_match.kwargs.get("inspection") if request.resolver_match else None
    here = next((each for each in found if each.code == asked), found[0] if found else None)
    entries = [("desk", "待办", reverse("rectification:desk"))]
    if here is not None:
        entries += [
            (entry.name, entry.label, reverse(entry.view, args=[here.code]))
            for entry in ENTRIES
            if entry.question(user, here)
        ]
    elif rights_of(user).holds(Role.OFFICE):  # an empty house begins with a published report
        entries.append(("reports", "导入通报", reverse("reports:report_import")))
    if permissions.may_keep_calendar(user):
        entries.append(("calendar", "工作日历", reverse("rectification:calendar")))
    if rights_of(user).holds(Role.AUDIT_ADMIN):
        entries.append(("journal", "审计日志", reverse("accounts:journal_list")))
    if rights_of(user).holds(*KEEPERS):
        entries.append(("administration", "管理后台", reverse("admin:index")))
    return {
        "inspection": here,
        "inspections": [(each.code, each.name) for each in found] if len(found) > 1 else [],
        "nav_entries": entries,
        "unread": lambda: outbox.unread_count(user),  # one query, where a page is shown whole
    }
