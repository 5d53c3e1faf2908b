"""A scenario for each verb and address of a letter of supervision, and of its ladder."""

from rectification import supervising
from rectification.models import LetterKind, Rung, SupervisionAction
from rectification.supervising import corresponding, ladder
from tests.covering import scenario
from tests.covering.views import done, post
from tests.factories import NOON
from tests.rectification.supervising.conftest import late_by, lettered

WORDING = supervising.Wording("关于报送情况的提醒函", "三次调度没有报送。", "请补报。", 5)
TEXT = {"title": "督办函", "matter": "已超期。", "demand": "请整改。", "answer_days": "5"}


@scenario("rectification.supervising.climbing.climb")
def climb(stage):
    """One letter is issued, one is proposed, and a proposal lapses."""
    cast = stage.cast
    lettered(cast, "proposed")
    late_by(cast, 1)
    yield
    assert supervising.climb(at=NOON) == supervising.Climbed(proposed=0, issued=1, lapsed=1)


@scenario("rectification.supervising.corresponding.propose")
def propose(stage):
    cast = stage.cast
    yield
    unit, kind = cast.division, LetterKind.REMINDER
    supervising.propose(
        cast.inspection, kind, WORDING, unit=unit, measure=None, by=cast.office, at=NOON
    )


@scenario("rectification.supervising.corresponding.reword")
def reword(stage):
    cast = stage.cast
    letter = lettered(cast, "proposed")
    yield
    supervising.reword(letter, WORDING, by=cast.office, at=NOON, version=letter.version)


@scenario("rectification.supervising.corresponding.issue")
def issue(stage):
    cast = stage.cast
    letter = lettered(cast, "proposed")
    yield
    supervising.issue(letter, by=cast.office, at=NOON, version=letter.version)


@scenario("rectification.supervising.corresponding.acknowledge")
def acknowledge(stage):
    cast = stage.cast
    letter = lettered(cast, "issued")
    yield
    supervising.acknowledge(letter, by=cast.head, at=NOON, version=letter.version)


@scenario("rectification.supervising.corresponding.answer")
def answer(stage):
    cast = stage.cast
    letter = lettered(cast, "acknowledged")
    yield
    supervising.answer(letter, text="在办", by=cast.head, at=NOON, version=letter.version)


@scenario("rectification.supervising.corresponding.settle")
def settle(stage):
    cast = stage.cast
    letter = lettered(cast, "answered")
    yield
    supervising.settle(letter, why="", by=cast.office, at=NOON, version=letter.version)


@scenario("rectification.supervising.corresponding.withdraw")
def withdraw(stage):
    cast = stage.cast
    letter = lettered(cast, "issued")
    yield
    supervising.withdraw(letter, why="发错", by=cast.office, at=NOON, version=letter.version)


@scenario("rectification.supervising.corresponding.lapse")
def lapse(stage):
    letter = lettered(stage.cast, "proposed")
    yield
    corresponding.lapse(letter, why="措施已销号。", at=NOON)


# The addresses ------------------------------------------------------------------------------------


def of_letter(verb, *, by, state, **form):
    """The scenario of a verb on a letter's page, done by `by` when the letter is in `state`."""

    @scenario(f"view rectification:letter_{verb}")
    def act(stage):
        cast = stage.cast
        letter = lettered(cast, state)
        yield
        person, path = getattr(cast, by), f"{cast.base}supervision/1/{verb}/"
        done(post(stage, person, path, **{"version": letter.version, **form}))


of_letter("reword", by="office", state="proposed", **TEXT)
of_letter("issue", by="office", state="proposed", note="同意")
of_letter("acknowledge", by="head", state="issued")
of_letter("answer", by="liaison", state="acknowledged", text="在办")
of_letter("settle", by="office", state="answered", why="同意")
of_letter("withdraw", by="office", state="issued", why="发错")


@scenario("view rectification:letter_new")
def letter_new(stage):
    cast = stage.cast
    form = {"kind": "order", "measure": cast.measure.pk, **TEXT}
    yield
    done(post(stage, cast.office, f"{cast.base}supervision/new/", **form))


@scenario("view rectification:letter_bulk")
def letter_bulk(stage):
    cast = stage.cast
    lettered(cast, "proposed")
    yield
    form = {"verb": "issue", "note": "", "chosen": ["1:1"]}
    answer = post(stage, cast.office, f"{cast.base}supervision/bulk/", **form)
    assert len(answer.context["done"]) == 1


@scenario("view rectification:letter_word", rows=False)
def letter_word(stage):
    cast = stage.cast
    lettered(cast, "issued")
    client = stage.client(cast.liaison)
    yield
    assert client.get(f"{cast.base}supervision/1/word/").status_code == 200
    assert SupervisionAction.objects.get().state == "issued"


# The ladder ---------------------------------------------------------------------------------------


def rung_of(cast):
    Rung.objects.set_up(cast.inspection)
    return Rung.objects.get(days=7)


@scenario("rectification.supervising.ladder.add")
def add_rung(stage):
    cast = stage.cast
    yield
    rung = Rung(inspection=cast.inspection, days=3, letter=LetterKind.REMINDER, to_head=True)
    ladder.add(rung, by=cast.office, at=NOON)


@scenario("rectification.supervising.ladder.amend")
def amend_rung(stage):
    cast = stage.cast
    rung = rung_of(cast)
    rung.days = 8
    yield
    ladder.amend(rung, by=cast.office, at=NOON, version=1)


@scenario("rectification.supervising.ladder.end")
def end_rung(stage):
    cast = stage.cast
    rung = rung_of(cast)
    yield
    ladder.end(rung, by=cast.office, at=NOON, version=1)


RUNG = {"days": "9", "letter": "order", "colour": "red", "to_head": "on", "answer_days": "7"}


@scenario("view rectification:rung_new")
def rung_new(stage):
    cast = stage.cast
    yield
    done(post(stage, cast.office, f"{cast.base}ladder/new/", **RUNG))


@scenario("view rectification:rung_amend")
def rung_amend(stage):
    cast = stage.cast
    rung = rung_of(cast)
    yield
    path = f"{cast.base}ladder/{rung.pk}/amend/"
    done(post(stage, cast.office, path, version=1, **RUNG))


@scenario("view rectification:rung_end")
def rung_end(stage):
    cast = stage.cast
    rung = rung_of(cast)
    yield
    done(post(stage, cast.office, f"{cast.base}ladder/{rung.pk}/end/", version=1))
