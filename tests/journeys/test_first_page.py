"""What a citizen sees before anything was published, on a screen and on a phone."""

from playwright.sync_api import expect

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_first_page_opens_for_everybody_and_does_not_scroll_sideways(page, phone):
    for visitor in (page, phone):
        answer = visitor.goto("/")

        assert answer.status == 200
        expect(visitor.locator("h1")).to_be_visible()
        assert visitor.evaluate(SIDEWAYS) == 0
