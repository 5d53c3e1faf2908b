"""The ladder of supervision: what a measure gets before and after its deadline, and who is told."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from rectification import clock
from rectification.models.event import MeasureEvent
from rectification.models.inspection import Inspection
from rectification.models.measure import Light, MeasureQuerySet


class LetterKind(models.TextChoices):
    """What a rung gives. NONE is a line in the daily digest: no letter at all."""

    NONE = "none", "系统提醒"
    REMINDER = "reminder", "提醒函"
    ORDER = "order", "督办函"
    INTERVIEW = "interview", "约谈"
    CIRCULAR = "circular", "通报"


LETTERS = tuple(each for each in LetterKind.values if each != LetterKind.NONE)


class Colour(models.TextChoices):
    """The colour of a rung is local: in one county a green letter is a first warning."""

    NONE = "none", "不标"
    GREEN = "green", "绿"
    YELLOW = "yellow", "黄"
    RED = "red", "红"


MOST_DAYS = 365
_TO = ("to_person_in_charge", "to_liaison", "to_head", "to_lead_executive", "to_office")
_FIRST = {"to_person_in_charge": True, "to_liaison": True, "to_head": True}
_HIGH = {"to_head": True, "to_lead_executive": True}
_OPENED_AGAIN = ("reopen", "reinstate")
# What most bureaus have, where nobody has set up another ladder.
USUAL_RUNGS: tuple[dict[str, Any], ...] = (
    {"days": -10, "colour": Colour.YELLOW, **_FIRST},
    {"days": 0, "colour": Colour.YELLOW, **_FIRST},
    {
        "days": 1,
        "colour": Colour.YELLOW,
        "letter": LetterKind.REMINDER,
        "is_automatic": True,
        "answer_days": 5,
        **_FIRST,
    },
    {"days": 7, "colour": Colour.RED, "letter": LetterKind.ORDER, "answer_days": 7, **_HIGH},
    {"days": 15, "colour": Colour.RED, "letter": LetterKind.INTERVIEW, "answer_days": 5, **_HIGH},
    {"days": 30, "colour": Colour.RED, "letter": LetterKind.CIRCULAR, "answer_days": 10, **_HIGH},
)


class RungQuerySet(models.QuerySet["Rung"]):
    def standing(self) -> Self:
        return self.filter(ended_on=None)

    def lettered(self) -> Self:
        """Those that give a letter, not only a line in the digest."""
        return self.exclude(letter=LetterKind.NONE)

    def unlettered(self) -> Self:
        return self.filter(letter=LetterKind.NONE)

    def lowest_first(self) -> Self:
        return self.order_by("days", "pk")

    def set_up(self, inspection: Inspection) -> None:
        """The usual rungs, where the inspection has none yet."""
        if not self.filter(inspection=inspection).exists():
            self.bulk_create(Rung(inspection=inspection, **usual) for usual in USUAL_RUNGS)


class Rung(models.Model):
    """One rung: `days` after the agreed deadline (before it: negative) it gives its letter.

    An automatic letter is issued by the system at once; any other is proposed, and the office
    issues it. `answer_days` counts from the issue; None where no answer is asked for. A rung that
    is not wanted any more is ended, and letters that it gave keep it.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="rungs")
    days = models.SmallIntegerField("超期天数")
    colour = models.CharField("颜色", max_length=10, choices=Colour, default=Colour.NONE)
    letter = models.CharField("函件", max_length=20, choices=LetterKind, default=LetterKind.NONE)
    is_automatic = models.BooleanField("系统直接发出", default=False)
    answer_days = models.PositiveSmallIntegerField("回复期限(天)", null=True, blank=True)
    to_person_in_charge = models.BooleanField("责任人", default=False)
    to_liaison = models.BooleanField("填报员", default=False)
    to_head = models.BooleanField("责任领导（单位负责人）", default=False)
    to_lead_executive = models.BooleanField("牵头领导", default=False)
    to_office = models.BooleanField("整改办", default=False)
    ended_on = models.DateField("停用日期", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    objects = RungQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办阶梯"
        ordering = ["inspection", "days", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_rung_on_a_day",
                fields=["inspection", "days"],
                condition=Q(ended_on=None),
                violation_error_message="这一天已有一级，请改那一级，或换一个天数。",
            ),
            models.CheckConstraint(
                name="rung_day_is_possible",
                condition=Q(days__gte=-MOST_DAYS, days__lte=MOST_DAYS),
                violation_error_message=f"超期天数请填 -{MOST_DAYS} 到 {MOST_DAYS}。",
            ),
            models.CheckConstraint(
                name="rung_colour_is_known",
                condition=Q(colour__in=Colour.values),
                violation_error_message="颜色不在列表中。",
            ),
            models.CheckConstraint(
                name="rung_letter_is_known",
                condition=Q(letter__in=LetterKind.values),
                violation_error_message="函件种类不在列表中。",
            ),
            models.CheckConstraint(
                name="rung_without_letter_asks_nothing",
                condition=~Q(letter=LetterKind.NONE) | Q(is_automatic=False, answer_days=None),
                violation_error_message="系统提醒没有函件，不填回复期限，也不选直接发出。",
            ),
            models.CheckConstraint(
                name="rung_answer_days_are_possible",
                condition=Q(answer_days=None) | Q(answer_days__gte=1, answer_days__lte=90),
                violation_error_message="回复期限请填 1 到 90 天。",
            ),
            models.CheckConstraint(
                name="rung_tells_somebody",
                condition=Q(*((name, True) for name in _TO), _connector=Q.OR),
                violation_error_message="请至少选择一个收件角色。",
            ),
            models.CheckConstraint(
                name="rung_letter_reaches_who_signs",
                condition=Q(letter=LetterKind.NONE) | Q(to_liaison=True) | Q(to_head=True),
                violation_error_message="函件要发给填报员或责任领导，否则没有人签收。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_letter_display()}（{self.when}）"

    @property
    def subject_code(self) -> str:
        """How the journal names it."""
        return f"{self.inspection.code}/{self.pk}"

    @property
    def when(self) -> str:
        """The day in words: 到期前10天, 到期当天, 超期7天."""
        if self.days == 0:
            return "到期当天"
        return f"超期{self.days}天" if self.days > 0 else f"到期前{-self.days}天"

    @property
    def light(self) -> Light | None:
        """Its colour, for components/light.html, with the words; None where it has none."""
        if self.colour == Colour.NONE:
            return None
        return Light(self.colour, f"{self.get_colour_display()}：督办（{self.when}）")

    @property
    def recipients(self) -> str:
        return "、".join(self._words_for(name for name in _TO if getattr(self, name)))

    def _words_for(self, names: Iterable[str]) -> Iterable[str]:
        return (str(self._meta.get_field(name).verbose_name) for name in names)  # type: ignore[union-attr]


def rung_for(inspection: Inspection, kind: str) -> Rung:
    """The lowest rung of the inspection that gives such a letter, else that of the usual ladder,
    not saved: a letter that the office writes by hand goes to the same people."""
    mine = inspection.rungs.standing().filter(letter=kind).lowest_first().first()
    return mine or next(Rung(**usual) for usual in USUAL_RUNGS if usual.get("letter") == kind)


def counted(measures: MeasureQuerySet) -> MeasureQuerySet:
    """Annotated with `counted_from`, the day that a ladder counts from: the agreed deadline or,
    where a finished measure was opened again after it, that day. Of measures with a deadline."""
    again = MeasureEvent.objects.filter(measure=OuterRef("pk"), verb__in=_OPENED_AGAIN)
    last = Subquery(again.order_by("-on").values("on")[:1])
    return measures.annotate(counted_from=Greatest(F("deadline"), Coalesce(last, F("deadline"))))


def come_to(rungs: Sequence[Rung], *, since: date, on: date) -> Rung | None:
    """The highest of these rungs, lowest first, that a measure has come to by the end of `on`, its
    days counted from `since`."""
    days = clock.days_overdue(since, on=on)
    return next((rung for rung in reversed(rungs) if rung.days <= days), None)
