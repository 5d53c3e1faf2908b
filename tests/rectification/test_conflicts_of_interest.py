"""The conflicts that domain.md, section 3 bars, each through the pages: whoever had a hand in
something does not decide on it, however many roles they hold."""

import pytest
from django.utils import timezone

from accounts.models import ADMINISTRATORS, Role, RoleAssignment
from rectification import permissions, workflow
from rectification.models import CloseoutRequest, Inspection, Measure, Review
from rectification.states import WorkStatus
from tests.factories import NOON, PLANNED, person
from tests.rectification.evidence.conftest import planted
from tests.rectification.extending import ask


def also(user, role, at):
    RoleAssignment.objects.create(user=user, role=role, unit=at, started_on=PLANNED)
    return user


@pytest.fixture
def post(cast, client):
    """Post a verb of the measure as somebody, on the version that stands."""

    def send(by, verb, **fields):
        client.force_login(by)
        version = Measure.objects.get(pk=cast.measure.pk).version
        return client.post(f"{cast.page}{verb}/", {"version": version, **fields})

    return send


def report(post, by):
    return post(by, "report", text="制度已印发。").status_code


def submit(post, by):
    return post(by, "submit", statement="制度已印发。", evidence_note="见档案").status_code


def closed(post, cast):
    """The measure is reported, applied for and approved by the head and the office."""
    assert (report(post, cast.liaison), submit(post, cast.liaison)) == (302, 302)
    for by in (cast.head, cast.office):
        assert post(by, "approve", opinion="同意").status_code == 302


def decisions(post, by):
    """What this person gets for an approval and for a return."""
    approved = post(by, "approve", opinion="同意").status_code
    back = {"ground": "late", "reason": "未完成", "due_on": "2999-01-01"}
    returned = post(by, "send-back", **back).status_code
    return approved, returned


def test_whoever_applied_decides_neither_way_although_they_head_the_unit(cast, post):
    both = also(cast.liaison, Role.UNIT_HEAD, cast.division)
    assert submit(post, both) == 302

    assert decisions(post, both) == (409, 409)

    assert not Review.objects.exists()
    assert decisions(post, cast.head)[0] == 302


def test_whoever_gave_the_evidence_does_not_decide_on_it(cast, post, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    piece = planted(client, cast, user=cast.office)
    assert submit(post, cast.liaison) == 302
    assert post(cast.head, "approve").status_code == 302

    assert decisions(post, cast.office) == (409, 409)

    colleague = person(Role.OFFICE, cast.inspection.inspected_unit)
    assert piece.latest.by == cast.office
    assert decisions(post, colleague)[0] == 302


def test_whoever_is_no_liaison_any_more_takes_an_application_back_and_changes_none(cast, post):
    also(cast.liaison, Role.SUPERVISOR, cast.division)
    assert submit(post, cast.liaison) == 302
    RoleAssignment.objects.filter(user=cast.liaison, role=Role.LIAISON).update(
        ended_on=timezone.localdate()
    )

    assert post(cast.liaison, "resubmit", statement="改过").status_code == 409
    assert post(cast.liaison, "withdraw", why="不全").status_code == 302


def test_whoever_reported_does_not_decide_although_another_applied(cast, post):
    both = also(cast.liaison, Role.UNIT_HEAD, cast.division)
    assert report(post, both) == 302
    assert submit(post, person(Role.LIAISON, cast.division)) == 302

    assert decisions(post, both) == (409, 409)

    assert not Review.objects.exists()


def test_the_office_that_reported_does_not_return_the_application_either(cast, post):
    both = also(cast.office, Role.LIAISON, cast.division)
    assert report(post, both) == 302
    assert submit(post, cast.liaison) == 302

    assert decisions(post, both) == (409, 409)

    assert CloseoutRequest.objects.get().outcome == "pending"


def test_one_person_does_not_decide_at_two_stages_of_an_application(cast, post):
    both = also(cast.head, Role.OFFICE, cast.inspection.inspected_unit)
    assert submit(post, cast.liaison) == 302
    assert decisions(post, both)[0] == 302

    assert decisions(post, both) == (409, 409)

    assert Review.objects.count() == 1
    assert decisions(post, cast.office)[0] == 302
    assert Measure.objects.get(pk=cast.measure.pk).status == "closed"


def test_whoever_may_not_decide_is_offered_no_form_and_nothing_on_the_desk(cast, post, client):
    both = also(cast.liaison, Role.UNIT_HEAD, cast.division)
    submit(post, both)

    page = client.get(cast.page).content.decode()

    assert "approve-opinion" not in page
    assert "send-back-reason" not in page
    assert client.get("/desk/").context["desk"].to_review == ()


@pytest.mark.parametrize("second", ADMINISTRATORS)
@pytest.mark.parametrize("first", ADMINISTRATORS)
def test_one_person_is_not_two_of_the_three_administrators(cast, client, first, second):
    root = cast.inspection.inspected_unit
    chosen = person(first, root)
    client.force_login(person(Role.SECURITY_ADMIN, root))
    today = timezone.localdate().isoformat()
    given = {"user": chosen.pk, "role": second, "unit": root.pk, "started_on": today}

    answer = client.post("/admin/accounts/roleassignment/add/", given)

    assert answer.status_code == 200
    assert "三员分设" in answer.content.decode()
    assert [held.role for held in chosen.assignments.all()] == [first]


@pytest.mark.parametrize("hand", ["liaison", "head", "office"])
def test_whoever_reported_applied_or_approved_does_not_call_it_rebounded(cast, client, post, hand):
    closed(post, cast)
    judge = getattr(cast, hand)
    if judge != cast.office:
        also(judge, Role.OFFICE, cast.inspection.inspected_unit)

    assert post(judge, "reopen", why="又见垃圾").status_code == 409

    assert Measure.objects.get(pk=cast.measure.pk).status == WorkStatus.CLOSED
    assert "reopen_form" not in client.get(cast.page).context
    other = person(Role.OFFICE, cast.inspection.inspected_unit)
    assert post(other, "reopen", why="又见垃圾").status_code == 302


def test_a_deputy_does_not_call_rebounded_what_their_principal_approved(cast, post):
    closed(post, cast)
    deputy = person(Role.OFFICE, cast.inspection.inspected_unit)
    deputy.acting_for = cast.office

    assert not permissions.may_reopen(deputy, fresh(cast.measure))

    deputy.acting_for = None
    assert permissions.may_reopen(deputy, fresh(cast.measure))


def test_what_a_deputy_reported_bars_the_principal_from_deciding_on_an_extension(cast):
    deputy = person(Role.LIAISON, cast.division)
    deputy.acting_for = also(cast.office, Role.LIAISON, cast.division)
    told = workflow.Told("坝体已测量。")
    workflow.report(cast.measure, told, unit=cast.measure.lead_unit, by=deputy, at=NOON, version=1)
    extension = ask(fresh(cast.measure), cast, on=NOON)

    assert not permissions.may_decide_extension(cast.office, extension)

    other = person(Role.OFFICE, cast.inspection.inspected_unit)
    assert permissions.may_decide_extension(other, extension)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_where_one_person_may_review_several_stages_they_may_look_back_too(cast, post):
    assert submit(post, cast.liaison) == 302
    assert post(cast.head, "approve").status_code == 302
    assert post(cast.office, "approve").status_code == 302
    assert not permissions.may_reopen(cast.office, fresh(cast.measure))

    Inspection.objects.update(reviewers_may_repeat=True)

    assert permissions.may_reopen(cast.office, fresh(cast.measure))
    assert not permissions.may_look_back(cast.liaison, fresh(cast.measure))
