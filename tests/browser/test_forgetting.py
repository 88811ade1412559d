"""The next person at a browser finds nothing of the last one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.servers import Site
from tests.support.visit import converse, open_chat, say
from tests.support.wire import token_of

MINE = "[part=message]"
KEPT = "() => Object.keys({ ...localStorage, ...sessionStorage }).filter((name) => name.startsWith('chatbot-widget'))"


def expect_another_conversation(page: Page, site: Site, token: str) -> None:
    """What is said now goes into a conversation of its own."""
    converse(page, "I am somebody else")
    expect(page.locator("[part=bubble]")).to_have_text(["I am somebody else"] * 2)
    assert token_of(page, site).split(":")[0] != token.split(":")[0]


def test_an_application_that_logs_out_without_a_reload_makes_the_chat_forget(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "a private matter")
    token = token_of(page, served)
    page.locator("[part=field]").fill("a draft")
    page.evaluate("document.querySelector('chatbot-widget').forget()")

    expect(page.locator(MINE)).to_have_count(0)
    expect(page.locator("[part=field]")).to_have_value("")
    expect_another_conversation(page, served, token)


def test_a_closed_chat_forgets_without_a_connection_and_leaves_nothing_in_the_browser(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "a private matter")
    page.locator("[part=field]").fill("a draft")
    page.locator("[part=more]").click()
    page.get_by_role("button", name="Sound for new messages").click()
    page.locator("[part=close]").click()
    expect(page.locator("[part=panel]")).to_be_hidden()
    assert page.evaluate(KEPT) != []
    page.evaluate("document.querySelector('chatbot-widget').forget()")

    assert page.evaluate(KEPT) == []
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.reload()
    expect(page.locator("[part=launcher]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert sockets == []


def reopen(page: Page) -> None:
    page.locator("[part=close]").click()
    page.locator("[part=launcher]").click()


def write(page: Page) -> None:
    say(page, "I am somebody else")
    expect(page.locator("[part=bubble]")).to_have_text(["I am somebody else"] * 2)


def return_(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize("come", [reopen, write, return_], ids=["opening", "message", "return"])
def test_storage_that_was_cleared_is_noticed(come: Callable[[Page], None], served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "a private matter")
    token = token_of(page, served)
    page.evaluate("localStorage.clear()")
    come(page)

    expect(page.locator(MINE, has_text="private")).to_have_count(0)
    if come is write:
        assert token_of(page, served).split(":")[0] != token.split(":")[0]
    else:
        expect_another_conversation(page, served, token)


@pytest.mark.parametrize("leave", ["localStorage.clear()", "document.querySelector('chatbot-widget').forget()"])
def test_other_tabs_forget_at_once(leave: str, served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "a private matter")
    other = page.context.new_page()
    open_chat(other, served)
    expect(other.locator(MINE)).to_have_count(2)
    other.locator("[part=field]").fill("a draft")
    page.evaluate(leave)

    expect(other.locator(MINE)).to_have_count(0)
    expect(other.locator("[part=field]")).to_have_value("")


def test_two_chats_on_a_page_forget_together(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "a private matter")
    page.evaluate("""() => {
        const second = document.createElement("chatbot-widget");
        second.position = "left";
        document.body.append(second);
    }""")
    expect(page.locator(MINE)).to_have_count(4)
    page.evaluate("document.querySelector('chatbot-widget').forget()")

    expect(page.locator(MINE)).to_have_count(0)
