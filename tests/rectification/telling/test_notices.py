"""通知 inside the system; and 发送记录, what became of every message of an inspection."""

import io
from datetime import timedelta

import pytest
import time_machine
from python_calamine import CalamineWorkbook

from accounts.models import JournalEntry, Role, RoleAssignment
from rectification import notifications, outbox
from rectification.models import Notice
from tests.factories import (
    NOON,
    DispatchRoundFactory,
    InspectionFactory,
    NoticeFactory,
    UserFactory,
    bureau,
    person,
    unit,
)

PAGE = "/desk/notices/"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def told(user, subject="整改提醒：超期1条", **fields):
    return NoticeFactory(
        recipient=user, subject=subject, kind=fields.pop("kind", "digest"), **fields
    )


def outward(cast, state="held", **fields):
    """A mail of the inspection, in a state that it can be in."""
    fields = {"recipient": cast.liaison, "address": "jia@example.gov.cn", **fields}
    if state in {"held", "failed", "suppressed"}:
        fields = {"reason": "连接在发送后断开，不知道是否送达。", **fields}
    if state not in {"held", "failed", "suppressed", "sent"}:
        fields["outcome_at"] = None
    if state == "sending":
        fields["lease_until"] = NOON + timedelta(minutes=2)
    inspection = fields.pop("inspection", cast.inspection)
    return NoticeFactory(inspection=inspection, channel="mail", state=state, **fields)


# Inside the system ------------------------------------------------------------------------------


def test_a_person_reads_their_own_and_nobody_elses(cast, client):
    mine, _ = told(cast.liaison), told(cast.head)
    told(cast.liaison, channel="mail", address="a@b.cn")  # the same by mail is not listed twice
    client.force_login(cast.liaison)

    assert client.get(PAGE).context["rows"] == [mine]


def test_the_unread_are_counted_on_every_page_until_they_are_read(cast, client):
    first, second = told(cast.liaison), told(cast.liaison, "第13次调度开始报送")
    client.force_login(cast.liaison)
    assert "2条未读" in client.get(f"{cast.base}measures/").content.decode()

    client.post(f"{PAGE}{first.pk}/read/")
    assert "1条未读" in client.get("/desk/").content.decode()
    assert client.get(f"{PAGE}?unread=yes").context["rows"] == [second]
    client.post(f"{PAGE}read/")

    assert "条未读" not in client.get("/desk/").content.decode()
    assert set(Notice.objects.values_list("read_at", flat=True)) == {NOON}
    assert JournalEntry.objects.filter(verb="read").count() == 2


def test_opening_one_marks_it_as_read_and_goes_where_it_leads(cast, client):
    notice = told(cast.liaison, path="/desk/")
    client.force_login(cast.liaison)

    answer = client.post(f"{PAGE}{notice.pk}/read/", {"open": "1"})

    assert answer.url == "/desk/"
    notice.refresh_from_db()
    assert notice.read_at == NOON


def test_that_of_another_is_not_there_and_stays_unread(cast, client):
    notice = told(cast.head)
    client.force_login(cast.liaison)

    assert client.post(f"{PAGE}{notice.pk}/read/").status_code == 404
    client.post(f"{PAGE}read/")

    notice.refresh_from_db()
    assert notice.read_at is None


def test_what_is_read_twice_was_read_the_first_time(cast):
    told(cast.liaison)
    everything = Notice.objects.all()
    assert notifications.read(everything, by=cast.liaison, at=NOON) == 1

    assert notifications.read(everything, by=cast.liaison, at=NOON + timedelta(days=1)) == 0

    assert Notice.objects.get().read_at == NOON
    assert JournalEntry.objects.filter(verb="read").count() == 1


def test_they_are_narrowed_by_kind_and_by_words(cast, client):
    digest, round = told(cast.liaison), told(cast.liaison, "第13次调度", kind="round_opened")
    client.force_login(cast.liaison)

    assert client.get(f"{PAGE}?kind=digest").context["rows"] == [digest]
    assert client.get(f"{PAGE}?q=第13次").context["rows"] == [round]
    assert "筛选条件“类别”无法识别" in client.get(f"{PAGE}?kind=nothing").content.decode()


