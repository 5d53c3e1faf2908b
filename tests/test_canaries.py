"""Nothing of another unit or bureau gets out: not on a page, in a file, a list, a mail or a log.

Every text field of every model is given a word of its own (a canary), read from the models, so that
a new field is planted by itself. A new model is sown with one row: see `SOWN` of belongings.py.
"""

import io
import logging
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.db import models, transaction
from django.test import Client

from accounts import journal
from accounts.models import JournalEntry, JournalHead, Role, Unit, User
from rectification.models import (
    CalendarYear,
    DispatchRound,
    Inspection,
    Measure,
    ReviewStage,
    RoundSheet,
    Workday,
)
from reports.models import PageCount, Publication
from tests.addresses import Address, addresses
from tests.aviary import PREFIX, Aviary
from tests.belongings import DAY, SOWN
from tests.factories import (
    NOON,
    InspectionFactory,
    MeasureFactory,
    bureau,
    person,
    stages,
    unit,
)
from tests.test_consistency import our_models
from tests.two_bureaus import (
    Place,
    World,
    arguments_of,
    cast_of,
    furnish,
    publish,
)

SHORT = 6  # a shorter identifier stands in pages by chance
IDENTIFIERS = {"code", "slug"}  # read by address: canaries as they are
# What says how a thing is set or moved, not what it says.
NO_TEXT = {"path", "password", "verb", "from_status", "to_status", "marker", "gap", "lead_gap"}
# Of everybody, guarded by triggers (the journal gets an entry of its own instead), or made of what
# the others say when a round is closed.
LEFT_OUT = {CalendarYear, Workday, JournalEntry, JournalHead, Publication, PageCount, RoundSheet}
# What belongs to a whole inspection, not to a unit.
OF_AN_INSPECTION = {"inspection", "findingarea", "reviewstage", "dispatchround"}
OF_A_REPORT = {"report", "reportsection", "publisheditem", "nextstep", "statedfigure"}

# A reason that only a row which has come to its end may have.
REASONS = {"withdrawn_why", "ended_why", "lapsed_why"}
# What a letter has from its issue on.
ISSUED = {f"supervisionaction.{name}" for name in ("reference", "sender", "addressee", "digest")}
# What an administrator's own work shows them of everybody.
SEEN_BY: dict[str, set[str]] = {
    Role.SYSTEM_ADMIN: {"unit", "user", *OF_AN_INSPECTION},
    Role.SECURITY_ADMIN: {"unit", "user"},
    Role.AUDIT_ADMIN: {"journalentry", "user"},
}


def marks() -> dict[type[models.Model], int]:
    return {
        model: model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
        for model in planted_models()
    }


def planted_models() -> list[type[models.Model]]:
    return [model for model in our_models() if model not in LEFT_OUT]


def texts_of(model: type[models.Model]) -> list[models.Field]:
    return [
        each
        for each in model._meta.concrete_fields
        if isinstance(each, models.CharField | models.TextField)
        and not each.choices
        and each.name not in NO_TEXT
    ]


def plant(aviary: Aviary, group: str, place: Place, since: dict[type[models.Model], int]) -> None:
    """A row of each model, and in each text of the rows since then a word of its own."""
    for model in planted_models():
        whole = model._meta.model_name in OF_AN_INSPECTION | OF_A_REPORT
        if (
            texts_of(model)
            and (model._meta.model_name in SOWN or not made(model, since).exists())
            and not (group == "sibling" and whole)
        ):
            sow(model, place, since)
        for row in made(model, since):
            _plant_in(aviary, group, row)
    word = aviary.word(group, "journalentry.why")
    act = journal.Act("amend", "measure", word, {"text": word}, {"text": word}, word)
    journal.append(act, by=None, at=NOON)


def _plant_in(aviary: Aviary, group: str, row: models.Model) -> None:
    words = {}
    for each in texts_of(type(row)):
        where = f"{row._meta.model_name}.{each.name}"
        if (each.name in REASONS or where in ISSUED) and not getattr(row, each.name):
            continue
        if each.name not in IDENTIFIERS:
            words[each.attname] = aviary.word(group, where)
        elif len(value := str(getattr(row, each.attname))) >= SHORT:
            aviary.words[group][value] = where
    if words:
        type(row)._default_manager.filter(pk=row.pk).update(**words)


def made(model: type[models.Model], since: dict[type[models.Model], int]) -> models.QuerySet:
    return model._default_manager.filter(pk__gt=since[model])


def sow(model: type[models.Model], place: Place, since: dict[type[models.Model], int]) -> None:
    given = SOWN.get(str(model._meta.model_name), {})
    values = {}
    for each in model._meta.concrete_fields:
        if each.name in given and not isinstance(given[each.name], type):
            values[each.name] = given[each.name]
        elif each.name in given or not (each.primary_key or each.null or each.has_default()):
            values[each.name] = _some(each, place, since)
    model._default_manager.create(**values)


