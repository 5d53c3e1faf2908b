"""督办: letters to a unit about a measure that is late, or about the unit as a whole."""

from collections.abc import Iterable
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When

from accounts.models import Unit, User, signature, under
from rectification import clock
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure
from rectification.models.rung import LETTERS, LetterKind, Rung
from rectification.states import (
    LETTER_MOVES,
    LETTER_OPEN,
    LETTER_UNANSWERED,
    LETTER_UNISSUED,
    LetterState,
)

_UNISSUED = Q(
    issued_on=None, serial=None, due_on=None, reference="", sender="", addressee="", digest=""
)
_ISSUED = (
    Q(issued_on__isnull=False, serial__isnull=False)
    & ~Q(reference="")
    & ~Q(sender="")
    & ~Q(addressee="")
    & ~Q(digest="")
)


class SupervisionActionQuerySet(models.QuerySet["SupervisionAction"]):
    def visible_within(
        self, paths: Iterable[str], *, whole: Iterable[str]
    ) -> "SupervisionActionQuerySet":
        """Issued letters to a unit in the subtrees; all of an organisation in the subtrees
        `whole`, proposals among them."""
        own = under(paths, "unit__path") & Q(issued_on__isnull=False)
        return self.filter(own | under(whole, "inspection__inspected_unit__path"))

    def proposed(self) -> Self:
        return self.filter(state=LetterState.PROPOSED)

    def issued(self) -> Self:
        """Those that went out, whatever became of them."""
        return self.filter(issued_on__isnull=False)

    def open(self) -> Self:
        """Out, and neither settled nor withdrawn."""
        return self.filter(state__in=LETTER_OPEN)

    def unanswered(self) -> Self:
        return self.filter(state__in=LETTER_UNANSWERED)

    def late(self, *, on: date) -> Self:
        """Unanswered past the deadline of the answer, as of the end of `on`."""
        return self.unanswered().filter(due_on__lt=on)

    def from_ladder(self) -> Self:
        return self.filter(rung__isnull=False)

    def matching(self, text: str) -> Self:
        return self.filter(
            Q(reference__icontains=text)
            | Q(title__icontains=text)
            | Q(matter__icontains=text)
            | Q(measure__code__icontains=text)
        )

    def for_list(self) -> Self:
        """Everything the list page shows, in a fixed number of queries: proposals, which wait,
        then the latest first."""
        waits = Case(When(state=LetterState.PROPOSED, then=0), default=1)
        related = ("inspection", "unit", "measure", "rung")
        return self.select_related(*related).order_by(waits, "-number")


