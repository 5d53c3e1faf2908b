"""A scenario for each verb and address of a wish: a later deadline, and 不再适用."""

from rectification import exempting, extending, workflow
from rectification.models import Exemption, Extension
from rectification.states import ExemptionState, ExtensionState, Precision
from tests.covering import scenario
from tests.covering.verbs import DAY, extension_asked
from tests.covering.views import fresh, of_measure
from tests.factories import NOON
from tests.rectification.test_exempting import asked as exemption_asked

# 延期 ---------------------------------------------------------------------------------------------


@scenario("rectification.extending.request")
def request(stage):
    cast = stage.cast
    yield
    wish = extending.Wish(DAY, Precision.DAY, "汛期无法施工。")
    extending.request(cast.measure, wish, by=cast.liaison, at=NOON, version=1)


@scenario("rectification.extending.decide")
def decide(stage):
    """Both steps: the second one moves the deadline."""
    cast = stage.cast
    extension = extension_asked(cast)
    yield
    for by in (cast.office, cast.executive):
        version = extension.version
        extending.decide(extension, "agree", opinion="", by=by, at=NOON, version=version)
    assert extension.state == ExtensionState.GRANTED


@scenario("rectification.extending.withdraw")
def withdraw(stage):
    cast = stage.cast
    extension = extension_asked(cast)
    yield
    extending.withdraw(extension, why="可以按期完成", by=cast.liaison, at=NOON, version=1)


@scenario("rectification.extending.lapse")
def lapse(stage):
    cast = stage.cast
    extension_asked(cast)
    yield
    extending.lapse(cast.measure, by=cast.office, at=NOON, why="措施已销号。")
    assert Extension.objects.get().state == ExtensionState.LAPSED


WISH = {"deadline": "2025年10月底前", "reason": "汛期无法施工。"}
of_measure("extend", by="liaison", **WISH)
of_measure(
    "extension/decide", by="office", before=extension_asked, decision="agree", opinion="属实"
)
of_measure("extension/withdraw", by="liaison", before=extension_asked, why="可以按期完成")


# 不再适用 -----------------------------------------------------------------------------------------


def granted(cast):
    exemption = fresh(exemption_asked(cast))
    exempting.grant(exemption, opinion="属实", by=cast.executive, at=NOON, version=1)
    cast.measure.refresh_from_db()


@scenario("rectification.exempting.request")
def request_exemption(stage):
    cast = stage.cast
    yield
    exempting.request(cast.measure, reason="河道已改线。", by=cast.liaison, at=NOON, version=1)


@scenario("rectification.exempting.grant")
def grant_exemption(stage):
    cast = stage.cast
    exemption = exemption_asked(cast)
    yield
    exempting.grant(exemption, opinion="属实", by=cast.executive, at=NOON, version=1)


@scenario("rectification.exempting.refuse")
def refuse_exemption(stage):
    cast = stage.cast
    exemption = exemption_asked(cast)
    yield
    exempting.refuse(exemption, opinion="仍要整改", by=cast.executive, at=NOON, version=1)


@scenario("rectification.exempting.withdraw")
def withdraw_exemption(stage):
    cast = stage.cast
    exemption = exemption_asked(cast)
    yield
    exempting.withdraw(exemption, why="继续整改", by=cast.liaison, at=NOON, version=1)


@scenario("rectification.exempting.lapse")
def lapse_exemption(stage):
    cast = stage.cast
    exemption_asked(cast)
    yield
    exempting.lapse(cast.measure, by=cast.liaison, at=NOON)
    assert Exemption.objects.get().state == ExemptionState.LAPSED


@scenario("rectification.workflow.reinstate")
def reinstate(stage):
    cast = stage.cast
    granted(cast)
    yield
    version = cast.measure.version
    workflow.reinstate(cast.measure, by=cast.office, at=NOON, why="河道恢复", version=version)


of_measure("exemption/ask", name="ask_exemption", by="liaison", reason="河道已改线。")
DECIDED = {"decision": "grant", "opinion": "属实"}
decide_exemption = {"name": "decide_exemption", "before": exemption_asked, **DECIDED}
of_measure("exemption/decide", by="executive", **decide_exemption)
take_back = {"name": "withdraw_exemption", "before": exemption_asked, "why": "继续整改"}
of_measure("exemption/withdraw", by="liaison", **take_back)
of_measure("reinstate", by="office", before=granted, why="河道恢复")
