"""The typing dots: they disappear with the reply, and never flash."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.visit import say, stop_the_clock, visit

DOTS = "[part=typing]"
WITH_THE_REPLY = """(widget) => new Promise((resolve) => {
    const dots = widget.shadowRoot.querySelector("[part=typing]");
    const log = widget.shadowRoot.querySelector("[part=log]");
    const look = () => requestAnimationFrame(() => resolve(dots.checkVisibility()));
    new MutationObserver(look).observe(log, { childList: true });
})"""
"""Whether the dots are visible in the first frame that shows the reply."""


@pytest.fixture
def server(page: Page, served: Site) -> FakeServer:
    """The bot is typing, and the clock stands still."""
    server = FakeServer(page)
    stop_the_clock(page)
    visit(page, served)
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()
    say(page, "Is there a room?")
    expect(page.locator("[data-state=sent]")).to_be_visible()
    server.type()
    expect(page.locator(DOTS)).to_be_visible()
    return server


def test_a_reply_takes_the_place_of_the_dots_at_once(page: Page, server: FakeServer) -> None:
    page.evaluate(f"window.seen = ({WITH_THE_REPLY})(document.querySelector('chatbot-widget')), null")
    server.say("There is one.")
    expect(page.locator("[part=bubble]").last).to_have_text("There is one.")
    page.clock.run_for(20)  # one frame: they are animated by this clock, too

    assert page.evaluate("window.seen") is False


def test_where_no_reply_comes_the_dots_stay_for_half_a_second(page: Page, server: FakeServer) -> None:
    server.refuses = "busy"
    say(page, "And with a garden?")
    expect(page.locator("[part=retry]")).to_be_visible()
    page.clock.run_for(400)
    expect(page.locator(DOTS)).to_be_visible()

    page.clock.run_for(200)
    expect(page.locator(DOTS)).to_be_hidden()


def test_the_dots_go_by_themselves_after_twenty_seconds(page: Page, server: FakeServer) -> None:
    page.clock.run_for(19_000)
    expect(page.locator(DOTS)).to_be_visible()

    page.clock.run_for(2_000)
    expect(page.locator(DOTS)).to_be_hidden()