class SupervisionAction(models.Model):
    """One letter (提醒函, 督办函, 约谈, 通报), from its proposal to its end.

    `state` changes only through `rectification.supervising`. `number` is given when it is proposed,
    `reference` (文号, of a year's `serial`) when it is issued; from then on what it says is frozen
    with its SHA-256. `rung` and `for_deadline` say which rung under which agreed deadline gave it;
    both are None where the office wrote it by hand. `passed_over` names lower rungs that were
    missed and are not given any more.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="letters")
    number = models.PositiveIntegerField("编号")
    kind = models.CharField(
        "种类", max_length=20, choices=[(each, LetterKind(each).label) for each in LETTERS]
    )
    unit = models.ForeignKey(
        Unit, verbose_name="主送单位", on_delete=models.PROTECT, related_name="letters"
    )
    measure = models.ForeignKey(
        Measure,
        verbose_name="有关措施",
        on_delete=models.PROTECT,
        related_name="letters",
        null=True,
        blank=True,
    )
    rung = models.ForeignKey(
        Rung, on_delete=models.PROTECT, related_name="letters", null=True, blank=True
    )
    for_deadline = models.DateField("依据的整改时限", null=True, blank=True)
    passed_over = models.CharField("略过的级次", max_length=300, blank=True)
    title = models.CharField("标题", max_length=100)
    matter = models.TextField("事由", max_length=2000)
    demand = models.TextField("要求", max_length=2000)
    answer_days = models.PositiveSmallIntegerField("回复期限(天)", null=True, blank=True)
    state = models.CharField(
        "状态", max_length=20, choices=LetterState, default=LetterState.PROPOSED
    )
    proposed_on = models.DateField("拟发日期")
    serial = models.PositiveIntegerField("序号", null=True, blank=True)
    reference = models.CharField("文号", max_length=60, blank=True)
    sender = models.CharField("发函单位", max_length=120, blank=True)
    addressee = models.CharField("主送", max_length=100, blank=True)
    issued_on = models.DateField("签发日期", null=True, blank=True)
    due_on = models.DateField("回复期限", null=True, blank=True)
    digest = models.CharField("校验码", max_length=64, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    objects = SupervisionActionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办函件"
        ordering = ["inspection", "number"]
        indexes = [
            models.Index(fields=["inspection", "state", "due_on"], name="letter_by_state"),
            models.Index(fields=["measure", "for_deadline"], name="letter_of_a_deadline"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_letter_of_a_number",
                fields=["inspection", "number"],
                violation_error_message="本次巡察已有这个编号的函件。",
            ),
            models.UniqueConstraint(
                name="one_letter_of_a_reference",
                fields=["inspection", "reference"],
                condition=~Q(reference=""),
                violation_error_message="本次巡察已有这个文号。",
            ),
            models.UniqueConstraint(
                name="one_letter_of_a_rung",
                fields=["measure", "rung", "for_deadline"],
                condition=Q(rung__isnull=False),
                violation_error_message="这条措施在这个时限下已有这一级的函件。",
            ),
            models.CheckConstraint(
                name="letter_kind_is_known",
                condition=Q(kind__in=LETTERS),
                violation_error_message="函件种类不在列表中。",
            ),
            models.CheckConstraint(
                name="letter_state_is_known",
                condition=Q(state__in=LetterState.values),
                violation_error_message="函件状态不在列表中。",
            ),
            models.CheckConstraint(
                name="letter_of_a_rung_has_a_deadline",
                condition=Q(rung=None, for_deadline=None)
                | Q(rung__isnull=False, measure__isnull=False, for_deadline__isnull=False),
                violation_error_message="阶梯提出的函件要有措施和依据的整改时限。",
            ),
            models.CheckConstraint(
                name="letter_says_something",
                condition=~Q(title="") & ~Q(matter="") & ~Q(demand=""),
                violation_error_message="函件要写明标题、事由和要求。",
            ),
            models.CheckConstraint(
                name="letter_has_a_reference_iff_issued",
                condition=(Q(state__in=LETTER_UNISSUED) & _UNISSUED)
                | (Q(state=LetterState.WITHDRAWN) & (_UNISSUED | _ISSUED))
                | (~Q(state__in=[*LETTER_UNISSUED, LetterState.WITHDRAWN]) & _ISSUED),
                violation_error_message="发出的函件要有文号、日期和校验码，未发出的没有。",
            ),
            models.CheckConstraint(
                name="letter_is_answered_after_its_issue",
                condition=Q(due_on=None) | Q(due_on__gte=F("issued_on")),
                violation_error_message="回复期限不能早于签发日期。",
            ),
            models.CheckConstraint(
                name="letter_answer_days_are_possible",
                condition=Q(answer_days=None) | Q(answer_days__gte=1, answer_days__lte=90),
                violation_error_message="回复期限请填 1 到 90 天。",
            ),
        ]

    def __str__(self) -> str:
        which = self.reference or f"第{self.number}号，未签发"
        return f"{self.get_kind_display()}（{which}）"

    @property
    def subject_code(self) -> str:
        """How the journal names it."""
        return f"{self.inspection.code}/{self.number}"

    @property
    def is_proposed(self) -> bool:
        return self.state == LetterState.PROPOSED

    @property
    def is_issued(self) -> bool:
        return self.issued_on is not None

    @property
    def is_unanswered(self) -> bool:
        return self.state in LETTER_UNANSWERED

    def is_late(self, *, on: date) -> bool:
        return self.is_unanswered and self.due_on is not None and self.due_on < on

    def due_phrase(self, *, on: date) -> str:
        """How much time the unit has left for its answer; empty where none is waited for."""
        if self.due_on is None or not self.is_unanswered:
            return ""
        left = clock.days_left(self.due_on, on=on)
        day = clock.short_day(self.due_on, on=on)
        if left < 0:
            return f"{day}前回复，已超期{-left}天"
        return f"{day}前回复，{f'剩{left}天' if left else '今天到期'}"


class LetterStep(models.Model):
    """One step of a letter, written once: who took it, when, and what they said (an answer, a
    reason). Nobody where the system itself took it."""

    letter = models.ForeignKey(SupervisionAction, on_delete=models.PROTECT, related_name="steps")
    verb = models.CharField("步骤", max_length=20)
    text = models.TextField("内容", max_length=2000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="办理人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("时间")
    on = models.DateField("日期")

    class Meta:
        verbose_name = verbose_name_plural = "函件办理过程"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="letter_step_is_known",
                condition=Q(verb__in=list(LETTER_MOVES)),
                violation_error_message="函件的步骤不在列表中。",
            ),
            models.CheckConstraint(
                name="letter_step_says_why",
                condition=~Q(
                    verb__in=[verb for verb, move in LETTER_MOVES.items() if move.needs_reason],
                    text="",
                ),
                violation_error_message="回复、撤销都要写明内容。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter}{self.says}"

    @property
    def says(self) -> str:
        return LETTER_MOVES[self.verb].says

    @property
    def who(self) -> str:
        return signature(self.by, self.on_behalf_of) or "系统"


def step_of(letter: SupervisionAction, verb: str, *, by: User | None) -> LetterStep:
    """A step that is not saved yet, in the name of whoever takes it."""
    return LetterStep(letter=letter, verb=verb, by=by, on_behalf_of=by.acting_for if by else None)
