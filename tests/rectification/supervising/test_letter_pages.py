"""The pages of letters: the list, a letter, its verbs, a new one by hand."""

from datetime import timedelta

import pytest
import time_machine

from rectification import supervising
from rectification.models import SupervisionAction
from tests.factories import NOON
from tests.rectification.supervising.conftest import kinds, late_by, lettered


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def proposal(ladder):
    """A 督办函 that waits for the office."""
    late_by(ladder, 8)
    supervising.climb(at=NOON)
    return SupervisionAction.objects.get()


def act(client, by, ladder, verb, **fields):
    client.force_login(by)
    version = SupervisionAction.objects.get(number=1).version
    address = f"{ladder.base}supervision/1/{verb}/"
    return client.post(address, {"version": version, **fields})


def test_a_letter_goes_its_way_by_the_pages_alone(ladder, proposal, client):
    steps = [
        (ladder.office, "issue", {"note": "请抓紧"}),
        (ladder.head, "acknowledge", {}),
        (ladder.head, "answer", {"text": "已增加人手，8月10日前完成。"}),
        (ladder.office, "settle", {"why": "同意"}),
    ]
    for by, verb, fields in steps:
        assert act(client, by, ladder, verb, **fields).status_code == 302

    assert kinds() == [("order", "settled")]
    client.force_login(ladder.liaison)
    page = client.get(f"{ladder.base}supervision/1/").content.decode()
    assert "已增加人手，8月10日前完成。" in page
    assert "请抓紧" not in page  # what was said at the issue stays in the house
    story = client.get(ladder.page).content.decode()
    for words in ("签发督办函（整督〔2025〕1号）", "签收督办函", "回复督办函", "办结督办函"):
        assert words in story


@pytest.mark.parametrize("who", ["office", "supervisor", "executive", "liaison"])
def test_the_pages_open(ladder, proposal, client, who):
    client.force_login(getattr(ladder, who))
    for path in ("supervision/", "measures/M-900-1/"):
        assert client.get(f"{ladder.base}{path}").status_code == 200
    expected = 404 if who == "liaison" else 200
    for path in ("supervision/1/", "ladder/"):
        assert client.get(f"{ladder.base}{path}").status_code == expected
    assert client.get("/desk/").status_code == 200


# The list -----------------------------------------------------------------------------------------


def listed(client, ladder, query=""):
    context = client.get(f"{ladder.base}supervision/{query}").context
    return [line.letter.number for line in context["rows"]]


@pytest.fixture
def many(ladder):
    """Five letters: proposed, issued, late, settled, and one of another unit."""
    lettered(ladder, "settled")
    wording = supervising.Wording("关于报送的提醒函", "没有报送。", "请补报。", 5)
    for place, unit in enumerate([ladder.division] * 3 + [ladder.elsewhere]):
        letter = supervising.propose(
            ladder.inspection,
            "reminder",
            wording,
            unit=unit,
            measure=None,
            by=ladder.office,
            at=NOON,
        )
        if place:
            day = NOON - timedelta(days=20) if place == 2 else NOON
            supervising.issue(letter, by=ladder.office, at=day, version=1)
    return ladder


@pytest.mark.parametrize(
    ("query", "office", "unit"),
    [
        ("", [2, 5, 4, 3, 1], [4, 3, 1]),
        ("?state=proposed", [2], []),
        ("?situation=open", [5, 4, 3], [4, 3]),
        ("?situation=late", [4], [4]),
        ("?state=settled", [1], [1]),
        ("?kind=order", [1], [1]),
        ("?q=报送", [2, 5, 4, 3], [4, 3]),
        ("?q=M-900-1", [1], [1]),
        ("?state=nonsense&page=99", [2, 5, 4, 3, 1], [4, 3, 1]),
    ],
)
def test_the_list_shows_the_office_all_and_a_unit_its_own(many, client, query, office, unit):
    client.force_login(many.office)
    assert listed(client, many, query) == office
    client.force_login(many.liaison)
    assert listed(client, many, query) == unit


