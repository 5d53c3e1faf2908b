"""The verb that makes a draft public: its bytes are frozen, with their hashes, as the next version.

Nothing edits a publication afterwards; a correction is a further version that supersedes it.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions
from reports.composing import NO_WORDING, stated_in
from reports.document import Document, Section, SectionKind
from reports.figures import Rate
from reports.models import PageCount, Publication, Report
from reports.rendering import to_html, to_json, to_text
from reports.storing import document_of

# What the headline says of a report: the stated figure, its label, the figure it is a part of, and
# the rate that the text may state itself.
HEADLINE = (
    ("problems", "反馈问题", "", ""),
    ("problems_done", "已整改完成", "problems", ""),
    ("measures_done", "措施完成", "measures", "rate"),
    ("outcomes", "制度成果", "", ""),
)

LONGEST_SOURCE = 100


class PublicationRefused(Exception):
    """The draft cannot be published as it is, or not by this person; the message says why."""


@dataclass(frozen=True)
class Frozen:
    """The bytes of one version, before they are stored."""

    article: str
    text: str
    data: str

    @property
    def hashes(self) -> dict[str, str]:
        return {
            "article_hash": sha256(self.article),
            "text_hash": sha256(self.text),
            "data_hash": sha256(self.data),
        }


@dataclass(frozen=True)
class HeadlineFigure:
    """One figure above a public report; `of` is what it is a part of and `rate` the share in per
    cent with its sign, or both are empty."""

    label: str
    value: str
    of: str = ""
    rate: str = ""

    @property
    def shown(self) -> tuple[str, str, str]:
        """As a strip takes it: 109 / 161, 措施完成，67.7%, and no address."""
        value = f"{self.value} / {self.of}" if self.of else self.value
        return (value, f"{self.label}，{self.rate}" if self.rate else self.label, "")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def publish(
    report: Report, *, by: User, at: datetime, version: int, notice: str = ""
) -> Publication:
    """Freeze the draft as it stood at `version` and make it the one that the public reads.

    `notice` says why there is a further version. Raises PublicationRefused; then nothing changed.
    """
    try:
        with transaction.atomic():
            return _publish(report, by=by, at=at, version=version, notice=notice.strip())
    except IntegrityError as error:  # two at once, on a database that let both read
        raise PublicationRefused("刚刚已有人发布了这份报告，请刷新页面查看。") from error


def headline(document: Document) -> tuple[HeadlineFigure, ...]:
    """The figures that the document's own words state, so that the page cannot contradict them."""
    stated = {figure.key: figure.value for figure in document.stated}
    return tuple(
        _part(stated, key, label=label, whole=whole, rate=rate)
        if whole in stated
        else HeadlineFigure(label, _plain(stated[key]))
        for key, label, whole, rate in HEADLINE
        if key in stated
    )


def unsettled(document: Document) -> tuple[str, ...]:
    """What must be settled before publication, a sentence for each."""
    faults = [] if document.title else ["报告没有标题。"]
    faults += [
        f"“{_name(section)}”还没有拟定公开表述。"
        for section in document.sections
        if NO_WORDING in section.heading + section.text
    ]
    empty = [s for s in document.problems if not (s.items or s.lead or s.next_step)]
    faults += [f"“{_name(section)}”还没有写整改情况。" for section in empty]
    return tuple(faults)


def _publish(report: Report, *, by: User, at: datetime, version: int, notice: str) -> Publication:
    if not permissions.may_run(by, report.inspection):
        raise PublicationRefused("只有整改办可以发布报告。")
    # The row is claimed first: whoever edits a section claims it too, and so waits or was earlier.
    if not Report.objects.filter(pk=report.pk, version=version).update(version=F("version") + 1):
        raise PublicationRefused("这份报告在您打开之后被修改或发布过，请刷新页面核对后再发布。")
    report.refresh_from_db()
    document = _titled(stated_in(document_of(report)))
    if faults := unsettled(document):
        raise PublicationRefused("还不能发布：" + "".join(faults[:5]))
    frozen = Frozen(to_html(document), to_text(document), to_json(document))
    current = report.publications.current().first()
    if current:
        _supersede(current, frozen, at=at, notice=notice)
    publication = _store(report, document, frozen, by=by, at=at, notice=notice)
    _tell(publication, superseded=current, by=by, at=at)
    return publication


def _titled(document: Document) -> Document:
    """With its title in the text, where an imported one had none: all forms say the same."""
    if not document.title or any(s.kind == SectionKind.TITLE for s in document.sections):
        return document
    title = Section(kind=SectionKind.TITLE, text=document.title)
    rest = document.sections
    first = replace(rest[0], gap=rest[0].gap if "\n" in rest[0].gap else f"\n{rest[0].gap}")
    return replace(document, sections=(title, first, *rest[1:]))


def _supersede(current: Publication, frozen: Frozen, *, at: datetime, notice: str) -> None:
    # All three: the facts at the head of a report stand in its text and data, not in its article.
    if all(getattr(current, name) == digest for name, digest in frozen.hashes.items()):
        raise PublicationRefused(f"内容与已经发布的第{current.number}版完全相同，不用再发布。")
    if not notice:
        raise PublicationRefused("发布更正版要写明更正说明。")
    if not Publication.objects.current().filter(pk=current.pk).update(superseded_at=at):
        raise PublicationRefused("刚刚已有人发布了这份报告，请刷新页面查看。")


def _store(
    report: Report, document: Document, frozen: Frozen, *, by: User, at: datetime, notice: str
) -> Publication:
    publication = Publication.objects.create(
        report=report,
        number=report.publications.count() + 1,
        draft_version=report.version,
        title=document.title,
        source=_source(document),
        as_of=document.as_of,
        notice=notice,
        article=frozen.article,
        text=frozen.text,
        data=frozen.data,
        figures=[vars(figure) for figure in headline(document)],
        published_at=at,
        published_by=by,
        **frozen.hashes,
    )
    PageCount.objects.create(publication=publication)
    return publication


def _tell(
    publication: Publication, *, superseded: Publication | None, by: User, at: datetime
) -> None:
    report = publication.report
    before = {"number": superseded.number, "text_hash": superseded.text_hash} if superseded else {}
    after = {
        "number": publication.number,
        "version": report.version,
        "article_hash": publication.article_hash,
        "text_hash": publication.text_hash,
        "data_hash": publication.data_hash,
    }
    act = Act("publish", "report", report.subject_code, before, after, publication.notice)
    journal.append(act, by=by, at=at)


def _part(
    stated: dict[str, Decimal], key: str, *, label: str, whole: str, rate: str
) -> HeadlineFigure:
    share = (
        f"{stated[rate]}%" if rate in stated else Rate(int(stated[key]), int(stated[whole])).says
    )
    return HeadlineFigure(label, _plain(stated[key]), _plain(stated[whole]), share)


def _source(document: Document) -> str:
    stated = [fact.value for fact in document.facts if "来源" in fact.label and fact.value]
    return (stated[0] if stated else document.inspected_unit)[:LONGEST_SOURCE]


def _name(section: Section) -> str:
    words = section.heading or section.text
    return words if len(words) <= 30 else f"{words[:29]}…"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
