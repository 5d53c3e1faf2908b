"""The world of the tests of rights: two bureaus, two divisions of the first, everybody, everything.

A new kind of object gets a row in `furnish` and its key among the `values` of its place; an address
whose argument is named otherwise than its object says which in `OTHERWISE`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from accounts import journal
from accounts.models import Role, RoleAssignment, Unit, User
from rectification import closing
from rectification.models import (
    CloseoutRequest,
    DispatchReturn,
    DispatchRound,
    FindingArea,
    Inspection,
    InstitutionalOutcome,
    Measure,
    ProgressEntry,
    ReviewStage,
    Workday,
)
from rectification.states import ReturnState, WorkStatus
from reports import editing, publishing
from reports.models import PageCount, Publication, Report
from tests.belongings import DAY, LETTER_OF, LETTERS, furnish_more
from tests.bodies import BODIES
from tests.factories import (
    NOON,
    PLANNED,
    InspectionFactory,
    MeasureFactory,
    ProblemFactory,
    bureau,
    person,
    stages,
    unit,
)
from tests.tellings import furnish_messages, revoke

ROLES = tuple(role.value for role in Role)  # the columns of docs/permissions.csv, after `public`
OF_A_UNIT = (Role.LIAISON, Role.UNIT_HEAD)  # whose scope is one division; the others' is a bureau


@dataclass
class Place:
    """Objects that belong together, as the arguments of the addresses that name them.

    `values` by the argument's name; `codes` by what the address does with a measure or problem.
    """

    inspection: Inspection
    division: Unit
    values: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # keys for the admin site, by model


@dataclass
class World:
    people: dict[str, User]
    own: Place
    sibling: Place  # another division of the same bureau: what is a unit's own is foreign here
    other: Place  # another bureau

    def foreign_to(self, role: str, arguments: set[str]) -> list[Place]:
        """The places whose objects are outside the scope of the role, for such an address."""
        of_a_unit = role in OF_A_UNIT and arguments & UNIT_BOUND
        return [self.sibling, self.other] if of_a_unit else [self.other]


# Arguments that name what belongs to one unit; everything else belongs to the whole inspection.
UNIT_BOUND = {
    "code",
    "evidence",
    "line",
    "line_to_confirm",
    "pk",
    "point",
    "notice",
    "way",
    "unit",
    *LETTERS,
}
ABSENT: dict[str, Any] = {
    "inspection": "nowhere",
    "object_id": "404404",
    **dict.fromkeys(("number", "order", "version", "page", "pk", "unit", "line"), 404),
}

# Which measure an address is tried on: one on which the verb is possible for whoever may.
CODES = {
    "rectification:measure_withdraw": "pending",
    "rectification:measure_approve": "pending",
    "rectification:measure_send_back": "pending",
    "rectification:measure_reopen": "closed",
    "rectification:problem_detail": "problem",
    "rectification:problem_accept": "finished",
    "rectification:problem_amend": "problem",
    "rectification:problem_archive": "problem",
    "rectification:problem_hand_over": "problem",
    "rectification:problem_recurrence": "finished",
    "rectification:recurrence_decide": "finished",
    "rectification:measure_resubmit": "pending",
    "rectification:measure_extend": "free",
    "rectification:measure_extension_decide": "extending",
    "rectification:measure_extension_withdraw": "extending",
    "rectification:measure_ask_exemption": "free",
    "rectification:measure_decide_exemption": "exempting",
    "rectification:measure_withdraw_exemption": "exempting",
    "rectification:measure_reinstate": "exempted",
    "rectification:lookback_item": "closed",
    "rectification:lookback_record": "closed",
}
# Arguments of one address whose values are not those of `Place.values`.
OTHERWISE: dict[str, dict[str, str]] = {
    "rectification:return_turn_back": {"line": "line_to_confirm"},
    "reports:publication": {"slug": "published"},
    "reports:publication_version": {"slug": "published"},
    "reports:publication_download": {"slug": "published"},
    **{
        f"rectification:evidence_{act}": {"number": "evidence"}
        for act in ("detail", "version", "amend", "withdraw", "link", "unlink", "file", "preview")
    },
    "rectification:notice_read": {"pk": "notice"},
    "rectification:channel_end": {"pk": "way"},
    "rectification:channel_try": {"pk": "way"},
    "rectification:fate_send_again": {"pk": "held"},
    **{
        f"rectification:lookback_{act}": {"number": "look_back"}
        for act in ("detail", "close", "item", "record")
    },
    **{f"rectification:letter_{act}": {"number": key} for act, key in LETTER_OF.items()},
    **{f"rectification:rung_{act}": {"number": "rung"} for act in ("amend", "end")},
    **{
        f"rectification:point_{act}": {"number": "point"}
        for act in ("detail", "answer", "settle", "withdraw")
    },
    **{
        f"rectification:{register}_{act}": {"number": register}
        for register in ("outcome", "accountability", "money")
        for act in ("amend", "withdraw")
    },
}


def arguments_of(name: str, route: str, parameters: set[str], place: Place) -> dict[str, Any]:
    """The arguments of the address for the objects of this place."""
    otherwise = OTHERWISE.get(name, {})
    values = {key: place.values.get(otherwise.get(key, key)) for key in parameters - {"code"}}
    if "code" in parameters:
        values["code"] = place.codes[CODES.get(name, "open")]
    for key in {"object_id", "id"} & values.keys():  # a row of the admin site
        values[key] = next((pk for start, pk in place.rows.items() if start in route), 1)
    return values


def named_by(name: str, parameters: frozenset[str]) -> set[str]:
    """What the arguments of the address are keys of: see UNIT_BOUND."""
    return {OTHERWISE.get(name, {}).get(each, each) for each in parameters}


def body_of(name: str, place: Place) -> dict[str, Any]:
    """What is sent there: of a point its unit, of a round which lines, of a hand-over whose."""
    if name == "rectification:point_decide":
        return {"unit": place.division.pk, "text": "请报送巡查台账。"}
    if name == "rectification:return_confirm":
        return {"line": f"{place.values['line_to_confirm']}:1:1"}
    if name == "rectification:return_file_all":
        return {"line": f"{place.values['line']}:1:1"}
    if name == "rectification:handover_confirm":
        return {"former": place.rows["accounts/user/"]}
    return BODIES.get(name, {})


def absent_from(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of something that is not there: the innermost of them is nobody's."""
    inner = arguments.keys() - {"inspection"} or arguments.keys()
    return {k: ABSENT.get(k, "absent") if k in inner else v for k, v in arguments.items()}


