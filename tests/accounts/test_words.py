"""Every verb, subject and state that the code writes into the journal has a word."""

import ast
from collections.abc import Iterator

from accounts import words
from rectification import deciding, extending
from rectification.delivery import claiming
from rectification.models import AccountabilityAction, InstitutionalOutcome, RecoveredMoney
from rectification.states import (
    LETTER_MOVES,
    MEASURE_MOVES,
    PROBLEM_MOVES,
    ExemptionState,
    LetterState,
    RoundState,
    WorkStatus,
)
from tests.test_consistency import APPS, ROOT, named

# Acts whose verb or kind is a variable: where the values of that variable come from.
ELSEWHERE = {
    "rectification/moving.py": {*MEASURE_MOVES, *PROBLEM_MOVES},
    "rectification/extending.py": {*extending._VERBS.values()},
    "rectification/deciding.py": {*deciding._VERBS.values()},
    "rectification/exempting.py": {*ExemptionState.values} - {ExemptionState.REQUESTED},
    "rectification/evidence/keeping.py": {
        *("add_evidence", "add_version", "withdraw_evidence"),
        *("link_evidence", "unlink_evidence", "amend_evidence"),
    },
    "rectification/supervising/corresponding.py": {*LETTER_MOVES},
    "rectification/returning.py": {"ask", "confirm_return", "turn_back_return"},
    "rectification/delivery/claiming.py": {*claiming.VERBS.values()},
    "accounts/views.py": {"sign_in", "sign_in_failed", "sign_out"},
    "reports/demonstration/loading.py": {"load_demo"},
}
MODELS = {"unit", "user", "roleassignment", "inspection", "reviewstage", "findingarea", "workday"}
REGISTERS = {each.PREFIX for each in (AccountabilityAction, InstitutionalOutcome, RecoveredMoney)}


def acts() -> Iterator[tuple[str, ast.Call]]:
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Act":
                    yield named(file), node


def said(call: ast.Call, place: int, name: str) -> ast.expr:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    return given[name] if name in given else call.args[place]


def constants(expression: ast.expr) -> set[str] | None:
    """The texts it can be, or None where it is a variable."""
    if isinstance(expression, ast.Constant):
        return {str(expression.value)}
    if isinstance(expression, ast.IfExp):
        either, other = constants(expression.body), constants(expression.orelse)
        return either | other if either and other else None
    return None


def test_every_verb_that_is_written_has_a_word():
    missing = set()
    for place, call in acts():
        verbs = constants(said(call, 0, "verb"))
        assert verbs or place in ELSEWHERE, f"{place}: say in ELSEWHERE which verbs these are"
        missing |= {(place, verb) for verb in verbs or ELSEWHERE[place] if verb not in words.VERBS}

    assert missing == set(), "add the words to accounts/words.py"


def test_every_kind_of_subject_has_a_word():
    kinds = {
        kind for _, call in acts() for kind in constants(said(call, 1, "subject_kind")) or set()
    }

    assert sorted((kinds | MODELS | REGISTERS) - words.KINDS.keys()) == []


def test_the_journal_calls_moves_and_states_what_the_pages_call_them():
    for kind, moves in (
        ("measure", MEASURE_MOVES),
        ("problem", PROBLEM_MOVES),
        ("letter", LETTER_MOVES),
    ):
        for verb, move in moves.items():
            assert words.verb_in_words(verb, kind) == move.says
    for status in WorkStatus:
        assert words._shown("measure", status.value) == status.label
    for letter in LetterState:
        assert words._shown("letter", letter.value) == letter.label
    for state in RoundState:
        assert words._shown("round", state.value) == state.label
