"""The states of the chat that a visitor can see. Each starts from an open and empty chat."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from integrations.providers.echo import PARTS
from tests.support.fake_server import FakeServer
from tests.support.visit import read_at, say

ALL_PARTS: tuple[dict[str, Any], ...] = tuple(part.as_json() for part in PARTS.values())
CHIPS = PARTS["/chips"].as_json()


def closed(page: Page, server: FakeServer) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("[part=panel]")).to_be_hidden()


def empty(page: Page, server: FakeServer) -> None:
    expect(page.locator("[part=empty]")).to_be_visible()


def starters(page: Page, server: FakeServer) -> None:
    page.locator("chatbot-widget").evaluate("(node) => { node.starters = 'What does a room cost?|Is breakfast included?'; }")
    expect(page.locator("[part=empty] [part=chip]")).to_have_count(2)


def conversation(page: Page, server: FakeServer) -> None:
    say(page, "Is there a room with a garden? See https://example.com/rooms")
    expect(page.locator("[data-state=sent]")).to_be_visible()
    server.say("There is one: https://example.com/garden")
    server.say("I can show it to you.", sender="operator")
    server.say("A colleague has joined.", sender="system")
    expect(page.locator("[part=message]")).to_have_count(4)


def rated(page: Page, server: FakeServer) -> None:
    server.say("Breakfast is from seven to ten.")
    page.locator("[data-action=up]").last.click()
    expect(page.locator("[data-action=up]").last).to_have_attribute("aria-pressed", "true")


def all_parts(page: Page, server: FakeServer) -> None:
    server.say("Everything", *ALL_PARTS)
    expect(page.locator("[part=chip]").first).to_be_visible()
    page.locator("summary").click()
    expect(page.locator("[part=action]").first).to_be_attached()  # what only an open chat needs has come, too


def typing(page: Page, server: FakeServer) -> None:
    conversation(page, server)
    server.type()
    expect(page.locator("[part=typing]")).to_be_visible()


def menu(page: Page, server: FakeServer) -> None:
    conversation(page, server)
    page.locator("[part=more]").click()
    expect(page.locator("[part=menu]")).to_be_visible()


def failed(page: Page, server: FakeServer) -> None:
    server.refuses = "rate_limited"
    say(page, "Once more")
    expect(page.locator("[part=retry]")).to_be_visible()
    server.refuses = "too_long"
    say(page, "Far too much")
    expect(page.locator("[part=edit]")).to_be_visible()


def complained(page: Page, server: FakeServer) -> None:
    server.complain()
    expect(page.locator("[part=note]")).to_be_visible()


def lost(page: Page, server: FakeServer) -> None:
    conversation(page, server)
    server.leave()
    say(page, "Are you there?")
    expect(page.locator("[part=banner]")).to_contain_text(re.compile(r"\d"))


def too_long(page: Page, server: FakeServer) -> None:
    page.locator("[part=field]").fill("x" * 2001)
    expect(page.locator("[part=count]")).to_be_visible()


def ending(page: Page, server: FakeServer) -> None:
    menu(page, server)
    page.locator("[part=menu-item]:visible").last.click()
    expect(page.locator(".question")).to_be_visible()


def ended(page: Page, server: FakeServer) -> None:
    ending(page, server)
    page.locator("[part=menu-item]:visible").first.click()
    expect(page.locator("[part=begin]")).to_be_visible()


def unread(page: Page, server: FakeServer) -> None:
    closed(page, server)
    for number in range(12):
        server.say(f"News {number}")
    expect(page.locator("[part=badge]")).to_have_text("9+")


def read_above(page: Page, server: FakeServer) -> None:
    for number in range(12):
        server.say(f"Line {number}")
    expect(page.locator("[part=message]")).to_have_count(12)
    read_at(page, 60)
    server.say("One more")
    expect(page.locator("[part=pill]")).to_be_visible()


STATES: dict[str, Callable[[Page, FakeServer], None]] = {
    state.__name__: state
    for state in (
        closed,
        empty,
        starters,
        conversation,
        rated,
        all_parts,
        typing,
        menu,
        failed,
        complained,
        lost,
        too_long,
        ending,
        ended,
        unread,
        read_above,
    )
}
