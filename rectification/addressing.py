"""Whether an address outside this system can be written to, and how it is shown to others.

A mail address is one plain address without a name. A robot's webhook goes to a host of the
setting ROBOT_HOSTS and to no other: whoever may enter an address must not make this machine ask
its neighbours (SSRF). Every answer is a sentence that says what to write, or empty.
"""

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MOST_OF_MAIL = 254
MOST_OF_ROBOT = 500
LEAST_TELLING = 2  # letters: what is no longer is a word of any sentence
_PLAIN = re.compile(r"[\x21-\x7e]+")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~.-]+")
# Where the robots of each channel listen, and which part of the address is the key to the group.
_PATHS = {
    "wecom": "/cgi-bin/webhook/send",
    "dingtalk": "/robot/send",
    "feishu": "/open-apis/bot/v2/hook/",
}
_KEYS = {"wecom": "key", "dingtalk": "access_token"}


def mail_fault(address: str) -> str:
    """Why no mail can be sent to it."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in address):
        return "邮件地址里有换行或看不见的字符，请重新输入，只写地址本身。"
    if address.count("@") > 1:
        return "这里只写一个邮件地址；要发给几个人，请各自登记。"
    if set('<>"=?()') & set(address):
        return "只写邮件地址本身，不要带姓名、引号或括号，例如 zhangsan@example.gov.cn。"
    if not _PLAIN.fullmatch(address) or not _LOCAL_PART.fullmatch(address.partition("@")[0]):
        return "邮件地址只能用英文字母、数字和符号，中间不能有空格，例如 zhangsan@example.gov.cn。"
    try:
        validate_email(address)
    except ValidationError:
        return "这不是完整的邮件地址，请写成 zhangsan@example.gov.cn 这样。"
    return "" if len(address) <= MOST_OF_MAIL else f"邮件地址最多{MOST_OF_MAIL}个字符。"


def robot_fault(channel: str, address: str) -> str:
    """Why no message can be sent to the robot's webhook."""
    if not _PLAIN.fullmatch(address) or "\\" in address:
        return "机器人地址里有空格或不能用的字符，请从群机器人的设置里整条复制。"
    if len(address) > MOST_OF_ROBOT:
        return f"机器人地址最多{MOST_OF_ROBOT}个字符，请从群机器人的设置里整条复制。"
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # reading it is the check
    except ValueError:
        return "机器人地址不是完整的网址，请从群机器人的设置里整条复制。"
    return _host_fault(parts) or _key_fault(channel, parts)


def _host_fault(parts: SplitResult) -> str:
    if parts.scheme != "https":
        return "机器人地址要以 https:// 开头，请从群机器人的设置里整条复制。"
    if "@" in parts.netloc:
        return "机器人地址里不能带用户名或密码，请从群机器人的设置里整条复制。"
    if parts.netloc.lower().removesuffix(":443") in {each.lower() for each in settings.ROBOT_HOSTS}:
        return ""
    hosts = "、".join(settings.ROBOT_HOSTS)
    return f"机器人地址只能在 {hosts} 上；要用别的服务器，请系统管理员在 ROBOT_HOSTS 里登记。"


def _key_fault(channel: str, parts: SplitResult) -> str:
    path = _PATHS[channel]
    of_path = parts.path.removeprefix(path).strip("/") if channel == "feishu" else "-"
    fits = parts.path.startswith(path) if channel == "feishu" else parts.path == path
    if not fits or parts.fragment or not of_path or "/" in of_path:
        return f"这不像这个渠道的机器人地址，应是 https://……{path} 开头的一条，请核对渠道。"
    if channel in _KEYS and not parse_qs(parts.query).get(_KEYS[channel]):
        return f"机器人地址里缺少 {_KEYS[channel]}=……，请从群机器人的设置里整条复制。"
    return ""


def masked(channel: str, address: str) -> str:
    """The address as it stands in the journal and before people who may not know it whole."""
    if not address:
        return ""
    if channel == "mail":
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}"
    return f"{urlsplit(address).hostname or ''}/…{address[-4:]}"


def masked_within(words: str, channel: str, address: str) -> str:
    """What a server said, with the address masked wherever it stands, and the part of it that tells
    the person or the group: a name before the @, the key of a robot."""
    telling = address.rpartition("@")[0] if channel == "mail" else re.split("[/=]", address)[-1]
    hidden = {address: masked(channel, address), telling: f"{telling[:1]}***"}
    for each, shown in hidden.items():
        if len(each) > LEAST_TELLING and each.casefold() in words.casefold():
            alone = rf"(?<![\w.]){re.escape(each)}(?!\w)"
            words = re.sub(alone, lambda _, shown=shown: shown, words, flags=re.IGNORECASE)  # type: ignore[misc]
    return words
