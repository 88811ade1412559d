"""A page that HTTP reaches, and no WebSocket: a proxy in between passes no upgrades on."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from chat.sites.strings import strings
from tests.support.foreign import CHAT, Website, launcher, replies, visit
from tests.support.servers import Site
from tests.support.visit import come_back_soon, say, stop_the_clock
from tests.support.wire import Wire

ELEMENT = '<main><chatbot-widget><p id="own">Call <a href="tel:+49301234567">us</a>.</p></chatbot-widget></main>'
ALL_ATTEMPTS = 30_000
"""Milliseconds."""


def test_after_five_attempts_the_page_s_own_words_come_back_and_the_chat_says_what_is_true(
    served: Site, web: Website, watched: Page
) -> None:
    complaints: list[str] = []
    watched.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    come_back_soon(watched)
    stop_the_clock(watched)
    wire = Wire(watched)
    wire.cut()
    visit(watched, web, served, f"<style>main {{ color: rgb(1, 2, 3) }}</style>{CHAT}{ELEMENT}")
    launcher(watched).click()
    subtitle, own = watched.locator(".subtitle"), watched.locator("#own")
    expect(subtitle).to_have_text(str(strings("en")["subtitle_bot"]))
    for attempt in range(1, 5):
        wire.wait_until(lambda: wire.sockets == attempt)  # noqa: B023 - it is called at once
        expect(own).to_be_hidden()
        watched.clock.run_for(600)

    expect(own).to_be_visible()
    expect(own).to_have_css("color", "rgb(1, 2, 3)")
    expect(subtitle).to_have_text(str(strings("en")["unreachable"]))
    expect(watched.locator("[part=panel]")).to_be_in_viewport()
    watched.clock.run_for(ALL_ATTEMPTS)
    wire.wait_until(lambda: wire.sockets > 6 and any(text.startswith("chatbot-widget:") for text in complaints))
    (complaint,) = (text for text in complaints if text.startswith("chatbot-widget:"))
    assert "upgrades" in complaint
    assert served.url in complaint

    wire.mend()
    watched.clock.run_for(ALL_ATTEMPTS)
    expect(own).to_be_hidden()
    expect(subtitle).to_have_text(str(strings("en")["subtitle_bot"]))
    say(watched, "hello")
    expect(replies(watched)).to_have_text("hello")


def test_a_connection_that_stood_once_and_is_lost_is_no_reason_for_other_words(
    served: Site, web: Website, page: Page
) -> None:
    come_back_soon(page)
    stop_the_clock(page)
    wire = Wire(page)
    visit(page, web, served, CHAT + ELEMENT)
    launcher(page).click()
    say(page, "hello")
    expect(replies(page)).to_have_text("hello")
    wire.cut()
    for attempt in range(2, 8):
        page.clock.run_for(600)
        wire.wait_until(lambda: wire.sockets == attempt)  # noqa: B023 - it is called at once

    expect(page.locator("#own")).to_be_hidden()
    expect(page.locator("[part=banner]")).to_be_visible()
    expect(page.locator(".subtitle")).to_have_text("")