def test_many_are_on_several_pages(cast, client):
    for _ in range(51):
        told(cast.liaison)
    client.force_login(cast.liaison)

    assert len(client.get(PAGE).context["rows"]) == 50
    assert len(client.get(f"{PAGE}?page=2").context["rows"]) == 1


def test_the_number_beside_the_name_ends_somewhere(cast):
    for _ in range(outbox.UNREAD_AT_MOST + 2):
        told(cast.liaison)

    assert outbox.unread_count(cast.liaison) == outbox.UNREAD_AT_MOST


def test_the_desk_leads_to_all_of_them(cast, client):
    told(cast.liaison)
    client.force_login(cast.liaison)

    assert f'href="{PAGE}">全部通知' in client.get("/desk/").content.decode()


# What became of them ----------------------------------------------------------------------------


def fates(client, cast, query=""):
    return client.get(f"{cast.base}notices/{query}").context["rows"]


def test_what_waits_for_somebody_is_on_top(cast, client):
    sent = outward(cast, "sent", created_at=NOON + timedelta(hours=2))
    failed = outward(cast, "failed", created_at=NOON + timedelta(hours=1))
    held = outward(cast, "held")
    client.force_login(cast.office)

    assert [row.notice for row in fates(client, cast)] == [held, failed, sent]


def test_each_is_found_by_state_channel_kind_and_round_with_counts(cast, client):
    round = DispatchRoundFactory(inspection=cast.inspection, number=13)
    held = outward(cast, round=round)
    sent = outward(cast, "sent", kind="digest")
    inside = NoticeFactory(inspection=cast.inspection, recipient=cast.head, kind="letter")
    client.force_login(cast.office)

    for query, expected in (
        ("?state=held", [held]),
        ("?channel=in_app", [inside]),
        ("?kind=digest", [sent]),
        ("?round=13", [held]),
        ("?again=yes", [held]),
        ("?q=处长乙", [inside]),
        ("?channel=mail&state=sent", [sent]),
    ):
        assert [row.notice for row in fates(client, cast, query)] == expected, query
    tabs = client.get(f"{cast.base}notices/").context["tabs"]
    counts = {tab.label: tab.number for tab in tabs}
    assert counts == {
        **{"全部": 3, "待处理": 1, "待核实": 1, "发送失败": 0, "待发送": 0, "发送中": 0},
        **{"已发出": 2, "未发送": 0},
    }


def test_what_was_not_sent_says_why(cast, client):
    outward(cast, "suppressed", reason="没有未销号的措施。")
    outward(cast, "failed", reason="对方邮箱不存在（550）。")
    client.force_login(cast.office)

    html = client.get(f"{cast.base}notices/").content.decode()

    assert "没有未销号的措施。" in html
    assert "对方邮箱不存在（550）。" in html


def test_a_digest_belongs_to_no_inspection_and_is_shown_where_its_reader_works(cast, client):
    elsewhere = bureau("清河市教育局")
    other = InspectionFactory(code="other", inspected_unit=elsewhere)
    stranger = person(Role.LIAISON, unit("基础教育处", parent=elsewhere))
    homeless = UserFactory(unit=None, name="无单位")
    RoleAssignment.objects.create(
        user=homeless, role=Role.LIAISON, unit=cast.division, started_on=NOON.date()
    )
    ours = [told(cast.liaison), told(homeless)]
    theirs = told(stranger)
    client.force_login(cast.office)

    assert {row.notice for row in fates(client, cast)} == set(ours)
    assert set(outbox.of_inspection(other)) == {theirs}


def test_a_message_of_another_inspection_is_not_shown(cast, client):
    second = InspectionFactory(code="x26", inspected_unit=cast.inspection.inspected_unit)
    outward(cast, inspection=second)
    client.force_login(cast.office)

    assert fates(client, cast) == []


def test_the_office_knows_an_address_and_who_only_oversees_where_it_leads(cast, client):
    outward(cast)
    pages = {}
    for who in ("office", "supervisor"):
        client.force_login(getattr(cast, who))
        pages[who] = client.get(f"{cast.base}notices/").content.decode()

    assert "jia@example.gov.cn" in pages["office"]
    assert "重新发送" in pages["office"]
    assert "jia@example.gov.cn" not in pages["supervisor"]
    assert "j***@example.gov.cn" in pages["supervisor"]
    assert "send-again" not in pages["supervisor"]


