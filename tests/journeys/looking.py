"""A look at the page that is open: axe on an office screen and on a phone, and the width of 320."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SCREENS = ((1366, 768), (390, 844))
NARROWEST = (320, 640)
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE = "() => axe.run({ resultTypes: ['violations'] }).then((answer) => answer.violations)"


def faults_of(page: Page) -> list[str]:
    """What a person who needs more than others would stumble over, a line for each fault."""
    page.evaluate(AXE_SCRIPT)
    before = page.viewport_size
    faults = [fault for screen in SCREENS for fault in _seen_by_axe(page, screen)]
    _resize(page, NARROWEST)
    if wider := page.evaluate(SIDEWAYS):
        faults.append(f"{page.url} scrolls sideways by {wider} px at {NARROWEST[0]}")
    if before:
        page.set_viewport_size(before)
    return faults


def _seen_by_axe(page: Page, screen: tuple[int, int]) -> list[str]:
    _resize(page, screen)
    return [
        f"{page.url} at {screen[0]}: {violation['help']} {node['html'][:200]}"
        for violation in page.evaluate(AXE)
        for node in violation["nodes"]
    ]


def _resize(page: Page, screen: tuple[int, int]) -> None:
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
