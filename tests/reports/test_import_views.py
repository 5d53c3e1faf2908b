"""The import page: a plan first, then the same bytes, once, by the same person."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document as Word

from accounts.models import JournalEntry, Role, Unit
from rectification import uploads
from rectification.models import Inspection, Problem
from reports.models import Report
from tests.factories import InspectionFactory, bureau, person
from tests.reports.test_recording import TEXT

pytestmark = pytest.mark.django_db
CHOOSE = reverse("reports:report_import")
CONFIRM = reverse("reports:report_confirm")


@pytest.fixture
def office(client):
    user = person(Role.OFFICE, bureau())
    client.force_login(user)
    return user


def file(content: bytes | str = TEXT, *, name: str = "通报.txt") -> SimpleUploadedFile:
    data = content if isinstance(content, bytes) else content.encode()
    return SimpleUploadedFile(name, data)


def planned(client, text: str = TEXT) -> str:
    """The ticket of a plan that is on the screen."""
    answer = client.post(CHOOSE, {"text": text})
    assert answer.status_code == 200, answer.content.decode()
    return answer.context["ticket"]


def confirm(client, ticket: str, **fields):
    own = str(Unit.objects.get(name="云州市水务局").pk)
    return client.post(CONFIRM, {"ticket": ticket, "slug": "x25", "unit": own} | fields)


def kept_files() -> list[Path]:
    return sorted((Path(settings.MEDIA_ROOT) / "uploads").glob("*"))


@pytest.fixture(autouse=True)
def _own_files(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


# Choose and look --------------------------------------------------------------------------------


def test_the_plan_shows_what_would_be_recorded_and_writes_nothing(client, office):
    answer = client.post(CHOOSE, {"file": file()})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "河湖岸线巡查不到位" in page
    assert "没有写明整改时限和牵头单位，留空待补。（3 处）" in page
    assert "71.4%" in page
    assert "截至7月" in page
    assert not Report.objects.exists()
    assert not Inspection.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_report_without_a_title_is_told_where_it_is_filled_in(client, office):
    InspectionFactory(code="x24", inspected_unit=office.unit or Unit.objects.first())
    title, rest = TEXT.split("\n", 1)

    with_title = client.post(CHOOSE, {"text": TEXT})
    without = client.post(CHOOSE, {"text": rest})

    assert "草稿页填写" not in with_title.content.decode()
    assert "草稿页填写" in without.content.decode()
    assert without.context["crumbs"] == [("报告", "/i/x24/reports/"), ("导入通报", CHOOSE)]


def test_before_there_is_an_inspection_the_way_back_is_the_desk(client, office):
    assert client.get(CHOOSE).context["crumbs"] == [("待办", reverse("rectification:desk"))]


def test_a_word_file_and_pasted_text_give_the_same_plan(client, office):
    word = Word()
    for line in TEXT.splitlines():
        word.add_paragraph(line)
    stream = BytesIO()
    word.save(stream)

    by_word = client.post(CHOOSE, {"file": file(stream.getvalue(), name="通报.docx")})
    by_text = client.post(CHOOSE, {"text": TEXT.replace("\n", "\r\n")})

    assert by_word.status_code == by_text.status_code == 200
    plans = [answer.context["plan"] for answer in (by_word, by_text)]
    assert plans[0].counts == plans[1].counts
    assert [row.section for row in plans[0].problems] == [row.section for row in plans[1].problems]


def test_the_words_of_a_report_are_shown_as_words(client, office):
    text = TEXT.replace("河湖岸线巡查不到位", "<script>alert(1)</script>不到位")

    page = client.post(CHOOSE, {"text": text}).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;不到位" in page


def test_the_page_asks_as_often_for_many_problems_as_for_few(client, office):
    more = "".join(f"{n}.关于“第{n}处水闸失修”问题的整改。\n一是修好。\n" for n in range(4, 40))
    long = TEXT.replace("三、下一步", more + "三、下一步")

    counts = []
    for text in (TEXT, long):
        with CaptureQueriesContext(connection) as queries:
            client.post(CHOOSE, {"text": text})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_office_without_an_inspection_finds_the_way_in(client, office):
    link = f'<a href="{CHOOSE}"'

    assert link in client.get(reverse("rectification:desk")).content.decode()
    client.force_login(person(Role.LIAISON, office.unit))
    assert link not in client.get(reverse("rectification:desk")).content.decode()


# Confirm ----------------------------------------------------------------------------------------


def test_confirming_records_the_report_and_leads_to_its_problems(client, office):
    answer = confirm(client, planned(client))

    assert answer.status_code == 302
    assert answer["Location"] == reverse("rectification:problem_list", args=["x25"])
    report = Report.objects.get()
    assert (report.slug, report.created_by) == ("x25", office)
    assert report.inspection.inspected_unit == office.unit
    page = client.get(answer["Location"]).content.decode()
    assert "已导入通报：3个问题，其中1个已完成；公开事项5条。" in page
    assert "水费收缴台账不清" in page
    assert kept_files() == []


def test_a_new_bureau_is_planted_and_whoever_imported_sees_it(client, office):
    ticket = planned(client, TEXT.replace("云州市水务局", "云州市林业局"))

    answer = confirm(client, ticket, unit="new")

    assert Report.objects.get().inspection.inspected_unit.name == "云州市林业局"
    assert client.get(answer["Location"]).status_code == 200


def test_the_own_bureau_is_offered_first_only_where_the_report_names_it(client, office):
    same = client.post(CHOOSE, {"text": TEXT}).context["form"]
    other = client.post(CHOOSE, {"text": TEXT.replace("水务局", "林业局")}).context["form"]

    own = str(office.unit.pk)
    assert [value for value, _ in same.fields["unit"].choices] == [own]
    assert [value for value, _ in other.fields["unit"].choices] == ["new", own]


def test_a_bureau_of_others_is_neither_offered_nor_made_again(client, office):
    foreign = bureau("云州市林业局")
    ticket = planned(client, TEXT.replace("云州市水务局", "云州市林业局"))

    for chosen in (str(foreign.pk), "new"):
        answer = confirm(client, ticket, unit=chosen)
        assert answer.status_code == 200
        assert "请在列出的单位中选择。" in answer.content.decode()
    assert not Report.objects.exists()


def test_a_missing_day_of_feedback_is_asked_for(client, office):
    ticket = planned(client, TEXT.replace("，并于2025年1月20日进行了反馈", ""))

    answer = confirm(client, ticket)
    assert answer.status_code == 200
    assert "请填写反馈日期。" in answer.content.decode()

    assert confirm(client, ticket, feedback_date="2025-01-20").status_code == 302
    assert str(Inspection.objects.get().feedback_date) == "2025-01-20"


@pytest.mark.parametrize("slug", ["", "水务", "A", "a b", "x" * 31, "../etc", "a\x00"])
def test_a_bad_slug_comes_back_with_its_sentence_and_the_plan(client, office, slug):
    answer = confirm(client, planned(client), slug=slug)

    assert answer.status_code == 200
    assert "网址名" in str(answer.context["form"].errors["slug"])
    assert "河湖岸线巡查不到位" in answer.content.decode()
    assert not Report.objects.exists()


def test_a_slug_that_is_taken_can_be_changed_without_another_upload(client, office):
    InspectionFactory(code="x25")
    ticket = planned(client)

    answer = confirm(client, ticket)
    assert answer.status_code == 409
    assert "代号“x25”已有巡察使用" in answer.content.decode()

    assert confirm(client, ticket, slug="x26").status_code == 302
    assert Report.objects.get().slug == "x26"


# Whose plan, which bytes, when, how often -------------------------------------------------------


def test_a_second_confirmation_is_refused(client, office):
    ticket = planned(client)
    confirm(client, ticket)

    answer = confirm(client, ticket, slug="again")

    assert answer.status_code == 409
    assert "已经确认过" in answer.content.decode()
    assert Report.objects.count() == 1


def test_two_plans_of_one_file_give_one_report(client, office):
    first, second = planned(client), planned(client)
    confirm(client, first)

    answer = confirm(client, second, slug="again")

    assert answer.status_code == 409
    assert "已经导入过（网址名“x25”）" in answer.content.decode()
    assert Report.objects.count() == 1


def test_a_plan_of_somebody_else_is_refused(client, office):
    ticket = planned(client)
    client.force_login(person(Role.OFFICE, office.unit))

    answer = confirm(client, ticket)

    assert answer.status_code == 409
    assert "不是您上传的" in answer.content.decode()
    assert not Report.objects.exists()


def test_a_plan_older_than_two_hours_is_refused(client, office):
    with time_machine.travel("2025-07-31 12:00 +0800", tick=False) as clock:
        ticket = planned(client)
        clock.shift(uploads.LIFETIME + timedelta(seconds=1))

        client.force_login(office)
        answer = confirm(client, ticket)

    assert answer.status_code == 409
    assert "超过两小时" in answer.content.decode()
    assert not Report.objects.exists()


def test_bytes_that_changed_on_the_server_are_refused(client, office):
    ticket = planned(client)
    kept_files()[0].write_text(TEXT.replace("3个", "4个"), encoding="utf-8")

    answer = confirm(client, ticket)

    assert answer.status_code == 409
    assert "不一致" in answer.content.decode()
    assert not Report.objects.exists()


@pytest.mark.parametrize("ticket", ["", "x", "../../etc/passwd", "a:b:c", "整", "\x00"])
def test_a_forged_ticket_is_refused(client, office, ticket):
    planned(client)

    answer = confirm(client, ticket)

    assert answer.status_code == 409
    assert "确认信息无效" in answer.content.decode()
    assert not Report.objects.exists()


def test_what_was_never_confirmed_is_cleared_by_a_later_upload(client, office):
    planned(client)
    forgotten = kept_files()

    with time_machine.travel("2040-01-01 15:00 +0800", tick=False):
        client.force_login(office)
        planned(client)

    assert len(kept_files()) == 1
    assert kept_files() != forgotten


# Not a report -----------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
NOVEL = "那年冬天，他沿着河堤一直走到镇上，雪下得很大。\n" * 400


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("通报.docx", PNG, "PNG 图片"),
        ("通报.txt", b"", "文件是空的"),
        ("通报.txt", "  \n　\n".encode(), "文字"),
        ("通报.txt", TEXT.encode("utf-16"), "UTF-16"),
        ("通报.txt", ("整頓與檢討" * 300).encode("big5"), "编码"),
        ("小说.txt", NOVEL.encode(), "没有找到通报的结构"),
        ("通报.txt", TEXT.replace("局党组", "局\x00党组").encode(), "空字符"),
        ("通报.txt", TEXT.replace("信息来源", "机密★10年\n信息来源").encode(), "标有密级"),
    ],
)
def test_what_is_no_report_is_answered_with_a_sentence(client, office, name, content, sentence):
    answer = client.post(CHOOSE, {"file": file(content, name=name)})

    assert answer.status_code == 200
    assert sentence in str(answer.context["form"].errors["file"])
    assert kept_files() == []
    assert not Inspection.objects.exists()


def test_a_file_over_the_limit_is_not_read(client, office, settings):
    settings.UPLOAD_MOST_BYTES = 1024

    answer = client.post(CHOOSE, {"file": file(b"x" * 1025)})

    assert answer.status_code == 200
    assert "超过上限" in answer.content.decode()
    assert kept_files() == []


@pytest.mark.parametrize("fields", [{}, {"text": " "}, {"text": TEXT, "file": "both"}])
def test_one_of_file_and_text_is_needed(client, office, fields):
    if fields.get("file"):
        fields = fields | {"file": file()}

    answer = client.post(CHOOSE, fields)

    assert answer.status_code == 200
    assert "两者选一" in answer.content.decode()


def test_pasted_text_comes_back_when_it_is_refused(client, office):
    answer = client.post(CHOOSE, {"text": "这是一段<b>不是通报</b>的文字。"})

    assert answer.status_code == 200
    assert "这是一段&lt;b&gt;不是通报&lt;/b&gt;的文字。" in answer.content.decode()


def test_repeated_and_missing_numbers_are_shown_with_their_lines(client, office):
    text = TEXT.replace("3.关于", "2.关于").replace("二是建立电子台账", "四是建立电子台账")

    page = client.post(CHOOSE, {"text": text}).content.decode()

    assert "重复" in page
    assert "序号不连续：上一条是第1条，这里写作“四是”" in page


# Who --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.LIAISON, Role.SUPERVISOR, Role.PARTY_GROUP])
def test_for_everybody_else_there_is_no_such_page(client, role):
    client.force_login(person(role, bureau()))

    assert client.get(CHOOSE).status_code == 404
    assert client.post(CHOOSE, {"text": TEXT}).status_code == 404
    assert client.post(CONFIRM, {"ticket": "x"}).status_code == 404
    assert kept_files() == []


def test_a_stranger_is_sent_to_sign_in(client):
    answer = client.get(CHOOSE)

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign_in"))


def test_the_confirmation_is_a_post(client, office):
    assert client.get(CONFIRM).status_code == 405


def test_the_real_report_comes_in_by_the_page(client, office, shared):
    source = (shared / "seed" / "report.txt").read_bytes()
    answer = client.post(CHOOSE, {"file": file(source)})

    counts = {label: count for count, label, _ in answer.context["plan"].counts}
    assert (counts["反馈问题"], counts["已完成"], counts["持续推进"]) == (48, 16, 32)
    assert confirm(client, answer.context["ticket"], unit="new").status_code == 302
    assert Problem.objects.count() == 48