def two_bureaus() -> World:
    first, second = bureau(), bureau("清河市教育局")
    inspection = InspectionFactory(code="x25", inspected_unit=first)
    foreign = InspectionFactory(code="qinghe25", inspected_unit=second)
    people = cast_of(first, division := unit("河湖管理处", parent=first))
    stages(inspection)
    own = furnish(inspection, division, "M-001", liaison=people[Role.LIAISON])
    sibling = furnish(
        inspection, place := unit("滨江分局", parent=first), "M-002", liaison=_of(place)
    )
    stages(foreign)
    other = furnish(
        foreign, place := unit("基础教育处", parent=second), "M-003", liaison=_of(place)
    )
    publish(own, people[Role.OFFICE])
    publish(other, person(Role.OFFICE, second), public=False)
    sibling.values = own.values | sibling.values
    revoke(sibling.values["token"], other.values["token"])  # who has one that works, reads it
    other.values["app_label"] = "rectification"  # the part of the admin site of one of the three
    return World(people, own, sibling, other)


def cast_of(root: Unit, division: Unit) -> dict[str, User]:
    return {
        role: person(role, division if role in OF_A_UNIT else root, name=f"{role.label}甲")
        for role in Role
    }


def _of(place: Unit) -> User:
    return person(Role.LIAISON, place)