def test_the_unit_filter_keeps_the_others_in_the_address(many, client):
    client.force_login(many.office)

    page = client.get(f"{many.base}supervision/?unit={many.elsewhere.pk}&kind=reminder")

    assert [line.letter.number for line in page.context["rows"]] == [5]
    assert f"unit={many.elsewhere.pk}&amp;kind=reminder&amp;state=settled" in page.content.decode()


def test_a_letter_in_the_list_is_named_by_its_measure_and_a_proposal_by_its_lateness(
    ladder, proposal, client
):
    client.force_login(ladder.office)

    [line] = client.get(f"{ladder.base}supervision/").context["rows"]

    assert line.about == f"M-900-1 {ladder.measure.title}"
    assert line.late == "红：措施超期8天"


def test_what_a_measure_says_now_is_not_for_the_unit_that_had_it(ladder, client):
    lettered(ladder, "issued")
    ladder.measure.supporting_units.clear()
    ladder.measure.lead_unit = ladder.elsewhere
    ladder.measure.save()
    client.force_login(ladder.liaison)

    [line] = client.get(f"{ladder.base}supervision/").context["rows"]

    assert line.about == f"M-900-1 {line.letter.title}"
    assert line.late == ""


@pytest.mark.parametrize("who", ["office", "liaison", "stranger"])
def test_an_empty_list_says_what_will_come(cast, client, who):
    client.force_login(getattr(cast, who))

    html = client.get(f"{cast.base}supervision/").content.decode()

    assert ("还没有督办函件" in html) == (who == "office")
    assert ("没有发给您单位的督办函件" in html) == (who != "office")


def test_many_are_issued_at_once_and_each_refusal_is_told(many, client):
    other = supervising.propose(
        many.inspection,
        "circular",
        supervising.Wording("通报", "事由", "要求", None),
        unit=many.elsewhere,
        measure=None,
        by=many.office,
        at=NOON,
    )
    client.force_login(many.office)
    form = {"verb": "issue", "note": "", "chosen": ["1:2", f"7:{other.number}", "1:1", "x:9", "9"]}

    page = client.post(f"{many.base}supervision/bulk/", form)

    assert [each.number for each in page.context["done"]] == [2]
    assert [letter.number for letter, _ in page.context["refused"]] == [1, 6]
    assert "被别人改过" in page.content.decode()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"chosen": ["1:2"]}, "请选择签发或撤销。"),
        ({"verb": "withdraw", "chosen": ["1:2"]}, "撤销要写明理由。"),
        ({"verb": "settle", "chosen": ["1:2"]}, "办理事项不在列表中"),
        ({"verb": "issue"}, "没有选中函件"),
    ],
)
def test_a_bulk_act_that_says_too_little_changes_nothing(many, client, form, says):
    client.force_login(many.office)
    before = list(SupervisionAction.objects.values())

    page = client.post(f"{many.base}supervision/bulk/", form)

    assert says in page.content.decode()
    assert list(SupervisionAction.objects.values()) == before


# One letter ---------------------------------------------------------------------------------------


def test_a_late_answer_is_told_with_what_stands_and_keeps_what_was_typed(ladder, client):
    lettered(ladder, "answered")
    client.force_login(ladder.liaison)
    address = f"{ladder.base}supervision/1/answer/"

    page = client.post(address, {"version": 3, "text": "第二个窗口的回复。"})

    html = page.content.decode()
    assert page.status_code == 409
    assert "已增加人手。" in html
    assert html.count("第二个窗口的回复。") == 2
    assert 'name="version" value="4"' in html


def test_a_late_answer_does_not_tell_the_unit_what_was_said_at_the_issue(ladder, client):
    letter = lettered(ladder, "proposed")
    supervising.issue(letter, by=ladder.office, at=NOON, version=1, note="先提醒处长")
    for who, tells in (("liaison", False), ("office", True)):
        client.force_login(getattr(ladder, who))
        for verb, field in (("answer", "text"), ("settle", "why"), ("withdraw", "why")):
            page = client.post(f"{ladder.base}supervision/1/{verb}/", {"version": 1, field: "在办"})

            assert page.status_code == 409
            assert ("先提醒处长" in page.content.decode()) == tells