def _some(each: models.Field, place: Place, since: dict[type[models.Model], int]) -> Any:
    if each.remote_field:
        return _standing(each.related_model, place, since)
    if each.choices:
        return each.flatchoices[0][0]
    values: dict[Any, Any] = {models.DateField: DAY, models.DateTimeField: NOON}
    values |= dict.fromkeys((models.CharField, models.TextField), "x")
    return values.get(type(each), place.division.pk)  # a number that no other place has


def _standing(model: Any, place: Place, since: dict[type[models.Model], int]) -> Any:
    """A row of the place for a key: its own where it has one, else one that is made for it."""
    if model in (fixed := {Inspection: place.inspection, Unit: place.division}):
        return fixed[model]
    if model is Measure:
        return Measure.objects.get(inspection=place.inspection, code=place.codes["open"])
    if model is User:
        return User.objects.get(pk=place.rows["accounts/user/"])
    if model is DispatchRound:
        return place.inspection.rounds.first()
    if model is ReviewStage:
        return place.inspection.stages.first()
    if not made(model, since).exists():
        sow(model, place, since)
    return made(model, since).first()


@pytest.fixture
def world(db) -> tuple[World, Aviary]:
    aviary = Aviary()
    since = marks()
    first = bureau()
    division = unit("河湖管理处", parent=first)
    people = cast_of(first, division)
    inspection = InspectionFactory(code="x25", inspected_unit=first)
    stages(inspection)
    own = furnish(inspection, division, "M-001", liaison=people[Role.LIAISON])
    publish(own, people[Role.OFFICE])
    plant(aviary, "own", own, since)

    since = marks()
    elsewhere = unit("滨江分局", parent=first)
    sibling = furnish(inspection, elsewhere, "M-002", liaison=person(Role.LIAISON, elsewhere))
    shared = inspection.problems.get(code=own.codes["problem"])
    MeasureFactory(problem=shared, code="M-009-9", lead_unit=elsewhere)  # of a problem of both
    plant(aviary, "sibling", sibling, since)
    sibling.values = own.values | sibling.values

    since = marks()
    second = bureau("清河市教育局")
    foreign = InspectionFactory(code="qinghe25", inspected_unit=second)
    stages(foreign)
    place = unit("基础教育处", parent=second)
    other = furnish(foreign, place, "M-003", liaison=person(Role.LIAISON, place))
    office = person(Role.OFFICE, second)
    publish(other, office, public=False)
    plant(aviary, "other", other, since)
    people["other office"] = office
    return World(people, own, sibling, other), aviary


class Reader:
    """Somebody who opens everything that has an address."""

    def __init__(self, world: World, role: str) -> None:
        self.world = world
        self.opened: set[str] = set()
        self.client = Client(raise_request_exception=False)
        self.of_admin = role in SEEN_BY
        if role in world.people:
            self.client.force_login(world.people[role])

    def everything(self, place: Place) -> Iterator[tuple[str, str]]:
        """Each address and what it says, for the objects of this place; none twice, since two
        places of one inspection share its lists."""
        for address in addresses():
            of_admin = address.name.startswith("admin:")
            if address.name.endswith((":sign_out", ":logout")) or (of_admin and not self.of_admin):
                continue  # that there is no admin site for the others, the matrix shows
            path = address.path(self._arguments(address, place))
            if path in self.opened:
                continue
            self.opened.add(path)
            yield path, self.read(path)
            if address.name.endswith(("_list", ":measure_detail", ":problem_detail")):
                yield f"{path}?page=2", self.read(f"{path}?page=2&on=2025-08-01")
                yield f"{path} (htmx)", self.read(path, headers={"HX-Request": "true"})
            if place is self.world.own:
                with transaction.atomic():
                    yield f"POST {path}", _said(self.client.post(path, {"version": 0}))
                    transaction.set_rollback(True)

        base = f"/i/{place.inspection.code}/"
        for path in (f"{base}{kind}/{code}/" for kind, code in _pages(place)):
            yield path, self.read(path)

    def read(self, path: str, **more: Any) -> str:
        return _said(self.client.get(path, **more))

    def _arguments(self, address: Address, place: Place) -> dict[str, Any]:
        return arguments_of(address.name, address.route, set(address.parameters), place)


def _pages(place: Place) -> Iterator[tuple[str, str]]:
    """The measures and problems of the place that no address was tried on."""
    for situation, code in place.codes.items():
        if situation not in {"problem", "open"}:
            yield "problems" if situation == "finished" else "measures", code


def _said(response: Any) -> str:
    body = b"".join(response) if response.streaming else response.content
    assert response.status_code != 500, response.request["PATH_INFO"]
    return f"{dict(response.headers)} {_unpacked(body)}"


def _unpacked(body: bytes) -> str:
    """The words of an answer; of a workbook, a document or an archive, those of all its parts."""
    if not body.startswith(b"PK\x03\x04"):
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return " ".join(f"{name} {_unpacked(archive.read(name))}" for name in archive.namelist())


