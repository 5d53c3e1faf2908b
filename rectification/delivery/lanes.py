"""A channel as the loop sees it: opened, asked what it knows of the past, given message after
message."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from django.conf import settings

from rectification.delivery import claiming, robots, smtp, wording
from rectification.delivery.answers import Answer, Kind, NotSetUp, Trouble
from rectification.delivery.archive import Archive, ArchiveUnreadable, open_archive
from rectification.models import ROBOTS, Channel, Notice

MOST_BREAKS = 5  # so many connections lost, one after the other, and nothing sent: enough for now


class Lane(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def channels(self) -> Collection[str]: ...

    @property
    def can_look(self) -> bool:
        """Whether somebody can say if a message was delivered."""

    @property
    def is_open(self) -> bool: ...

    def open_archive(
        self, rows: Sequence[Notice], *, left: Callable[[], float], at: datetime
    ) -> bool:
        """Make ready to be asked about these. Whether it has shown that it works; raises
        ArchiveUnreadable where nobody can say."""

    def has_been_delivered(self, notice: Notice) -> bool:
        """Raises ArchiveUnreadable."""

    def open(self) -> None:
        """Make ready for the next message. Raises Trouble."""

    def send(self, notice: Notice, *, left: Callable[[], float], at: datetime) -> Answer: ...

    def close(self) -> None:
        """It may be opened again."""


class MailLane:
    name = "mail"
    channels = (Channel.MAIL,)

    def __init__(self) -> None:
        self._session: smtp.Session | None = None
        self._archive: Archive | None = None
        self._breaks = 0

    @property
    def can_look(self) -> bool:
        return bool(settings.MAIL_ARCHIVE)

    @property
    def is_open(self) -> bool:
        return self._session is not None and self._session.is_open

    def open(self) -> None:
        if not settings.EMAIL_HOST:
            raise NotSetUp("还没有设置邮件服务器，请系统管理员设置 EMAIL_HOST。")
        if self._breaks >= MOST_BREAKS:
            raise Trouble("邮件服务器一再断开连接，过一会儿再试。")
        if not self.is_open:
            self._session = smtp.open_session()

    def open_archive(
        self, rows: Sequence[Notice], *, left: Callable[[], float], at: datetime
    ) -> bool:
        """That a mail is absent counts only where the archive has what was sent last."""
        last = claiming.last_sent(at=at)
        known = [*rows, *([last] if last else [])]
        self._close_archive()
        self._archive = open_archive(left=left, since=min(row.created_at for row in known))
        if last and not self._archive.has(last.message_id):
            raise ArchiveUnreadable(
                "归档邮箱里没有最近发出的邮件，不能用来核实，请检查 MAIL_ARCHIVE 和归档设置。"
            )
        return last is not None

    def has_been_delivered(self, notice: Notice) -> bool:
        assert self._archive
        return self._archive.has(notice.message_id)

    def send(self, notice: Notice, *, left: Callable[[], float], at: datetime) -> Answer:
        assert self._session
        try:
            to = wording.address_of(notice)
        except wording.AddressRefused as refusal:
            return Answer(Kind.REFUSED, str(refusal))
        outgoing = smtp.Mail(wording.sender_address(), to, wording.mail_of(notice, to=to))
        answer = self._session.send(outgoing, left=left)
        if answer.kind == Kind.SENT:
            self._breaks = 0
        elif not self._session.is_open:
            self._breaks += 1
        return answer

    def close(self) -> None:
        if self._session:
            self._session.close()
        self._session = None
        self._close_archive()

    def _close_archive(self) -> None:
        if self._archive:
            self._archive.close()
        self._archive = None


class RobotLane:
    """Robots say nothing of the past: a message of theirs that is in doubt is held."""

    name = "robots"
    channels = ROBOTS
    can_look = False
    is_open = True

    def __init__(self) -> None:
        self._away: set[str] = set()  # hosts that could not be reached, for as long as one run

    def open(self) -> None:
        """Each message has a connection of its own."""

    def open_archive(
        self, rows: Sequence[Notice], *, left: Callable[[], float], at: datetime
    ) -> bool:
        raise ArchiveUnreadable("机器人发送的消息没有归档，无法核实。")

    def has_been_delivered(self, notice: Notice) -> bool:
        raise ArchiveUnreadable("机器人发送的消息没有归档，无法核实。")

    def send(self, notice: Notice, *, left: Callable[[], float], at: datetime) -> Answer:
        return robots.tell(notice, left=left, away=self._away, signed_at=at)

    def close(self) -> None:
        """Nothing stays open."""
