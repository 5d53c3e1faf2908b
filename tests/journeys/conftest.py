"""A real Chromium on the live server: `page` as on an office screen, `phone` as in a hand, and
`visit(user)` for as many people as a journey has, each in a window of their own.

Playwright's loop runs in this thread while the browser is open, so Django's guard against
synchronous queries is lifted for this package, and for it alone.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEXTS = Path(__file__).resolve().parent.parent / "reports" / "published"  # invented reports
OFFICE_SCREEN: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    with opened_window(browser, live_server, screen=OFFICE_SCREEN) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    with opened_window(browser, live_server, screen=PHONE) as page:
        yield page


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Somebody's own window: a stranger's, or that of a person who has signed in.

    `visit(user, java_script_enabled=False)`: all that a browser's context takes may be said.
    """
    with ExitStack() as windows:

        def opened(user: User | None = None, **screen: Any) -> Page:
            window = opened_window(browser, live_server, screen={**OFFICE_SCREEN, **screen})
            page = windows.enter_context(window)
            if user:
                signed_in(page, session_of(user), address=live_server.url)
            return page

        yield opened


def session_of(user: User) -> str:
    """The key of a session that this person has just begun."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def signed_in(page: Page, session: str, *, address: str) -> None:
    """The page goes on in this session, without the sign-in form."""
    cookie: Any = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}
    page.context.add_cookies([cookie])


@contextmanager
def opened_window(
    browser: Browser, live_server: LiveServer, *, screen: dict[str, Any]
) -> Iterator[Page]:
    """A fresh visitor. Fails afterwards if a script broke, the pages' policy had to refuse
    something, or a request left the site."""
    faults: list[str] = []
    context = browser.new_context(
        base_url=live_server.url, locale="zh-CN", timezone_id="Asia/Shanghai", **screen
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"policy: {message.text}")
            if "Content Security Policy" in message.text
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((live_server.url, "data:", "blob:", "about:"))
            else faults.append(f"left the site: {request.url}")
        ),
    )
    yield page
    context.close()
    assert faults == []
