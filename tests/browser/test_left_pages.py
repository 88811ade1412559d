"""Pages that the visitor has left, and that the browser keeps, and pages that nobody sees yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.support.servers import CHROMIUM_OPTIONS, Site, chromium
from tests.support.visit import bubbles, converse, open_chat, say

SHOWN = "addEventListener('pageshow', ({ persisted }) => { window.kept = persisted; });"
PRERENDER = """
  window.hidden = true;
  Object.defineProperty(Document.prototype, "prerendering", { get: () => window.hidden });
"""
ACTIVATE = "() => { window.hidden = false; document.dispatchEvent(new Event('prerenderingchange')); }"


@pytest.fixture
def kept(browser: Browser) -> Iterator[Page]:
    """A page of a browser that keeps the pages which a visitor leaves, as browsers do; Playwright switches that off."""
    without = ["--disable-back-forward-cache"]
    keeping = browser.browser_type.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS, ignore_default_args=without)
    page = keeping.new_page()
    page.add_init_script(SHOWN)
    yield page
    keeping.close()


def test_pages_that_are_left_hold_no_socket_and_come_back_to_the_conversation(site: Site, kept: Page) -> None:
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"], CHATBOT_SOCKETS_PER_ADDRESS="2")
    with own.serving():
        for number in range(5):  # a browser keeps six
            kept.goto(f"{own.url}/?{number}")
            kept.locator("[part=launcher]").click()
            expect(bubbles(kept, "bot")).to_have_count(number)
            converse(kept, f"on page {number}")
        kept.locator("[part=field]").fill("a draft")
        kept.goto(f"{own.url}/health/live")

        kept.go_back(wait_until="commit")
        expect(kept.locator("[part=field]")).to_have_value("a draft")
        assert kept.evaluate("window.kept")
        expect(kept.locator("[part=banner]")).to_be_hidden()
        kept.go_back(wait_until="commit")
        expect(bubbles(kept, "bot")).to_have_text([f"on page {number}" for number in range(5)])
        assert kept.evaluate("window.kept")
        say(kept, "back")
        expect(bubbles(kept, "bot").last).to_have_text("back")


def test_a_page_that_comes_back_without_a_reason_to_connect_stays_unconnected(served: Site, kept: Page) -> None:
    sockets: list[WebSocket] = []
    kept.on("websocket", lambda socket: sockets.append(socket))
    kept.goto(served.url)
    expect(kept.locator("[part=launcher]")).to_be_visible()
    kept.goto(f"{served.url}/health/live")
    kept.go_back(wait_until="commit")

    assert kept.evaluate("window.kept")
    assert sockets == []
    kept.locator("[part=launcher]").click()
    converse(kept, "hello")


def test_a_page_that_nobody_sees_yet_doesn_t_connect(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "hello")
    page.add_init_script(PRERENDER)
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.reload()
    page.evaluate("() => { document.querySelector('chatbot-widget').send('early'); }")
    page.evaluate("document.querySelector('chatbot-widget').open()")
    page.evaluate("(address) => fetch(address)", f"{served.url}/widget.js")  # time for what it would have asked
    assert sockets == []

    page.evaluate(ACTIVATE)
    expect(bubbles(page, "bot")).to_have_text(["hello", "early"])
