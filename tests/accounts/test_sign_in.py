import pytest
from django.test import Client

from accounts.models import JournalEntry, Role
from tests.factories import bureau, person

SIGN_IN = "/accounts/sign-in/"
DESK = "/desk/"


@pytest.fixture
def user(db):
    user = person(Role.LIAISON, bureau(), username="zhang", name="张某")
    user.set_password("一个足够长的口令")
    user.save()
    return user


def sign_in(client, **data):
    return client.post(SIGN_IN, {"username": "zhang", "password": "一个足够长的口令", **data})


def test_the_page_says_that_classified_text_stays_outside(client, db):
    html = client.get(SIGN_IN).content.decode()

    assert "非涉密网络，严禁上传、填报涉密内容" in html


def test_signing_in_leads_to_the_desk(client, user):
    assert sign_in(client).url == DESK
    assert client.get(DESK).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("nobody", "一个足够长的口令"),
        ("zhang", "wrong"),
        ("zhang", ""),
        ("", ""),
        ("zhang\x00", "一个足够长的口令"),
        ("z" * 10_000, "x"),
        ("<script>alert(1)</script>", "x"),
        ("zhang' OR 1=1 --", "x"),
        ("zhang", " 一个足够长的口令 "),
    ],
)
def test_a_refused_sign_in_says_so_on_the_page(client, user, username, password):
    response = sign_in(client, username=username, password=password)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert "<script>alert" not in response.content.decode()
    assert client.get(DESK).status_code == 302


def test_an_unknown_name_and_a_wrong_password_read_the_same(client, user):
    unknown = sign_in(client, username="nobody").context["form"].errors
    wrong = sign_in(client, password="wrong").context["form"].errors

    assert unknown == wrong
    assert "用户名或密码不正确" in str(wrong)


def test_somebody_who_left_does_not_get_in_and_is_out_at_once(client, user):
    sign_in(client)
    user.is_active = False
    user.save()

    assert client.get(DESK).status_code == 302
    assert sign_in(client).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "\r\nX: 1",
    ],
)
def test_signing_in_never_leads_off_the_site(client, user, target):
    assert sign_in(client, next=target).url == DESK


def test_signing_in_leads_back_to_what_was_being_read(client, user):
    assert sign_in(client, next="/i/x25/measures/?light=near").url == "/i/x25/measures/?light=near"


def test_signing_out_is_a_post_and_ends_the_session(client, user):
    sign_in(client)
    assert client.get("/accounts/sign-out/").status_code == 405

    assert client.post("/accounts/sign-out/").url == SIGN_IN
    assert client.get(DESK).status_code == 302


def test_signing_out_needs_the_token_of_the_form(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    response = client.post("/accounts/sign-out/")

    assert response.status_code == 403
    assert "页面已失效" in response.content.decode()
    assert client.get(DESK).status_code == 200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"old_password": "错的"}, "原密码不正确"),
        ({"new_password2": "另一个口令也足够长"}, "两次输入的新密码不一致"),
        ({"new_password1": "short", "new_password2": "short"}, "密码"),
    ],
)
def test_a_refused_new_password_says_why(client, user, fields, sentence):
    sign_in(client)
    new = {"new_password1": "新的口令一样足够长的", "new_password2": "新的口令一样足够长的"}

    response = client.post(
        "/accounts/password/", {"old_password": "一个足够长的口令", **new, **fields}
    )

    assert sentence in response.content.decode()
    user.refresh_from_db()
    assert user.check_password("一个足够长的口令")


def test_a_new_password_ends_the_other_sessions(client, user):
    other = Client()
    sign_in(other)
    sign_in(client)
    new = {"new_password1": "新的口令一样足够长的", "new_password2": "新的口令一样足够长的"}

    response = client.post(
        "/accounts/password/", {"old_password": "一个足够长的口令", **new}, follow=True
    )

    assert "密码已修改" in response.content.decode()
    assert client.get(DESK).status_code == 200
    assert other.get(DESK).status_code == 302


def test_a_part_of_a_page_without_a_session_goes_to_sign_in_as_a_whole(client, db):
    reading = "http://testserver/i/x25/measures/?light=near"

    response = client.get(DESK, headers={"HX-Request": "true", "HX-Current-URL": reading})

    assert response.status_code == 401
    assert response.content == b""
    back = "/i/x25/measures/%3Flight%3Dnear"
    assert response.headers["HX-Redirect"] == f"{SIGN_IN}?next={back}"


@pytest.mark.parametrize("reading", ["javascript:alert(1)", "https://evil.example/", ""])
def test_a_forged_address_of_a_part_is_not_followed(client, db, reading):
    response = client.get(DESK, headers={"HX-Request": "true", "HX-Current-URL": reading})

    assert response.headers["HX-Redirect"] == f"{SIGN_IN}?next={DESK}"


def test_a_form_that_outlived_its_session_leads_back_to_its_page(client, db):
    page = "http://testserver/i/x25/measures/M-001-1/"

    response = client.post("/i/x25/measures/M-001-1/report/", headers={"Referer": page})

    assert response.url == f"{SIGN_IN}?next=/i/x25/measures/M-001-1/"


def test_what_a_signed_in_person_sees_is_stored_nowhere(client, user):
    assert "no-store" not in client.get("/").headers.get("Cache-Control", "")
    sign_in(client)

    for path in (DESK, "/", "/accounts/password/", "/i/nowhere/problems/"):
        assert client.get(path).headers["Cache-Control"] == "no-store, private"


def test_whoever_is_signed_in_is_not_sent_to_the_sign_in_page_for_ever(client, user):
    client.force_login(user)

    answer = client.get("/accounts/sign-in/?next=/accounts/sign-in/")

    assert (answer.status_code, answer.url) == (302, "/desk/")


def entries() -> list[tuple[str, str, str]]:
    rows = JournalEntry.objects.values_list("verb", "subject_code", "by__username")
    return [(verb, code, by or "") for verb, code, by in rows]


def test_signing_in_and_out_is_in_the_journal(client, user):
    sign_in(client)
    client.post("/accounts/sign-out/")
    client.post("/accounts/sign-out/")  # by nobody any more

    code = str(user.pk)
    assert entries() == [("sign_in", code, "zhang"), ("sign_out", code, "zhang")]


def test_a_failed_sign_in_is_in_the_journal_without_a_name_that_nobody_has(client, user):
    sign_in(client, password="wrong")
    sign_in(client, username="一个写错了地方的口令")

    assert entries() == [("sign_in_failed", str(user.pk), ""), ("sign_in_failed", "", "")]
    assert "口令" not in str(list(JournalEntry.objects.values()))


def test_an_empty_form_is_no_attempt(client, user):
    sign_in(client, password="")

    assert entries() == []
