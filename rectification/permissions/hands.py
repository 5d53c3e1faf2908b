"""Who had a hand in something decides on nothing of it: two persons of one act are one here."""

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from rectification.models import (
    CloseoutRequest,
    MeasureQuerySet,
    ProgressEntry,
    RequestEvidence,
    Review,
)


def done_by(user: User, who: str = "by") -> Q:
    """The rows that the person has written or had written.

    Who acts for somebody is two persons here, and so is who acted then: what one of the one pair
    has done bars both of the other.
    """
    both = persons(user)
    return Q(**{f"{who}__in": both}) | Q(on_behalf_of__in=both)


def had_a_hand_in(user: User, measures: MeasureQuerySet) -> set[int]:
    """Those of the measures that the person reported on, gave evidence to, applied for or, unless
    the inspection lets one person review several stages, reviewed."""
    applied = CloseoutRequest.objects.filter(done_by(user, "applied_by"), measure=OuterRef("pk"))
    reviewed = Review.objects.filter(
        done_by(user),
        request__measure=OuterRef("pk"),
        request__measure__inspection__reviewers_may_repeat=False,
    )
    given = RequestEvidence.objects.filter(gave(user), request__measure=OuterRef("pk"))
    touched = reported(user, "pk") | Exists(applied) | Exists(given) | Exists(reviewed)
    return set(measures.filter(touched).order_by().values_list("pk", flat=True))


def had_a_hand(user: User) -> Q:
    """Applied, reported on the measure, gave evidence that it rests on, or reviewed this
    application at another stage, unless the inspection lets one person review several."""
    reviewed = Review.objects.filter(
        done_by(user),
        request=OuterRef("pk"),
        request__measure__inspection__reviewers_may_repeat=False,
    )
    given = RequestEvidence.objects.filter(gave(user), request=OuterRef("pk"))
    touched = Q(reported(user)) | Q(Exists(given)) | Q(Exists(reviewed))
    return done_by(user, "applied_by") | touched


def gave(user: User) -> Q:
    """Of the evidence of an application, what the person has sent or had sent."""
    both = persons(user)
    return Q(version__by__in=both) | Q(version__on_behalf_of__in=both)


def reported(user: User, measure: str = "measure") -> Exists:
    """Of rows with a measure: the person has reported on it."""
    return Exists(ProgressEntry.objects.filter(done_by(user), measure=OuterRef(measure)))


def persons(user: User) -> list[User]:
    return [each for each in (user, user.acting_for) if each is not None]


def is_one_of(user: User, *keys: int | None) -> bool:
    return any(each.pk in keys for each in persons(user))
