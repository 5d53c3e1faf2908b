import pytest
import time_machine

from rectification import closing, permissions
from rectification.models import CloseoutRequest, Measure, Problem, ProgressEntry
from tests.factories import NOON, DispatchRoundFactory, MeasureFactory, MilestoneFactory


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def post(client, cast, verb, **data):
    data.setdefault("version", fresh(cast.measure).version)
    return client.post(f"{cast.page}{verb}/", data, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def forms_on(client, cast):
    context = client.get(cast.page).context
    names = ("report", "submit", "resubmit", "withdraw", "approve", "send_back", "reopen")
    return {name for name in names if context.get(f"{name}_form")}


def test_the_whole_way_by_its_pages(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "report", text="制度初稿已完成。", next_step="征求意见")
    answer = post(client, cast, "submit", statement="制度已印发。", evidence_note="文件")
    assert said(answer) == ["M-900-1 已申请销号"]

    client.force_login(cast.head)
    back = {"ground": "below_standard", "reason": "请补充执行情况。", "due_on": "2999-01-01"}
    post(client, cast, "send-back", **back)
    assert fresh(cast.measure).status == "sent_back"

    client.force_login(cast.liaison)
    assert "请补充执行情况。" in client.get("/desk/").content.decode()
    post(client, cast, "submit", statement="已执行两轮巡查。", evidence_note="记录")
    messages = []
    for reviewer in (cast.head, cast.office):
        client.force_login(reviewer)
        messages += said(post(client, cast, "approve", opinion="同意"))
    assert messages == ["M-900-1 审核通过", "M-900-1 审核通过，已销号"]

    html = client.get(cast.page).content.decode()
    assert fresh(cast.measure).status == "closed"
    for part in ("制度初稿已完成。", "第2次申请销号", "第1次退回", "单位负责人初审通过", "销号"):
        assert part in html


def test_the_form_carries_the_last_text_and_a_nil_return_takes_one_tap(cast, client):
    round = DispatchRoundFactory(inspection=cast.inspection, number=13)
    client.force_login(cast.liaison)
    post(client, cast, "report", text="完成初稿。", difficulty="经费不足")

    form = client.get(cast.page).context["report_form"]
    answer = post(client, cast, "report", **form.initial, nil_return="1")

    assert (form["text"].value(), form["difficulty"].value()) == ("完成初稿。", "经费不足")
    last = ProgressEntry.objects.latest("pk")
    assert (last.text, last.nil_return, last.difficulty) == ("无变化", True, "经费不足")
    assert last.round == round
    assert said(answer) == ["已报 M-900-1 的零报告"]
    assert client.get(cast.page).context["report_form"]["text"].value() == "完成初稿。"


def test_what_is_reported_folds_the_form_until_it_comes_back(cast, client):
    DispatchRoundFactory(inspection=cast.inspection, number=13)
    client.force_login(cast.liaison)
    assert "补充或更正" not in client.get(cast.page).content.decode()
    post(client, cast, "report", text="完成初稿。")
    assert "补充或更正" in client.get(cast.page).content.decode()

    client.force_login(cast.office)
    back = {"ground": "below_standard", "reason": "太短。", "due_on": "2999-01-01"}
    post(client, cast, "send-back", **back)

    client.force_login(cast.liaison)
    assert "补充或更正" not in client.get(cast.page).content.decode()


def test_no_change_is_refused_where_the_text_was_changed(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "report", text="完成初稿。")

    answer = post(client, cast, "report", text="完成二稿。", nil_return="1")

    assert "确无变化请先恢复原文" in answer.content.decode()
    assert "完成二稿。" in answer.content.decode()
    assert ProgressEntry.objects.count() == 1


def test_a_stale_report_shows_both_texts_and_keeps_what_was_typed(cast, client):
    client.force_login(cast.liaison)
    version = cast.measure.version
    post(client, cast, "report", text="同事先报的进展")

    answer = post(client, cast, "report", version=version, text="我后写的进展")

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "被别人改过" in html
    assert "同事先报的进展" in html
    form = answer.context["report_form"]
    assert form["text"].value() == "我后写的进展"
    assert ProgressEntry.objects.count() == 1

    again = post(client, cast, "report", version=form["version"].value(), text="我后写的进展")
    assert again.status_code == 200
    assert ProgressEntry.objects.count() == 2


def test_a_refused_move_says_why_and_shows_what_was_typed(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "submit", statement="制度已印发。", evidence_note="文件")

    answer = post(client, cast, "report", text="又有新进展")

    assert answer.status_code == 409
    assert "现在是“待审核”" in answer.content.decode()
    assert "又有新进展" in answer.content.decode()


def test_where_nobody_else_saved_there_is_nothing_to_compare(cast, client):
    client.force_login(cast.liaison)

    answer = post(client, cast, "submit", statement="制度已印发。")

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "还没有佐证材料" in html
    assert "现在的内容" not in html
    assert answer.context["submit_form"]["statement"].value() == "制度已印发。"


def test_htmx_gets_the_conflict_too(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "report", text="先报的")

    answer = client.post(
        f"{cast.page}report/", {"version": 1, "text": "后报的"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 409
    assert "<html" not in answer.content.decode()
    assert "先报的" in answer.content.decode()
    assert "后报的" in answer.content.decode()


def test_a_double_click_on_approve_closes_one_stage(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "submit", statement="制度已印发。", evidence_note="文件")
    client.force_login(cast.head)
    version = fresh(cast.measure).version

    first = post(client, cast, "approve", version=version)
    second = post(client, cast, "approve", version=version)

    assert (first.status_code, second.status_code) == (200, 409)
    assert CloseoutRequest.objects.get().reviews.count() == 1


def test_an_approval_after_the_application_was_withdrawn_is_refused(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "submit", statement="制度已印发。", evidence_note="文件")
    post(client, cast, "withdraw", why="材料不全")
    client.force_login(cast.head)

    answer = post(client, cast, "approve", opinion="同意")

    assert answer.status_code == 409
    assert "没有等待审核的销号申请" in answer.content.decode()


def test_a_rebound_is_reopened_by_the_office(cast, client):
    Measure.objects.filter(pk=cast.measure.pk).update(status="closed", closed_on=NOON.date())
    client.force_login(cast.office)

    post(client, cast, "reopen", why="复查发现问题反弹。")

    assert fresh(cast.measure).status == "rebounded"


@pytest.mark.parametrize(
    ("who", "status", "offered"),
    [
        ("liaison", "under_way", {"report", "submit"}),
        ("liaison", "in_review", {"resubmit", "withdraw"}),
        ("liaison", "sent_back", {"report", "submit"}),
        ("liaison", "closed", set()),
        ("head", "under_way", set()),
        ("head", "in_review", {"approve", "send_back"}),
        ("office", "under_way", {"send_back"}),
        ("office", "in_review", {"send_back"}),
        ("office", "closed", {"reopen"}),
        ("executive", "in_review", set()),
        ("supervisor", "in_review", set()),
    ],
)
def test_the_page_offers_what_the_person_may_do_now(cast, client, who, status, offered):
    if status == "in_review":
        closing.submit(
            cast.measure,
            statement="完成",
            evidence_note="见档案",
            by=cast.liaison,
            at=NOON,
            version=1,
        )
    closed_on = NOON.date() if status == "closed" else None
    Measure.objects.filter(pk=cast.measure.pk).update(status=status, closed_on=closed_on)
    client.force_login(getattr(cast, who))

    assert forms_on(client, cast) == offered


def test_the_stages_say_who_passed_it_and_whom_it_waits_for(cast, client):
    closing.submit(
        cast.measure,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=NOON,
        version=1,
    )
    request = permissions.pending_request(fresh(cast.measure))
    closing.approve(request, by=cast.head, at=NOON, opinion="", version=2)
    client.force_login(cast.office)

    steps = client.get(cast.page).context["steps"]

    assert [(step.state, step.note) for step in steps] == [
        ("done", "处长乙 7月31日通过"),
        ("current", "等待整改办审核"),
    ]


def test_the_page_of_a_long_story_takes_the_same_number_of_queries(
    cast, client, django_assert_max_num_queries
):
    cast.measure.supporting_units.add(cast.elsewhere)
    for number in (30, 60, 100):
        MilestoneFactory(measure=cast.measure, share=number)
    client.force_login(cast.liaison)
    for _ in range(3):
        post(client, cast, "report", text="进展")
        post(client, cast, "submit", statement="完成", evidence_note="文件")
        post(client, cast, "withdraw", why="再改改")

    with django_assert_max_num_queries(42):
        assert client.get(cast.page).status_code == 200


def test_a_refused_form_names_the_field_and_keeps_the_text(cast, client):
    client.force_login(cast.liaison)

    answer = post(client, cast, "submit", statement="  ", evidence_note="会议纪要")

    html = answer.content.decode()
    assert "请填写完成情况。" in html
    assert "会议纪要" in html
    assert not CloseoutRequest.objects.exists()


def test_a_verb_is_not_done_by_get(cast, client):
    client.force_login(cast.liaison)

    assert client.get(f"{cast.page}submit/").status_code == 405


def test_an_executive_accepts_a_problem_on_its_page(cast, client):
    Measure.objects.update(status="closed", closed_on=NOON.date())
    client.force_login(cast.executive)
    page = "/i/x25/problems/P-900/"
    form = client.get(page).context["accept_form"]

    answer = client.post(f"{page}accept/", {**form.initial, "why": "成效明显"}, follow=True)
    late = client.post(f"{page}accept/", {**form.initial, "why": "再点一次"})

    assert said(answer) == ["P-900 已验收销号"]
    assert Problem.objects.get().status == "closed"
    assert late.status_code == 409
    assert "再点一次" in late.content.decode()


def test_a_problem_is_not_offered_for_acceptance_before_its_measures_are_closed(cast, client):
    Measure.objects.update(status="closed", closed_on=NOON.date())
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    client.force_login(cast.executive)

    assert client.get("/i/x25/problems/P-900/").context["accept_form"] is None


def test_the_office_closes_a_round_on_its_page(cast, client):
    round = DispatchRoundFactory(inspection=cast.inspection, number=12)
    page = "/i/x25/dispatch/12/"
    client.force_login(cast.supervisor)
    assert client.post(f"{page}close/").status_code == 404
    client.force_login(cast.office)

    answer = client.post(f"{page}close/", follow=True)
    late = client.post(f"{page}close/")

    assert said(answer) == ["第12次调度已结束，调度表已存档"]
    assert fresh(round).state == "closed"
    assert late.status_code == 409
    assert "已经结束" in late.content.decode()