FOREIGN = {
    Role.LIAISON: ("sibling", "other"),
    Role.UNIT_HEAD: ("sibling", "other"),
    Role.OFFICE: ("other",),
    Role.EXECUTIVE: ("other",),
    Role.SUPERVISOR: ("other",),
    "other office": ("own", "sibling"),
    Role.REVIEWER: ("own", "sibling", "other"),
    Role.SYSTEM_ADMIN: ("own", "sibling", "other"),
    Role.SECURITY_ADMIN: ("own", "sibling", "other"),
    Role.AUDIT_ADMIN: ("own", "sibling", "other"),
    "public": ("own", "sibling", "other"),
}
SELF = {"unit", "user"}  # the name of the reader and of where they work is on each of their pages
OPEN = {"report.slug", "report.title"}  # the address of a published report is public


def test_nothing_of_another_unit_gets_out(world, caplog):
    everywhere, aviary = world
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.CRITICAL, logger="django.request")  # names the address asked for

    leaks = {each for role in FOREIGN for each in leaks_to(role, everywhere, aviary)}

    assert sorted(leaks) == []
    told = [f"{each.subject} {each.body}" for each in mail.outbox]
    assert aviary.found_in(" ".join([*told, caplog.text]), *PREFIX) == {}


def leaks_to(role: str, everywhere: World, aviary: Aviary) -> set[tuple[str, str, str]]:
    """Who read it, which field it is of, and at which address."""
    reader = Reader(everywhere, role)
    return {
        (role, where, path)
        for place in (everywhere.own, everywhere.sibling, everywhere.other)
        for path, text in reader.everything(place)
        for word, where in aviary.found_in(text, *FOREIGN[role]).items()
        if not (_is_for(role, where, word) or _is_colleague(where, word, path) or word in path)
    }


def _is_colleague(where: str, word: str, path: str) -> bool:
    """Whoever looks for a deputy chooses among the people of the own bureau, by name and unit."""
    here = "/accounts/deputies/" in path and word.startswith(PREFIX["sibling"])
    return here and where in {"user.name", "user.position", "unit.name", "unit.short_name"}


def _is_for(role: str, where: str, word: str) -> bool:
    model = where.split(".")[0]
    if model in SEEN_BY.get(role, set()):
        return True
    if role == Role.AUDIT_ADMIN and where.split(".")[1] in IDENTIFIERS:
        return True  # what the journal calls its subjects
    own = word.startswith(PREFIX["own"]) or not word.startswith("zq")
    return own and (model in SELF or where in OPEN)


@pytest.mark.parametrize(
    ("role", "group"), [(Role.OFFICE, "own"), (Role.OFFICE, "sibling"), ("other office", "other")]
)
def test_the_office_does_see_them_so_that_the_test_could_fail(world, role, group):
    everywhere, aviary = world
    place = getattr(everywhere, group)

    text = " ".join(text for _, text in Reader(everywhere, role).everything(place))

    seen = set(aviary.found_in(text, group).values())
    assert {
        "measure.text",
        "measure.target",
        "problem.wording",
        "progressentry.text",
        "progressentry.difficulty",
        "closeoutrequest.statement",
        "institutionaloutcome.title",
        "letterstep.text",
        "supervisionaction.matter",
        "measure.code",
        "unit.name",
        "user.name",
    } - seen == set()


def test_every_text_of_every_model_has_a_word(world):
    _, aviary = world
    fields = {
        f"{model._meta.model_name}.{each.name}"
        for model in planted_models()
        for each in texts_of(model)
    }

    assert fields - set(aviary.words["other"].values()) == set()


@pytest.mark.parametrize("role", [Role.LIAISON, Role.UNIT_HEAD])
@pytest.mark.parametrize("path", ["measures", "problems"])
def test_a_search_counts_and_offers_what_the_unit_sees_and_nothing_else(world, role, path):
    everywhere, aviary = world
    client = Client()
    client.force_login(everywhere.people[role])
    list_page = f"/i/{everywhere.own.values['inspection']}/{path}/"
    whole = client.get(list_page).context

    assert whole["listing"].page.paginator.count == len(whole["rows"])
    assert whole["tabs"][0].number == len(whole["rows"])
    for group, prefix in PREFIX.items():
        found = client.get(list_page, {"q": prefix}).context
        count_of = len(whole["rows"]) if group == "own" else 0
        assert found["listing"].page.paginator.count == len(found["rows"]) == count_of
        assert [tab.number for tab in found["tabs"]][0] == count_of
    for code in ("M-002", "M-009-9", "PM-002"):
        assert client.get(list_page, {"q": code}).context["listing"].page.paginator.count == 0
    fields = [each.field for each in whole["listing"].form]
    offered = str([each.choices for each in fields if hasattr(each, "choices")])
    assert aviary.found_in(offered, "sibling", "other") == {}


def test_the_counts_of_a_liaison_are_those_of_the_rows_they_see(world):
    everywhere, _ = world
    client = Client()
    client.force_login(everywhere.people[Role.LIAISON])

    for address in ("measures/?closed=no", "measures/?closed=yes", "measures/?status=in_review"):
        page = client.get(f"/i/x25/{address}").context
        (current,) = [tab for tab in page["tabs"] if tab.is_current]
        assert current.number == len(page["rows"]) == page["listing"].page.paginator.count
        assert all(row.measure.lead_unit == everywhere.own.division for row in page["rows"])
