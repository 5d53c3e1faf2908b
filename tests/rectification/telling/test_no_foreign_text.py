"""In the world of the canaries: no digest and no calendar holds a word of anybody's text, but for
the names of inspections that its reader sees."""

from accounts.models import Role, User
from rectification import reminders, subscribing
from rectification.models import Inspection, Notice, NoticeKind
from tests.aviary import WORD
from tests.factories import NOON
from tests.test_canaries import world  # noqa: F401  # the fixture


def names_seen_by(user):
    """The words of the names of the inspections of the person's own bureau."""
    root = user.unit.root_path
    names = Inspection.objects.filter(inspected_unit__path=root).values_list("name", flat=True)
    return {word for name in names for word in WORD.findall(name)}


def test_a_digest_holds_no_word_but_the_name_of_an_inspection(world):  # noqa: F811
    assert world
    Notice.objects.all().delete()

    reminders.remind(at=NOON)

    digests = (
        Notice.objects.in_app().filter(kind=NoticeKind.DIGEST).select_related("recipient__unit")
    )
    bureaus = {each.recipient.unit.root_path for each in digests}
    assert len(bureaus) == 2
    for each in digests:
        words = set(WORD.findall(f"{each.subject} {each.body} {each.path} {each.topic}"))
        assert words <= names_seen_by(each.recipient), each


def test_a_calendar_holds_no_word_but_the_name_of_an_inspection(world):  # noqa: F811
    everywhere, _ = world
    for role in (Role.LIAISON, Role.OFFICE, Role.SUPERVISOR, "other office"):
        user = User.objects.select_related("unit").get(pk=everywhere.people[role].pk)

        file = subscribing.calendar(user, on=NOON.date()).decode().replace("\r\n ", "")

        assert "BEGIN:VEVENT" in file
        assert set(WORD.findall(file)) <= names_seen_by(user)
