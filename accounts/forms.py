from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from accounts import deputies
from accounts.models import AbsenceKind, User


class SignInForm(AuthenticationForm):
    """One sentence for an unknown name, a wrong password and a person who left."""

    error_messages = {
        "invalid_login": "用户名或密码不正确，请重新输入。",
        "inactive": "用户名或密码不正确，请重新输入。",
    }


class NewPasswordForm(PasswordChangeForm):
    error_messages = {
        "password_mismatch": "两次输入的新密码不一致。",
        "password_incorrect": "原密码不正确，请重新输入。",
    }


class Person(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when run
    """People with their unit beside them: two may bear one name."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj}（{obj.unit}）" if obj.unit else str(obj)


class DeputyForm(forms.Form):
    """Whom, from when until when, and why: somebody appoints a deputy for themselves."""

    deputy = Person(
        label="代理人",
        queryset=User.objects.none(),
        empty_label="请选择",
        error_messages={
            "required": "请选择代理人。",
            "invalid_choice": "这个人不能代理您，请重新选择。",
        },
    )
    from_on = forms.DateField(
        label="开始日期",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写开始日期。", "invalid": "开始日期不对，请重新选择。"},
    )
    until_on = forms.DateField(
        label="结束日期（含当天）",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写结束日期。", "invalid": "结束日期不对，请重新选择。"},
    )
    why = forms.ChoiceField(
        label="事由",
        choices=[("", "请选择"), *AbsenceKind.choices],
        error_messages={
            "required": "请选择事由。",
            "invalid_choice": "事由不在列表中，请重新选择。",
        },
    )

    def __init__(self, principal: User, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        field = self.fields["deputy"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = deputies.eligible(principal)
