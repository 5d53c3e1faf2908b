"""Takes the pictures of README.md and docs/手册/ from a fresh demonstration.

Run it after bin/setup --test, as .venv/bin/python docs/pictures/take.py. The system runs on a free
port with a folder of its own; nothing that you keep is touched.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

HERE = Path(__file__).resolve().parent
BIN = HERE.parent.parent / "bin"
TWO_WEEKS = timedelta(days=14)
PATIENCE = 90  # seconds until the first page
SCREEN: ViewportSize = {"width": 1280, "height": 700}
PHONE: ViewportSize = {"width": 390, "height": 780}
ROUND = "/i/x25/dispatch/13/"  # the one that is under way
LETTER = "/i/x25/supervision/3/"  # issued, signed, answered, settled
MEASURE = "/i/x25/measures/M-003-3/"  # overdue, of the liaison below
PROOF = "/i/x25/evidence/3/"  # a scan with a preview, upon which a measure was closed
LIAISON, HEAD, OFFICE, LEADER = "shixinyu", "fanglijun", "liaoyuanqing", "shenyanzhou"


def main() -> None:
    browser_path = shutil.which("chromium")
    if browser_path is None:
        sys.exit("chromium is not installed; bin/setup --test installs it as root.")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        desks(browser, site)
        ledger_and_reports(browser, site)
        what_stands_behind(browser, site)
        one_measure(browser, site)
        browser.close()


class Site:
    """A running demonstration: its address, and its accounts with their passwords."""

    def __init__(self, address: str, accounts: Path) -> None:
        self.address = address
        lines = accounts.read_text(encoding="utf-8").splitlines()
        self.passwords = dict(line.split("\t")[:2] for line in lines)


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """bin/serve in an empty folder: the demonstration as everybody sees it at first."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    house = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port)}
    server = subprocess.Popen([BIN / "serve"], env=house, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/")
        yield Site(address, folder / "demo_accounts.txt")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def wait_for(address: str) -> None:
    for _ in range(PATIENCE * 2):
        try:
            urllib.request.urlopen(address)  # noqa: S310  # our own loopback address
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("the system did not answer")


def visitor(browser: Browser, site: Site, who: str = "", *, screen: ViewportSize) -> Page:
    """A window of somebody who has signed in; of the public without `who`."""
    window = browser.new_context(viewport=screen, base_url=site.address, locale="zh-CN")
    page = window.new_page()
    if who:
        page.goto("/accounts/sign-in/")
        page.fill("[name=username]", who)
        page.fill("[name=password]", site.passwords[who])
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/desk/")
    return page


def take(page: Page, name: str) -> None:
    page.screenshot(path=HERE / f"{name}.png")


def desks(browser: Browser, site: Site) -> None:
    page = visitor(browser, site, LIAISON, screen=SCREEN)
    take(page, "desk")
    page.goto(MEASURE)
    take(page, "measure")
    phone = visitor(browser, site, LIAISON, screen=PHONE)
    phone.goto(MEASURE)
    take(phone, "phone")
    phone.goto(f"{ROUND}report/")
    take(phone, "report")
    leader = visitor(browser, site, LEADER, screen={"width": 1366, "height": 860})
    leader.goto("/i/x25/dashboard/")
    take(leader, "dashboard")


def ledger_and_reports(browser: Browser, site: Site) -> None:
    public = visitor(browser, site, screen=SCREEN)
    public.goto("/reports/x25-progress/")
    take(public, "public")
    office = visitor(browser, site, OFFICE, screen=SCREEN)
    office.goto(ROUND)
    take(office, "round")
    office.goto("/i/x25/reports/x25-progress/")
    take(office, "draft")
    book = openpyxl.load_workbook(BytesIO(office.request.get("/i/x25/ledger/export/").body()))
    spoil(book)
    changed = BytesIO()
    book.save(changed)
    office.goto("/i/x25/ledger/import/")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    office.set_input_files(
        "[name=file]", {"name": "整改台账.xlsx", "mimeType": kind, "buffer": changed.getvalue()}
    )
    office.get_by_role("button", name="预览").click()
    expect(office.get_by_role("heading", name="预览导入")).to_be_visible()
    take(office, "import")


def what_stands_behind(browser: Browser, site: Site) -> None:
    """A piece of evidence, a look-back that anybody can draw again, the requests for more
    time, a letter of supervision."""
    office = visitor(browser, site, OFFICE, screen=SCREEN)
    for name, path in (
        ("evidence", PROOF),
        ("look-back", "/i/x25/lookback/1/"),
        ("extensions", "/i/x25/extensions/"),
        ("letter", LETTER),
    ):
        office.goto(path)
        office.wait_for_load_state("networkidle")
        take(office, name)


def spoil(book: openpyxl.Workbook) -> None:
    """A changed deadline, one that cannot be read, and a unit that is not registered."""
    sheet = book.active
    header = next(row for row in sheet.iter_rows() if row[1].value == "问题编号")
    column = {cell.value: cell.column for cell in header}
    first = header[0].row + 1
    sheet.cell(first, column["责任人"]).value = "吴保国"
    sheet.cell(first + 1, column["整改时限"]).value = "尽快"
    sheet.cell(first + 2, column["牵头单位"]).value = "水资源科"


def one_measure(browser: Browser, site: Site) -> None:
    """An application on its way, and a save that came after a return."""
    liaison = visitor(browser, site, LIAISON, screen=SCREEN)
    liaison.goto(MEASURE)
    late = liaison.context.new_page()
    late.goto(MEASURE)
    liaison.get_by_text("整改已完成，申请销号").click()
    liaison.fill("#submit [name=statement]", "9处积水点改造全部完工，通过竣工验收。")
    liaison.fill("#submit [name=evidence_note]", "竣工验收资料9册，存供排水处档案室。")
    liaison.get_by_role("button", name="申请销号").click()
    head = visitor(browser, site, HEAD, screen=SCREEN)
    head.goto(MEASURE)
    head.get_by_text("退回重报").click()
    take(head, "review")
    head.get_by_label("未达要求").check()
    head.fill("#send-back [name=reason]", "缺少第9处积水点的竣工验收资料，请补齐后重新申请。")
    head.fill("#send-back [name=due_on]", (date.today() + TWO_WEEKS).isoformat())  # noqa: DTZ011
    head.get_by_role("button", name="退回", exact=True).click()
    expect(head.get_by_text("已退回重报")).to_be_visible()
    late.fill("#report [name=text]", "9处积水点改造全部完工，正在整理竣工资料。")
    late.get_by_role("button", name="报送", exact=True).click()
    expect(late.get_by_role("heading", name="没有保存")).to_be_visible()
    take(late, "conflict")


if __name__ == "__main__":
    main()