def test_a_text_that_somebody_else_changed_is_shown_with_both(ladder, client):
    letter = lettered(ladder, "proposed")
    wording = supervising.Wording("标题甲", "事由甲", "要求甲", None)
    supervising.reword(letter, wording, by=ladder.office, at=NOON, version=1)
    client.force_login(ladder.office)
    form = {"version": 1, "title": "标题乙", "matter": "事由乙", "demand": "要求乙"}

    page = client.post(f"{ladder.base}supervision/1/reword/", form)

    html = page.content.decode()
    assert page.status_code == 409
    assert all(text in html for text in ("事由甲", "事由乙"))
    assert SupervisionAction.objects.get().matter == "事由甲"


def test_the_office_opens_a_new_letter_with_the_usual_words(ladder, client):
    late_by(ladder, 8)
    client.force_login(ladder.office)

    page = client.get(f"{ladder.base}supervision/new/?measure=M-900-1&kind=circular")

    initial = page.context["form"].initial
    assert (initial["kind"], initial["measure"]) == ("circular", ladder.measure)
    assert "已超期8天" in initial["matter"]
    assert client.get(f"{ladder.base}supervision/new/?measure=%00&kind=x").status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"measure": ""}, "请选择有关措施，或者选择主送单位。"),
        ({"unit": "elsewhere"}, "牵头，主送单位不用选"),
        ({"answer_days": "0"}, "回复期限请填 1 到 90"),
        ({"answer_days": "91"}, "回复期限请填 1 到 90"),
        ({"answer_days": "-3"}, "回复期限请填 1 到 90"),
        ({"title": "长" * 101}, "标题最多100字"),
        ({"matter": " "}, "请填写事由。"),
        ({"kind": "none"}, "种类不在列表中"),
    ],
)
def test_a_new_letter_that_makes_no_sense_is_refused_by_the_name_of_its_field(
    ladder, client, changes, says
):
    good = {"kind": "order", "measure": ladder.measure.pk, "title": "督办函", "matter": "已超期。"}
    good |= {"demand": "请整改。", "answer_days": "５"}
    if "unit" in changes:
        changes = {"unit": ladder.elsewhere.pk}
    client.force_login(ladder.office)

    page = client.post(f"{ladder.base}supervision/new/", good | changes)

    assert says in page.content.decode()
    assert not SupervisionAction.objects.exists()
    assert client.post(f"{ladder.base}supervision/new/", good).status_code == 302
    assert SupervisionAction.objects.get().answer_days == 5


# Where it waits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "who", "heading"),
    [
        ("proposed", "office", "督办函件待签发"),
        ("issued", "head", "督办函件待签收"),
        ("issued", "liaison", "督办函件待签收"),
        ("acknowledged", "liaison", "督办函件待回复"),
        ("answered", "office", "督办回复待办结"),
    ],
)
def test_the_desk_names_what_waits_and_only_for_whom_it_waits(ladder, client, state, who, heading):
    lettered(ladder, state)
    seen = set()
    for name in ("office", "head", "liaison", "executive", "supervisor", "stranger"):
        client.force_login(getattr(ladder, name))
        if heading in client.get("/desk/").content.decode():
            seen.add(name)

    assert who in seen
    assert seen <= {"office"} or seen == {"head", "liaison"}


def test_the_card_of_a_measure_shows_a_proposal_to_those_who_oversee_alone(ladder, client):
    lettered(ladder, "proposed")
    for who, sees in (("office", True), ("supervisor", True), ("liaison", False)):
        client.force_login(getattr(ladder, who))
        html = client.get(ladder.page).content.decode()
        assert ("supervision/1/" in html) == sees
        assert ("supervision/new/" in html) == (who == "office")
        assert "督办函（第1号" not in html.split('id="story"')[1].split("</section>")[0]