def test_a_robots_key_is_shown_to_nobody(cast, client):
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4"
    outward(cast, address=address)
    Notice.objects.update(channel="wecom")
    client.force_login(cast.office)

    html = client.get(f"{cast.base}notices/").content.decode()

    assert "693a91f6" not in html
    assert "qyapi.weixin.qq.com/…4bc4" in html


@pytest.mark.parametrize("state", ["held", "failed"])
def test_a_doubtful_or_failed_one_is_sent_again_under_the_same_message_id(cast, client, state):
    notice = outward(cast, state)
    before = notice.message_id
    client.force_login(cast.office)

    answer = client.post(f"{cast.base}notices/{notice.pk}/send-again/", follow=True)

    notice.refresh_from_db()
    assert notice.state == "due"
    assert notice.message_id == before
    assert "已交重新发送" in answer.content.decode()
    assert JournalEntry.objects.filter(verb="send_again", subject_code=notice.topic).exists()


@pytest.mark.parametrize("state", ["sent", "due", "sending", "suppressed"])
def test_any_other_is_not_and_it_says_so(cast, client, state):
    notice = outward(cast, state)
    client.force_login(cast.office)

    client.post(f"{cast.base}notices/{notice.pk}/send-again/", follow=True)

    notice.refresh_from_db()
    assert notice.state == state
    assert not JournalEntry.objects.filter(verb="send_again").exists()


def test_all_that_is_filtered_and_failed_is_sent_again_with_one_click(cast, client):
    failed = [outward(cast, "failed", address=f"{each}@example.gov.cn") for each in "ab"]
    others = [outward(cast, "failed", address="c@example.gov.cn", kind="letter"), outward(cast)]
    client.force_login(cast.office)
    page = client.get(f"{cast.base}notices/?state=failed&kind=round_opened")
    assert "send-again/?" in page.content.decode()

    path = page.context["again_url"]
    answer = client.post(path, follow=True)

    assert "2条通知已交重新发送" in answer.content.decode()
    assert {each.state for each in Notice.objects.filter(pk__in=[n.pk for n in failed])} == {"due"}
    assert sorted(Notice.objects.get(pk=n.pk).state for n in others) == ["failed", "held"]
    assert JournalEntry.objects.filter(verb="send_again").count() == 2


def test_the_second_click_is_told_that_it_is_under_way(cast, client):
    notice = outward(cast)
    client.force_login(cast.office)
    path = f"{cast.base}notices/{notice.pk}/send-again/"
    client.post(path)

    answer = client.post(path, follow=True)

    assert "message-error" in answer.content.decode()
    assert JournalEntry.objects.filter(verb="send_again").count() == 1


def test_a_message_of_elsewhere_is_not_sent_again(cast, client):
    second = InspectionFactory(code="far", inspected_unit=bureau("清河市教育局"))
    notice = outward(cast, inspection=second)
    client.force_login(cast.office)

    assert client.post(f"{cast.base}notices/{notice.pk}/send-again/").status_code == 404


def test_what_is_shown_is_exported_as_text(cast, client):
    outward(cast, subject='=HYPERLINK("http://evil.example")')
    outward(cast, "sent")
    client.force_login(cast.office)

    answer = client.get(f"{cast.base}notices/export/?state=held")

    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    title, headings, *cells = rows.to_python()
    assert "发送记录" in title[0]
    assert headings[2:8] == ["标题", "收件人", "单位", "渠道", "地址", "状态"]
    assert [row[2:8] for row in cells] == [
        [
            '=HYPERLINK("http://evil.example")',
            "填报员甲",
            "河湖管理处",
            "邮件",
            "jia@example.gov.cn",
            "待核实",
        ]
    ]
    assert JournalEntry.objects.get(verb="export").after["entries"] == 1


def test_who_only_oversees_exports_nothing(cast, client):
    client.force_login(cast.supervisor)

    assert client.get(f"{cast.base}notices/export/").status_code == 404
