"""The rhythm of an inspection and the working calendar in forms."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from rectification import calendar_notice
from rectification.forms import Prose, Versioned
from rectification.models import Inspection
from rectification.models.inspection import MOST_DAYS
from rectification.models.workday import EARLIEST_YEAR, LATEST_YEAR
from rectification.scheduling import Settings, settings_of
from rectification.states import Rhythm

INTERVAL = f"调度间隔请填 1 到 {MOST_DAYS} 的整数，单位是天；双周填 14。"
NO_ANCHOR = "请填写起始日；不再开始新的调度的，请勾选“暂停调度”。"
DAY_FORMATS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y/%m/%d"]


def day_field(label: str, **rest: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=DAY_FORMATS,
        error_messages={
            "required": f"请填写{label}。",
            "invalid": f"{label}不是存在的日期，请写成 2026-10-01 这样。",
        },
        **rest,
    )


def interval_field(**rest: Any) -> forms.IntegerField:
    names = ("required", "invalid", "min_value", "max_value")
    return forms.IntegerField(
        label="间隔（天）",
        min_value=1,
        max_value=MOST_DAYS,
        error_messages=dict.fromkeys(names, INTERVAL),
        help_text="周期是“每若干天”时使用，双周填 14。",
        **rest,
    )


class RhythmForm(Versioned):
    """How often an inspection dispatches. Without a first day it does not: to leave it out takes a
    tick of its own."""

    dispatch_rhythm = forms.ChoiceField(
        label="调度周期",
        choices=Rhythm,
        error_messages={
            "required": "请选择调度周期。",
            "invalid_choice": "调度周期不在列表中，请重新选择。",
        },
        help_text="每半月：起始日和与它相隔15天的两天；每月：起始日的那一天。当月没有这一天的，取当月最后一天。",
    )
    dispatch_every_days = interval_field(required=False)
    dispatch_anchor = day_field(
        "起始日",
        required=False,
        help_text="从这一天数起；遇休息日，会议顺延到下一个工作日，以后的日子不变。",
    )
    dispatch_at = forms.TimeField(
        label="开始时间",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={
            "required": "请填写开始时间。",
            "invalid": "开始时间请写成 08:00 这样。",
        },
        help_text="会议日到了这个时间，系统开始一次调度并通知各单位。",
    )
    pause = forms.BooleanField(
        label="暂停调度",
        required=False,
        help_text="勾选后不再开始新的调度；已经开始的不变。恢复时在这里重新填起始日。",
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, inspection: Inspection, **rest: Any
    ) -> None:
        self.inspection = inspection
        super().__init__(data, initial=self.standing(inspection), **rest)
        if inspection.dispatch_anchor is None:
            del self.fields["pause"]
        else:
            anchor = self.fields["dispatch_anchor"]
            anchor.required, anchor.error_messages["required"] = True, NO_ANCHOR

    @staticmethod
    def standing(inspection: Inspection) -> dict[str, Any]:
        """The values as they stand, by field."""
        values = vars(settings_of(inspection))
        opens = f"{inspection.dispatch_at:%H:%M}"  # as it is typed
        return {**values, "dispatch_at": opens, "version": inspection.dispatch_version}

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, inspection=self.inspection, auto_id=self.auto_id)

    def clean(self) -> dict[str, Any]:
        days = self.cleaned_data.get("dispatch_every_days")
        every_days = self.cleaned_data.get("dispatch_rhythm") == Rhythm.EVERY_DAYS
        if every_days and days is None and "dispatch_every_days" not in self.errors:
            self.add_error("dispatch_every_days", INTERVAL)
        if self.cleaned_data.get("pause"):
            self.cleaned_data["dispatch_anchor"] = None
            self.errors.pop("dispatch_anchor", None)
        return super().clean()

    @property
    def settings(self) -> Settings:
        """What was typed; without an interval the one that stands."""
        said = self.cleaned_data
        return Settings(
            dispatch_anchor=said["dispatch_anchor"],
            dispatch_rhythm=said["dispatch_rhythm"],
            dispatch_every_days=said["dispatch_every_days"] or self.inspection.dispatch_every_days,
            dispatch_at=said["dispatch_at"],
        )


class OfYear(Versioned):
    """A change of the working calendar, opened on a version of its year; 0 where it is new."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class OfDay(OfYear):
    """A change of one day of the working calendar."""

    day = day_field("日期")

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValidationError(f"日期请填 {EARLIEST_YEAR} 年到 {LATEST_YEAR} 年之间的。")
        return day


class DayForm(OfDay):
    """What a day is: a rest day or a working one."""

    is_working = forms.ChoiceField(
        label="安排",
        choices=[("no", "休息"), ("yes", "上班")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择休息还是上班。",
            "invalid_choice": "安排不在列表中，请选择休息或上班。",
        },
    )
    name = Prose(
        "说明",
        most=calendar_notice.LONGEST_NAME,
        rows=1,
        required=False,
        help_text="如“国庆节”“调休上班”。",
    )

    @property
    def said(self) -> calendar_notice.Day:
        name = " ".join(str(self.cleaned_data["name"]).split())
        return calendar_notice.Day(self.cleaned_data["is_working"] == "yes", name)


class AnnounceForm(OfYear):
    year = forms.IntegerField(
        min_value=EARLIEST_YEAR, max_value=LATEST_YEAR, widget=forms.HiddenInput
    )


class NoticeFileForm(forms.Form):
    """The yearly notice as a file."""

    year = forms.IntegerField(
        label="年份",
        min_value=EARLIEST_YEAR,
        max_value=LATEST_YEAR,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"年份请填 {EARLIEST_YEAR} 到 {LATEST_YEAR}。",
        ),
    )
    file = forms.FileField(
        label="放假安排文件",
        error_messages={
            "required": "请选择放假安排文件。",
            "empty": "这个文件是空的，请重新选择。",
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > calendar_notice.MOST_BYTES:
            raise ValidationError(
                f"文件太大，一年的放假安排最多{calendar_notice.MOST_ROWS}行，请核对文件。"
            )
        return file
