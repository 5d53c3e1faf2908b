"""Notices through the outbox to a local SMTP server, against Django's send_messages on one
connection; the server is a process of its own that does the least that it may.

With every guarantee: claims under a lease, the fence, an archive to ask, one recipient a message,
outcomes and journal in one transaction. In a SQLite file of its own. What is timed begins with the
rows in the outbox, as Django's begins with the messages in a list; putting them there is a figure.
"""

import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import Ratio, Result

MAILS = 10_000
SMALL = MAILS // 10
ROUNDS = 3
REPLIES = {
    b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 PIPELINING\r\n",
    b"MAIL": b"250 ok\r\n",
    b"RCPT": b"250 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"RSET": b"250 ok\r\n",
    b"QUIT": b"221 bye\r\n",
}
BODY = "河湖管理处有12条措施未销号，请在本次调度报送进展；没有变化也要零报告。"


def measure() -> Result:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        sink = multiprocessing.get_context("fork").Process(target=_listen, args=(server,))
        sink.start()
        try:
            house = _House(Path(folder), server.getsockname()[1])
            rounds = [_round(house) for _ in range(ROUNDS)]
        finally:
            sink.terminate()
            sink.join()
    django, ours, small, posting = (statistics.median(each) for each in zip(*rounds, strict=True))
    return Result(
        name="dispatch",
        ratios={
            "speed / send_messages": Ratio(django / ours, goal=1.0, at_least=True),
            "10 x as many, a mail": Ratio(ours / small / 10, goal=1.3),
            "Celery tasks / 100 mails": Ratio(house.rings / (house.posted / 100), goal=1.0),
        },
        figures={
            "mails": MAILS,
            "send_messages_per_s": MAILS / django,
            "outbox_per_s": MAILS / ours,
            "outbox_small_per_s": SMALL / small,
            "posting_s": posting,
            "with_posting_per_s": MAILS / (ours + posting),
            "celery_tasks": house.rings,
        },
    )


def _round(house: "_House") -> tuple[float, float, float, float]:
    """Seconds of Django, of ours, of ours with a tenth of the mails, and of putting them there."""
    django = house.by_django(MAILS)
    house.post(SMALL)
    small = house.deliver(SMALL)
    posting = house.post(MAILS)
    return django, house.deliver(MAILS), small, posting


class _House:
    """Django on an empty, migrated database in the folder, with people who have an address."""

    def __init__(self, folder: Path, port: int) -> None:
        for part in ("tmp", "new", "cur"):
            (folder / "archive" / part).mkdir(parents=True)
        for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_USER", "EMAIL_SECURITY"):
            os.environ.pop(name, None)
        os.environ |= {
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
            "EMAIL_FROM": "整改办 <zg@bureau.test>",
            "SITE_URL": "https://zg.bureau.test",
            "MAIL_ARCHIVE": f"maildir:{folder / 'archive'}",
        }
        import django  # noqa: PLC0415  # the environment comes first
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        from accounts.models import Unit, UnitKind, User  # noqa: PLC0415
        from rectification import notifications  # noqa: PLC0415

        self.rings = self.posted = self._topics = 0
        notifications._bell.ring = self._heard  # type: ignore[method-assign]
        unit = Unit.objects.plant(name="云州市水务局", parent=None, kind=UnitKind.BUREAU)
        User.objects.bulk_create(
            User(username=f"u{n}", name=f"人员{n}", email=f"u{n}@bureau.test", unit=unit)
            for n in range(MAILS)
        )
        self._users = list(User.objects.order_by("pk"))

    def _heard(self) -> None:
        self.rings += 1

    def by_django(self, count: int) -> float:
        from django.core.mail import EmailMessage, get_connection  # noqa: PLC0415

        messages = [
            EmailMessage("开始报送", BODY, "zg@bureau.test", [user.email])
            for user in self._users[:count]
        ]
        begun = time.perf_counter()
        assert get_connection().send_messages(messages) == count
        return time.perf_counter() - begun

    def post(self, count: int) -> float:
        from django.utils import timezone  # noqa: PLC0415

        from rectification import notifications  # noqa: PLC0415
        from rectification.models import NoticeKind  # noqa: PLC0415
        from rectification.recipients import Addressee  # noqa: PLC0415

        self._topics += 1
        self.posted += count
        message = notifications.Message(
            topic=f"round/bench/{self._topics}",
            kind=NoticeKind.ROUND_OPENED,
            subject="第3次双周调度（3月3日）开始报送",
            body=BODY,
            path="/i/x25/dispatch/3/report/",
        )
        addressees = [Addressee(user, None) for user in self._users[:count]]
        begun = time.perf_counter()
        notifications.post([(message, each) for each in addressees], at=timezone.now())
        return time.perf_counter() - begun

    def deliver(self, count: int) -> float:
        from django.utils import timezone  # noqa: PLC0415

        from rectification import delivery  # noqa: PLC0415

        begun = time.perf_counter()
        assert delivery.deliver_due(now=timezone.now).sent == count
        return time.perf_counter() - begun


def _listen(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            _talk(connection)


def _talk(connection: socket.socket) -> None:
    connection.sendall(b"220 sink\r\n")
    lines = connection.makefile("rb")
    for line in lines:
        word = line[:4].upper()
        connection.sendall(REPLIES[word])
        if word == b"QUIT":
            return
        if word == b"DATA":
            for content in lines:
                if content == b".\r\n":
                    break
            connection.sendall(b"250 stored\r\n")
