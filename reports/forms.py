"""What people type into the pages of this app. Forms validate and stop."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat

from accounts.models import Role, Unit, User
from accounts.rights import rights_of
from rectification.wording import SECRECY
from reports.document import Document
from reports.reading import ReportRefused, SecretReport, read_file
from reports.recording import Place, unit_name

PASTED = "粘贴的文字.txt"
AS_STATED = "new"


class ReportSourceForm(forms.Form):
    """A published report as a file or as pasted text; read on the way, so that it can be judged."""

    file = forms.FileField(
        label="通报文件",
        required=False,
        error_messages={"empty": "文件是空的，没有可读的内容。"},
    )
    text = forms.CharField(
        label="或者粘贴全文",
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8}),
        help_text="从网页或 Word 里复制全文，保留分段。",
        error_messages={"null_characters_not_allowed": "文字中有空字符，请从原文重新复制。"},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > settings.UPLOAD_MOST_BYTES:
            limit, size = map(filesizeformat, (settings.UPLOAD_MOST_BYTES, file.size))
            raise ValidationError(f"文件有 {size}，超过上限 {limit}，没有读取。")
        return file

    def clean(self) -> dict[str, Any]:
        """Adds `name`, `content` (bytes) and `reading`."""
        data = self.cleaned_data
        if self.errors:
            return data
        file, text = data.get("file"), data.get("text", "")
        if bool(file) == bool(text.strip()):
            raise ValidationError("请上传一个文件，或者粘贴全文，两者选一。")
        data["name"] = file.name if file else PASTED
        data["content"] = file.read() if file else text.encode()
        try:
            data["reading"] = read_file(
                data["content"], name=data["name"], most_bytes=settings.UPLOAD_MOST_BYTES
            )
        except ReportRefused as refusal:
            code = SECRECY if isinstance(refusal, SecretReport) else None
            self.add_error("file" if file else "text", ValidationError(str(refusal), code=code))
        return data


class ReportPlaceForm(forms.Form):
    """Where a report that was read goes: its address, its organisation, and what it left unsaid."""

    slug = forms.RegexField(
        r"\A[a-z0-9-]+\Z",
        label="网址名",
        max_length=30,
        help_text="小写字母、数字或短横线。这次巡察和这份报告的网址都用它，登记后不能改。",
        error_messages={
            "required": "请填写网址名。",
            "invalid": "网址名只能用小写字母、数字和短横线。",
            "max_length": "网址名最多 30 个字。",
        },
    )
    unit = forms.ChoiceField(
        label="被巡察单位",
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择被巡察单位。",
            "invalid_choice": "请在列出的单位中选择。",
        },
    )
    feedback_date = forms.DateField(
        label="反馈日期",
        help_text="通报没有写明，请按反馈会的日期填写。",
        widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "请填写反馈日期。", "invalid": "请按 2025-01-20 的样子填写。"},
    )

    def __init__(
        self, data: Any = None, *, document: Document, user: User, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        if document.feedback_date:
            del self.fields["feedback_date"]
        choices = _unit_choices(document, user=user)
        self.fields["unit"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("unit", choices[0][0] if choices else "")

    @property
    def place(self) -> Place:
        chosen = self.cleaned_data["unit"]
        unit = None if chosen == AS_STATED else Unit.objects.get(pk=chosen)
        return Place(unit=unit, feedback_date=self.cleaned_data.get("feedback_date"))


def _unit_choices(document: Document, *, user: User) -> list[tuple[str, str]]:
    """The unit that the report names first, then those whose office the person is."""
    stated = unit_name(document)
    own = Unit.objects.within(rights_of(user).paths(Role.OFFICE)).filter(is_active=True)
    heads = own.filter(path__in=rights_of(user).paths(Role.OFFICE)).in_order()
    choices = [(str(unit.pk), f"{unit.name}（与通报一致）") for unit in own.filter(name=stated)]
    if stated and not Unit.objects.filter(name=stated).exists():
        choices.append((AS_STATED, f"{stated}（系统中还没有，按通报新建，由您担任其整改办）"))
    choices += [(str(unit.pk), unit.name) for unit in heads.exclude(name=stated)]
    return choices
