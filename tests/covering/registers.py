"""A scenario for each verb and address of the registers: outcomes, accountability, money."""

from datetime import date
from decimal import Decimal

from rectification import registering
from rectification.models import AccountabilityAction, InstitutionalOutcome, RecoveredMoney
from tests.covering import scenario
from tests.covering.views import done, fresh, post
from tests.factories import NOON
from tests.rectification.test_registers import ACCOUNTABILITY, MONEY, outcome_data

DAY = date(2025, 6, 30)


def blank(cast):
    """A row of each register, not saved yet, and what the outcome came of."""
    place = {"inspection": cast.inspection}
    outcome = InstitutionalOutcome(title="云州市河湖巡查办法", issued_on=DAY, **place)
    action = AccountabilityAction(kind="talk", people=0, day=DAY, note="没有情形", **place)
    money = RecoveredMoney(kind="recovered", amount=Decimal(9), day=DAY, **place)
    claims = registering.Claims(measures=(cast.measure,))
    return ((outcome, claims), (action, None), (money, None))


def entered(cast):
    rows = blank(cast)
    for row, claims in rows:
        registering.enter(row, by=cast.office, at=NOON, claims=claims)
    return [fresh(row) for row, _ in rows]


@scenario("rectification.registering.enter")
def enter(stage):
    assert stage.cast
    yield
    entered(stage.cast)


@scenario("rectification.registering.amend")
def amend(stage):
    """The outcome comes of the problem instead of the measure; that row of its claims goes."""
    cast = stage.cast
    outcome, action, money = entered(cast)
    outcome.number, action.people, money.amount = "云水发〔2025〕8号", 2, Decimal(10)
    claims = registering.Claims(problems=(cast.problem,))
    yield
    for row, claimed in ((outcome, claims), (action, None), (money, None)):
        given = {"by": cast.office, "at": NOON, "why": "登记有误", "version": 1}
        registering.amend(row, **given, claims=claimed)


@scenario("rectification.registering.withdraw")
def withdraw(stage):
    cast = stage.cast
    rows = entered(cast)
    yield
    for row in rows:
        registering.withdraw(row, by=cast.office, at=NOON, why="重复登记", version=1)


def of_register(name, address, number, form):
    """The three scenarios of a register's addresses; `number`: which of `entered` it is."""

    @scenario(f"view rectification:{name}_new")
    def new(stage):
        cast = stage.cast
        yield
        done(post(stage, cast.office, f"{cast.base}{address}/new/", **form(cast)))

    @scenario(f"view rectification:{name}_amend")
    def amend(stage):
        cast = stage.cast
        row = entered(cast)[number]
        yield
        path = f"{cast.base}{address}/{row.pk}/amend/"
        done(post(stage, cast.office, path, **form(cast), version=1, why="登记有误"))

    @scenario(f"view rectification:{name}_withdraw")
    def withdraw(stage):
        cast = stage.cast
        row = entered(cast)[number]
        yield
        path = f"{cast.base}{address}/{row.pk}/withdraw/"
        done(post(stage, cast.office, path, version=1, why="重复登记"))


of_register("outcome", "outcomes", 0, outcome_data)
of_register("accountability", "accountability", 1, lambda cast: ACCOUNTABILITY)
of_register("money", "money", 2, lambda cast: MONEY)
