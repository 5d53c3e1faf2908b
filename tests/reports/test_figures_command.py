"""bin/manage figures."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.reports.lively import ON, lively

pytestmark = pytest.mark.django_db


def test_the_command_says_the_figures_of_a_day_as_one_object(inspection):
    lively(inspection, on=ON)
    output = StringIO()

    call_command("figures", "x25", on="2025-07-31", json=True, stdout=output)

    said = json.loads(output.getvalue())
    assert (said["inspection"], said["on"]) == ("x25", "2025-07-31")
    assert said["measures"]["overdue"] == 4
    assert said["measure_rate"] == {"numerator": 1, "denominator": 8, "percent": "12.5"}
    assert said["problem_rate"] == {"numerator": 0, "denominator": 2, "percent": "0.0"}


def test_the_command_says_a_rate_of_nothing_as_null(inspection):
    output = StringIO()

    call_command("figures", "x25", on="2025-07-31", json=True, stdout=output)

    assert json.loads(output.getvalue())["measure_rate"]["percent"] is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["x99"], "没有代号为 x99 的巡察"), (["x25", "--on", "2025-13-01"], "不是日期")],
)
def test_the_command_refuses_in_words_with_exit_code_2(inspection, arguments, says):
    with pytest.raises(CommandError, match=says) as refused:
        call_command("figures", *arguments)

    assert refused.value.returncode == 2
