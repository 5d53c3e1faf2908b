"""The demonstration's story as data: its counts, its wording, its move in time. No database."""

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from reports.demonstration import checks
from reports.demonstration.shifting import Shift, told_on
from reports.demonstration.story import Story, read_story
from reports.demonstration.timeline import Happening, history

TODAY = date(2025, 7, 31)


@pytest.fixture(scope="module")
def story() -> Story:
    return read_story()


@pytest.fixture(scope="module")
def histories(story: Story) -> dict[str, tuple[Happening, ...]]:
    return {measure.code: history(measure, story.dispatch) for measure in story.measures}


def test_the_story_holds_together(story):
    assert checks.faults(story) == ()


def test_the_story_has_the_figures_of_the_real_report(story):
    assert checks.figures(story) == checks.FIGURES
    assert (checks.FIGURES["problems_done"], checks.FIGURES["measures_done"]) == (16, 109)


def test_the_check_names_what_is_wrong(story):
    first, *others = story.problems
    broken = replace(first.measures[0], done=None, lead_unit="nowhere")
    spoilt = replace(first, area="elsewhere", measures=(broken, *first.measures[1:]))
    faults = checks.faults(replace(story, problems=(spoilt, *others)))
    assert "unknown unit nowhere" in faults
    assert f"{first.code}: unknown area elsewhere" in faults
    assert any(fault.startswith(f"{broken.code}: says closed") for fault in faults)


def test_the_check_reads_the_sequels_too(story):
    first, *others = story.further.extensions
    late = replace(first, asked=first.wish.deadline, wish=replace(first.wish, precision="day"))
    told = replace(story.further, extensions=(late, *others))
    assert set(checks.faults(replace(story, further=told))) == {
        f"{first.measure}: the granted deadline is not the one that holds",
        f"{first.measure}: asked too late, or for no later day",
    }
    lost = replace(story.further, extensions=(replace(first, measure="M-999-9"),))
    assert "unknown measure M-999-9" in checks.faults(replace(story, further=lost))


def test_no_wording_is_used_twice(story):
    texts = [told.text for measure in story.measures for told in measure.progress]
    texts += [measure.text for measure in story.measures]
    texts += [measure.target for measure in story.measures]
    texts += [problem.wording for problem in story.problems]
    assert sorted(texts) == sorted(set(texts))


def test_nothing_of_the_real_report_is_in_the_story(story, shared):
    real = (shared / "seed" / "report.txt").read_text(encoding="utf-8")
    texts = [told.text for measure in story.measures for told in measure.progress]
    texts += [measure.text for measure in story.measures]
    texts += [problem.wording for problem in story.problems]
    texts += [p.text for p in (*story.prose.organisation, *story.prose.future)]
    plain = re.sub(r"\s", "", real.translate(str.maketrans(",:;()", "，：；（）")))
    pieces = {text[at : at + 16] for text in texts for at in range(len(text) - 15)}
    assert sorted(piece for piece in pieces if piece in plain) == []


def test_a_report_tells_of_no_day_after_it_was_filed(story, histories):
    """Days that lie ahead are plans, and say so."""
    for measure in story.measures:
        for happening in histories[measure.code]:
            text = happening.told.text if happening.told else ""
            for found in re.finditer(r"(\d{1,2})月(\d{1,2})日", text):
                day = date(2025, int(found[1]), int(found[2]))
                plan = re.search("计划|安排在|约定", text)
                assert day <= happening.on or plan, (measure.code, text)


def test_every_text_of_the_story_is_filed(story, histories):
    for measure in story.measures:
        filed = [each.told for each in histories[measure.code] if each.told and not each.nil]
        assert filed == list(measure.progress), measure.code


def test_an_open_measure_is_reported_in_every_round_but_the_missing_ones(story, histories):
    dispatch = story.dispatch
    for measure in story.measures:
        if measure.status not in {"under_way", "sent_back"} or measure.returns:
            continue
        rounds = {each.round for each in histories[measure.code] if each.verb == "report"}
        missing = {number for code, number in dispatch.missing if code == measure.code}
        assert rounds == set(range(1, dispatch.rounds + 1)) - missing, measure.code


def test_a_history_runs_forward_and_ends_before_the_last_week(story, histories):
    for code, happenings in histories.items():
        moments = [(each.on, each.at) for each in happenings]
        assert all(early < late for early, late in pairwise(moments)), code
        assert moments[-1][0] <= TODAY - timedelta(days=6), code


@pytest.mark.parametrize("days", range(-10, 11))
def test_the_figures_are_the_same_on_whichever_day_the_story_is_told(story, days):
    moved = told_on(story, on=TODAY + timedelta(days=400 + days))
    assert checks.faults(moved) == ()


@pytest.mark.parametrize("days", [*range(1, 15), 365, 483, 1000])
def test_the_round_after_the_told_ones_is_due_on_monday_of_the_new_week(story, days):
    on = TODAY + timedelta(days=days)
    moved = told_on(story, on=on).dispatch
    assert moved.opens(moved.rounds + 1) == on - timedelta(days=on.weekday())
    assert moved.anchor.weekday() == story.dispatch.anchor.weekday()


def test_told_on_its_own_day_the_story_is_as_written(story):
    assert told_on(story, on=TODAY) == story


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("4月22日，印发名录", "4月29日，印发名录"),
        ("2024年12月30日反馈", "2025年1月6日反馈"),
        ("截至7月下旬", "截至8月上旬"),
        ("二季度再生水利用率22.1%", "二季度再生水利用率22.1%"),
        ("云水发〔2025〕11号", "云水发〔2025〕11号"),
        ("电话0000-8200516，共2900余万元", "电话0000-8200516，共2900余万元"),
    ],
)
def test_dates_in_words_move_with_the_events(text, moved):
    assert Shift(TODAY, TODAY + timedelta(days=14)).words(text) == moved


def test_a_moved_deadline_keeps_its_side_and_the_widest_period_that_allows_it():
    shift = Shift(TODAY, date(2025, 8, 20))
    # overdue by a month: the end of July is past on 20 August too
    assert shift.deadline(date(2025, 6, 30), "month", near=10) == (date(2025, 7, 31), "month")
    # the last day itself: the end of August would be 11 days off, and no longer near
    assert shift.deadline(date(2025, 7, 31), "month", near=10) == (date(2025, 8, 20), "ten_days")
    # three days left are three days left
    assert shift.deadline(date(2025, 8, 3), "day", near=10) == (date(2025, 8, 23), "day")
