"""What people type of how they are reached, checked."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from rectification import contacting
from rectification.models import Channel
from rectification.models.contact import OUTWARD, ROBOTS

_MISSING = {
    "required": "请填写地址。",
    "null_characters_not_allowed": "地址里有看不见的字符，请重新输入，只写地址本身。",
}


class MailForm(forms.Form):
    """A mail address, looked at as it was typed: a line end in it is refused, not cut."""

    address = forms.CharField(
        label="邮件地址",
        strip=False,
        error_messages=_MISSING,
        widget=forms.TextInput({"inputmode": "email", "autocomplete": "email"}),
    )

    def clean_address(self) -> str:
        return _checked(Channel.MAIL, self.cleaned_data["address"])


class RobotForm(forms.Form):
    """A robot of one's own."""

    channel = forms.ChoiceField(
        label="渠道",
        choices=[(each.value, each.label) for each in ROBOTS],
        error_messages={
            "required": "请选择渠道。",
            "invalid_choice": "渠道不在列表中，请重新选择。",
        },
    )
    address = forms.CharField(
        label="地址",
        strip=False,
        error_messages=_MISSING,
        help_text="机器人：在群设置里添加群机器人，整条复制 https:// 开头的地址。",
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "url"}),
    )
    secret = forms.CharField(
        label="加签密钥",
        required=False,
        max_length=200,
        help_text="机器人开了“加签”或“签名校验”才填；保存后不再显示。",
        error_messages={
            "max_length": "加签密钥最多200个字符，请核对后重新粘贴。",
            "null_characters_not_allowed": "加签密钥里有看不见的字符，请重新粘贴。",
        },
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        if secret and not (secret.isascii() and secret.isprintable() and " " not in secret):
            raise ValidationError("加签密钥里有空格或不能用的字符，请从机器人设置里整条复制。")
        return secret

    def clean(self) -> dict[str, Any]:
        channel, address = (self.cleaned_data.get(name) for name in ("channel", "address"))
        if channel and address:
            try:
                self.cleaned_data["address"] = _checked(channel, address)
            except ValidationError as wrong:
                self.add_error("address", wrong)
        if channel == Channel.MAIL and self.cleaned_data.get("secret"):
            self.add_error("secret", "邮件没有加签密钥，请留空。")
        return self.cleaned_data


class UnitChannelForm(RobotForm):
    """A robot or a shared mailbox of a unit."""

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.value, each.label) for each in OUTWARD]
        self.fields["address"].help_text = "邮件写单位的公用邮箱；机器人整条复制它的地址。"


def _checked(channel: str, typed: str) -> str:
    address = typed.strip(" \t　")
    if not address:
        raise ValidationError(_MISSING["required"])
    if fault := contacting.fault_of(channel, address):
        raise ValidationError(fault)
    return address
