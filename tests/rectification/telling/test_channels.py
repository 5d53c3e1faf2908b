"""通知方式: what may be entered, by whom, and what is never shown again."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import AbsenceKind, Deputy, JournalEntry
from rectification import addressing, contacting
from rectification.contacting import ContactRefused, Entry
from rectification.models import CalendarFeed, Channel, ContactPoint, Notice, NoticeKind
from rectification.recipients import Addressee, ways_to
from rectification.states import NoticeState
from tests.factories import NOON

pytestmark = pytest.mark.usefixtures("mail_is_set_up")

PAGE = "/desk/channels/"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=566cc69da782ec33"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/0123-4567"
MAIL = "zhangsan@example.gov.cn"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def page(client, cast):
    client.force_login(cast.liaison)
    return client


def entered(cast, channel=Channel.WECOM, address=WECOM, *, owner=None, by=None, secret=""):
    return contacting.enter(
        owner or cast.liaison, Entry(channel, address, secret), by=by or cast.liaison, at=NOON
    )


def ways(addressee):
    (found,) = ways_to([addressee]).values()
    return [(way.channel, way.address) for way in found]


# Mail ---------------------------------------------------------------------------------------------


def test_another_address_takes_the_place_of_the_one_of_the_account(cast, page):
    cast.liaison.email = "old@example.gov.cn"
    cast.liaison.save()
    me = Addressee(cast.liaison, None)
    assert ways(me) == [("mail", "old@example.gov.cn")]

    page.post(f"{PAGE}mail/", {"address": MAIL})
    assert ways(me) == [("mail", MAIL)]
    page.post(f"{PAGE}mail/", {"address": "lisi@example.gov.cn"})

    assert ways(me) == [("mail", "lisi@example.gov.cn")]
    assert ContactPoint.objects.count() == 2


def test_mail_is_switched_off_also_that_of_the_account_and_on_again(cast, page):
    cast.liaison.email = MAIL
    cast.liaison.save()
    me = Addressee(cast.liaison, None)

    answer = page.post(f"{PAGE}mail/mute/", follow=True)
    assert ways(me) == []
    assert "现在不给您发邮件" in answer.content.decode()
    again = page.post(f"{PAGE}mail/mute/", follow=True)
    assert "邮件已经停用" in again.content.decode()
    page.post(f"{PAGE}mail/", {"address": MAIL})

    assert ways(me) == [("mail", MAIL)]


TEN = ",".join(f"p{number}@example.gov.cn" for number in range(10))
BAD_MAIL = {
    "a@b": "完整的邮件地址",
    '"a b"@x.cn': "不要带姓名、引号",
    '"a"@x.cn': "不要带姓名、引号",
    "a@x.cn\r\nBcc: b@x.cn": "换行",
    "a@x.cn\nBcc: b": "换行",
    "a@x.cn\n": "换行",
    "a\x00@x.cn": "看不见的字符",
    TEN: "一个邮件地址",
    "=?utf-8?b?5byg5LiJ?= <a@x.cn>": "不要带姓名",
    "=?utf-8?q?a?=@x.cn": "不要带姓名",
    "张三@x.cn": "英文字母",
    "a@邮局.cn": "英文字母",
    "a b@x.cn": "不能有空格",
    "@x.cn": "英文字母",
    f"{'a' * 250}@x.cn": "254|完整",
    "": "请填写",
    " ": "请填写",
}


@pytest.mark.parametrize("address", BAD_MAIL, ids=lambda each: repr(each)[:40])
def test_a_mail_address_that_cannot_be_written_to_is_refused_with_a_sentence(page, address):
    answer = page.post(f"{PAGE}mail/", {"address": address})

    (said,) = answer.context["mail_form"].errors["address"]
    assert any(part in said for part in BAD_MAIL[address].split("|")), said
    assert said.endswith("。")
    assert not ContactPoint.objects.exists()


def test_a_bad_address_of_a_unit_is_refused_too(cast, page):
    for address in BAD_MAIL:
        answer = page.post(
            f"/units/{cast.division.pk}/channels/enter/", {"channel": "mail", "address": address}
        )
        assert answer.context["form"].errors["address"]
    assert not ContactPoint.objects.exists()


def test_an_address_of_the_account_that_cannot_be_used_is_named(cast, page):
    cast.liaison.email = "a@b"
    cast.liaison.save()

    assert "完整的邮件地址" in page.get(PAGE).content.decode()
    answer = page.post(f"{PAGE}mail/try/", follow=True)

    assert "系统管理员" in answer.content.decode()
    assert not Notice.objects.exists()


# Robots -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "address"), [("wecom", WECOM), ("dingtalk", DINGTALK), ("feishu", FEISHU)]
)
def test_a_robot_is_entered_and_neither_its_key_nor_its_secret_is_shown_again(
    cast, page, channel, address
):
    form = {"channel": channel, "address": address, "secret": "SECabcdef"}

    answer = page.post(f"{PAGE}enter/", form, follow=True)

    point = ContactPoint.objects.get()
    assert (point.channel, point.address, point.secret) == (channel, address, "SECabcdef")
    html = answer.content.decode()
    assert address[-4:] in html
    entries = str(list(JournalEntry.objects.values()))
    for hidden in ("SECabcdef", address, address[-16:]):
        assert hidden not in html
        assert hidden not in entries


BAD_ROBOTS = {
    "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "https://",
    "ftp://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "https://",
    "https://127.0.0.1/cgi-bin/webhook/send?key=k": "只能在",
    "https://[::1]/cgi-bin/webhook/send?key=k": "只能在",
    "https://2130706433/cgi-bin/webhook/send?key=k": "只能在",
    "https://169.254.169.254/latest/meta-data/": "只能在",
    "https://localhost/cgi-bin/webhook/send?key=k": "只能在",
    "https://10.0.0.8:6379/cgi-bin/webhook/send?key=k": "只能在",
    "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=k": "只能在",
    "https://qyapi.weixin.qq.com./cgi-bin/webhook/send?key=k": "只能在",
    "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=k": "只能在",
    "https://qyapi.weixin.qq.com:99999/cgi-bin/webhook/send?key=k": "完整的网址",
    "https://a:b@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "用户名或密码",
    "https://qyapi.weixin.qq.com@127.0.0.1/cgi-bin/webhook/send?key=k": "用户名或密码",
    "https://127.0.0.1#@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "只能在",
    "https://127.0.0.1\\@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "不能用的字符",
    "https://ｑyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "不能用的字符",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k HTTP/1.1": "不能用的字符",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\r\nX: y": "不能用的字符",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send": "缺少 key",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=": "缺少 key",
    "https://qyapi.weixin.qq.com/cgi-bin/../internal?key=k": "核对渠道",
    "https://oapi.dingtalk.com/robot/send?access_token=k": "核对渠道",
    "https://[": "完整的网址",
    "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k": "https://",
    f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={'k' * 500}": "最多500",
    "": "请填写",
}


@pytest.mark.parametrize("address", BAD_ROBOTS, ids=lambda each: repr(each)[:60])
def test_a_robot_that_could_lead_elsewhere_is_refused_with_a_sentence(page, address):
    answer = page.post(f"{PAGE}enter/", {"channel": "wecom", "address": address})

    (said,) = answer.context["robot_form"].errors["address"]
    assert BAD_ROBOTS[address] in said
    assert said.endswith("。")
    assert not ContactPoint.objects.exists()


def test_the_verb_refuses_what_the_form_refuses(cast):
    for address in BAD_ROBOTS:
        with pytest.raises(ContactRefused):
            entered(cast, address=address)


def test_a_host_that_is_registered_with_its_port_is_taken(cast, settings):
    settings.ROBOT_HOSTS = ["robots.example.gov.cn:8443"]
    on_its_port = "https://Robots.example.gov.cn:8443/cgi-bin/webhook/send?key=k"

    assert addressing.robot_fault("wecom", on_its_port) == ""
    assert addressing.robot_fault("wecom", on_its_port.replace(":8443", "")) != ""
    assert addressing.robot_fault("wecom", WECOM) != ""


def test_a_feishu_address_has_its_own_hook(cast):
    bare = "https://open.feishu.cn/open-apis/bot/v2/hook/"
    for address in (bare, f"{bare}a/b", f"{FEISHU}#x"):
        assert "核对渠道" in addressing.robot_fault("feishu", address)


@pytest.mark.parametrize("secret", ["有空格 ", "a b", "a\x00b", "x" * 201])
def test_a_secret_that_no_robot_gives_is_refused(page, secret):
    answer = page.post(f"{PAGE}enter/", {"channel": "wecom", "address": WECOM, "secret": secret})

    assert answer.context["robot_form"].errors["secret"]
    assert not ContactPoint.objects.exists()


@pytest.mark.parametrize("channel", ["", "mail", "in_app", "sms"])
def test_a_channel_that_is_no_robot_is_refused(page, channel):
    answer = page.post(f"{PAGE}enter/", {"channel": channel, "address": WECOM})

    assert answer.context["robot_form"].errors["channel"]


def test_the_same_robot_is_entered_once_and_no_more_than_five(cast):
    for number in range(contacting.MOST):
        entered(cast, address=f"{WECOM}{number}")

    with pytest.raises(ContactRefused, match="已经登记"):
        entered(cast, address=f"{WECOM}0")
    with pytest.raises(ContactRefused, match="最多登记5个"):
        entered(cast, address=f"{WECOM}9")


def test_one_that_is_ended_hears_nothing_and_may_be_entered_again(cast, page):
    point = entered(cast)

    page.post(f"{PAGE}{point.pk}/end/")
    assert ways(Addressee(cast.liaison, None)) == []
    assert page.post(f"{PAGE}{point.pk}/end/").status_code == 404
    entered(cast)

    assert ways(Addressee(cast.liaison, None)) == [("wecom", WECOM)]
    with pytest.raises(ContactRefused, match="已经停用"):
        contacting.end(point, by=cast.liaison, at=NOON)


def test_the_clock_may_have_been_put_back_between_entering_and_ending(cast):
    point = entered(cast)

    contacting.end(point, by=cast.liaison, at=NOON - timedelta(days=2))

    assert ContactPoint.objects.get().ended_at == NOON


# Whose ------------------------------------------------------------------------------------------


def test_nobody_touches_those_of_a_colleague(cast, client):
    point = entered(cast)
    for other in (cast.head, cast.office, cast.stranger):
        client.force_login(other)
        for verb in ("end", "try"):
            assert client.post(f"{PAGE}{point.pk}/{verb}/").status_code == 404
        with pytest.raises(ContactRefused):
            entered(cast, by=other)
        with pytest.raises(ContactRefused):
            contacting.end(point, by=other, at=NOON)


@pytest.mark.parametrize("who", ["head", "liaison", "office"])
def test_those_of_a_unit_are_kept_by_its_head_its_liaison_and_the_office(cast, client, who):
    client.force_login(getattr(cast, who))
    page = f"/units/{cast.division.pk}/channels/"

    assert client.post(f"{page}enter/", {"channel": "wecom", "address": WECOM}).status_code == 302
    form = {"channel": "mail", "address": "gongyong@example.gov.cn"}
    assert client.post(f"{page}enter/", form).status_code == 302
    html = client.get(page).content.decode()

    assert "g***@example.gov.cn" in html
    assert ways(Addressee(None, cast.division)) == [
        ("wecom", WECOM),
        ("mail", "gongyong@example.gov.cn"),
    ]
    for point in ContactPoint.objects.all():
        assert client.post(f"{PAGE}{point.pk}/end/").url == page


@pytest.mark.parametrize("who", ["stranger", "executive", "supervisor"])
def test_to_everybody_else_the_ways_of_a_unit_are_not_there(cast, client, who):
    point = entered(cast, owner=cast.division)
    client.force_login(getattr(cast, who))
    page = f"/units/{cast.division.pk}/channels/"

    assert client.get(page).status_code == 404
    assert client.post(f"{page}enter/", {"channel": "wecom", "address": WECOM}).status_code == 404
    assert client.post(f"{PAGE}{point.pk}/end/").status_code == 404
    with pytest.raises(ContactRefused, match="单位负责人"):
        contacting.end(point, by=getattr(cast, who), at=NOON)


def test_a_deputy_does_not_touch_the_own_ways_in_the_name_of_the_principal(cast, page):
    today = NOON.date()
    row = Deputy.objects.create(
        principal=cast.head,
        deputy=cast.liaison,
        from_on=today,
        until_on=today,
        why=AbsenceKind.LEAVE,
        given_by=cast.head,
        at=NOON,
    )
    page.post(f"/accounts/deputies/{row.pk}/act/")

    for address, data in (
        (f"{PAGE}enter/", {"channel": "wecom", "address": WECOM}),
        (f"{PAGE}mail/", {"address": MAIL}),
        (f"{PAGE}calendar/", {}),
    ):
        answer = page.post(address, data, follow=True)
        assert "请先结束代理" in answer.content.decode()
    assert not ContactPoint.objects.exists()
    assert not CalendarFeed.objects.exists()


# A test -----------------------------------------------------------------------------------------


def test_a_test_goes_through_the_outbox_to_this_way_alone_once_a_minute(cast, page):
    point = entered(cast)
    entered(cast, Channel.FEISHU, FEISHU)

    page.post(f"{PAGE}{point.pk}/try/")
    again = page.post(f"{PAGE}{point.pk}/try/", follow=True)

    notice = Notice.objects.get()
    assert (notice.kind, notice.channel, notice.state) == (NoticeKind.TEST, "wecom", "due")
    assert notice.topic.startswith(f"test/{cast.liaison.pk}/{point.pk}/")
    assert (notice.contact, notice.address) == (point, WECOM)
    assert "过一分钟再试" in again.content.decode()
    with time_machine.travel(NOON + timedelta(seconds=61), tick=False):
        page.post(f"{PAGE}{point.pk}/try/")
    assert Notice.objects.count() == 2


def test_the_mailbox_of_the_account_is_tried_too(cast, page):
    refused = page.post(f"{PAGE}mail/try/", follow=True)
    assert "请先登记邮件地址" in refused.content.decode()
    cast.liaison.email = MAIL
    cast.liaison.save()

    page.post(f"{PAGE}mail/try/")

    notice = Notice.objects.get()
    assert (notice.address, notice.state) == (MAIL, NoticeState.DUE)
    assert notice.recipient == cast.liaison


def test_a_test_of_a_units_way_belongs_to_the_unit(cast, client):
    point = entered(cast, owner=cast.division)
    client.force_login(cast.office)

    client.post(f"{PAGE}{point.pk}/try/")

    notice = Notice.objects.get()
    assert (notice.unit, notice.recipient) == (cast.division, None)


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("mail", MAIL, "z***@example.gov.cn"),
        ("wecom", WECOM, "qyapi.weixin.qq.com/…5aaa"),
        ("in_app", "", ""),
    ],
)
def test_a_masked_address_shows_where_it_leads_and_not_its_key(channel, address, shown):
    assert addressing.masked(channel, address) == shown


def test_without_a_mail_server_no_mail_is_written_and_none_is_tried(cast, settings):
    """Set up months later, it would send old news."""
    settings.EMAIL_HOST = ""
    cast.liaison.email = MAIL
    cast.liaison.save()

    assert ways(Addressee(cast.liaison, None)) == []
    with pytest.raises(ContactRefused, match="EMAIL_HOST"):
        contacting.try_out_account(by=cast.liaison, at=NOON)