def furnish(inspection: Inspection, division: Unit, code: str, *, liaison: User) -> Place:
    """A problem with a measure in each situation, and a round, for a division."""
    place = Place(inspection, division)
    place.codes = {
        "problem": f"P{code}",
        "finished": f"PF{code}",
        "open": f"{code}-1",
        "pending": f"{code}-2",
        "closed": f"{code}-3",
        "done": f"{code}-4",
        "free": f"{code}-5",
        "extending": f"{code}-6",
        "exempting": f"{code}-7",
        "exempted": f"{code}-8",
    }
    codes = place.codes
    area, _ = FindingArea.objects.get_or_create(inspection=inspection, order=1, name="责任落实")
    problem = ProblemFactory(
        inspection=inspection, code=codes["problem"], lead_unit=division, area=area
    )
    finished = ProblemFactory(inspection=inspection, code=codes["finished"], lead_unit=division)
    closed = {"status": WorkStatus.CLOSED, "closed_on": DAY, "lead_unit": division}
    opened = MeasureFactory(problem=problem, code=codes["open"], lead_unit=division)
    pending = MeasureFactory(
        problem=problem, code=codes["pending"], lead_unit=division, status=WorkStatus.IN_REVIEW
    )
    MeasureFactory(problem=problem, code=codes["closed"], **closed)
    MeasureFactory(problem=finished, code=codes["done"], **closed)
    apply(pending, liaison)
    round, _ = DispatchRound.objects.get_or_create(
        inspection=inspection,
        number=1,
        defaults={"due_on": PLANNED, "meeting_on": PLANNED, "opened_at": NOON},
    )
    told = tell(opened, round, liaison)
    outcome = InstitutionalOutcome.objects.create(
        inspection=inspection, title=f"办法{code}", issued_on=DAY
    )
    outcome.measures.add(opened)
    place.values = {"inspection": inspection.code, "number": 1}
    place.values |= {"key": "total", "form": "txt"}
    place.values |= furnish_more(problem, codes, division, liaison=liaison)
    place.values |= furnish_messages(inspection, division, to=liaison)
    free = Measure.objects.get(inspection=inspection, code=codes["free"])
    place.values |= asked(round, free, told)
    place.rows = administered(inspection, division, liaison)
    place.rows["accounts/deputy/"] = place.values["pk"]
    place.values |= {"content_type_id": 1, "app_label": "accounts", "url": "nothing-here"}
    return place


def apply(measure: Measure, by: User) -> CloseoutRequest:
    """An application at the first stage, as it waits."""
    request = CloseoutRequest(
        measure=measure,
        number=1,
        statement="已完成。",
        measure_version=1,
        stage=ReviewStage.objects.get(inspection=measure.inspection, order=1),
        applied_by=by,
        applied_at=NOON,
        applied_on=DAY,
    )
    request.digest = closing.digest_of(request, ())
    request.save()
    return request


def tell(measure: Measure, round: DispatchRound, by: User) -> ProgressEntry:
    return ProgressEntry.objects.create(
        measure=measure,
        round=round,
        unit=measure.lead_unit,
        text="完成巡查一次。",
        difficulty="人手不足",
        by=by,
        reported_on=DAY,
        at=NOON,
        measure_version=1,
    )


def asked(round: DispatchRound, waiting: Measure, told: ProgressEntry) -> dict[str, int]:
    """Two lines of a unit in the round: one that waits for its report, one for its head."""
    line = {"round": round, "unit": waiting.lead_unit, "leads": True}
    first = DispatchReturn.objects.create(**line, measure=waiting)
    second = DispatchReturn.objects.create(
        **line, measure=told.measure, state=ReturnState.TO_CONFIRM, entry=told, filed_at=NOON
    )
    return {"line": first.pk, "line_to_confirm": second.pk}


def administered(inspection: Inspection, division: Unit, liaison: User) -> dict[str, int]:
    """A row of each model of the admin site, by the beginning of its addresses."""
    act = journal.Act("enter", "unit", str(division.pk))
    day, _ = Workday.objects.get_or_create(
        day=date(2025, 10, division.pk % 28 + 1), is_working=False, name="国庆节"
    )
    return {
        "accounts/unit/": division.pk,
        "accounts/user/": liaison.pk,
        "accounts/roleassignment/": RoleAssignment.objects.get(user=liaison).pk,
        "accounts/journalentry/": journal.append(act, by=liaison, at=NOON).pk,
        "rectification/inspection/": inspection.pk,
        "rectification/workday/": day.pk,
    }


def publish(place: Place, office: User, *, public: bool = True) -> None:
    """A draft; and a report that the public may read, or none: then a draft of that address."""
    at, code = NOON, place.inspection.code
    draft = editing.start(place.inspection, slug=f"{code}-draft", on=DAY, by=office, at=at)
    shown = editing.start(place.inspection, slug=f"{code}-report", on=DAY, by=office, at=at)
    place.values |= {"slug": draft.slug, "published": shown.slug}
    place.values["order"] = draft.sections.exclude(kind__in=editing.FIXED)[0].order
    if public:
        frozen(shown, office, at=at)


def frozen(report: Report, by: User, *, at: datetime) -> Publication:
    made = Publication.objects.create(
        report=report,
        number=1,
        draft_version=1,
        title=report.title,
        article="<article>通报</article>",
        article_hash=publishing.sha256("<article>通报</article>"),
        text="通报",
        text_hash=publishing.sha256("通报"),
        data="{}",
        data_hash=publishing.sha256("{}"),
        published_at=at,
        published_by=by,
    )
    PageCount.objects.create(publication=made)
    return made
