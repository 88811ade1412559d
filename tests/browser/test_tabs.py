"""Several tabs of one visitor, and messages that come while nobody looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.visit import bubbles, converse, open_chat, visit
from tests.support.wire import elsewhere, token_name, token_of

BADGE = "[part=badge]"


def another_tab(page: Page, site: Site) -> Page:
    tab = page.context.new_page()
    open_chat(tab, site)
    return tab


def visitor_who_left(page: Page, site: Site, *texts: str) -> str:
    """A visitor says something, reads the replies and closes the page. Return the token."""
    open_chat(page, site)
    converse(page, *texts)
    token = token_of(page, site)
    page.goto("about:blank")
    return token


def test_two_tabs_show_the_same_once_and_in_order(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "from one")
    other = another_tab(page, served)
    expect(bubbles(other, "bot")).to_have_text(["from one"])

    converse(other, "from the other")
    expect(bubbles(page, "bot")).to_have_count(2)
    converse(page, "from one again")

    for tab in (page, other):
        shown = [text for text in ("from one", "from the other", "from one again") for _ in range(2)]
        expect(tab.locator("[part=bubble]")).to_have_text(shown)
        expect(tab.locator("[part=message]:not([data-state=sent])")).to_have_count(0)


def test_a_tab_that_was_open_before_the_conversation_counts_its_replies(served: Site, page: Page) -> None:
    page.goto(served.url)
    expect(page.locator("[part=launcher]")).to_be_visible()
    other = another_tab(page, served)
    converse(other, "hello")
    token = token_of(other, served)
    other.close()

    with elsewhere(served, token) as client:
        client.say("one")
    expect(page.locator(BADGE)).to_have_text("1")


def test_what_is_read_in_one_tab_is_read_in_the_other(served: Site, page: Page) -> None:
    token = visitor_who_left(page, served, "hello")
    with elsewhere(served, token) as client:
        client.say("one", "two")
    page.goto(served.url)
    other = page.context.new_page()
    other.goto(served.url)
    expect(page.locator(BADGE)).to_have_text("2")
    expect(other.locator(BADGE)).to_have_text("2")

    other.locator("[part=launcher]").click()

    expect(page.locator(BADGE)).to_be_hidden()
    expect(page).to_have_title(re.compile(r"^[^(]"))


def test_two_chats_on_a_page_count_as_one_in_its_title_and_what_is_read_in_one_is_read_in_both(
    served: Site, page: Page
) -> None:
    token = visitor_who_left(page, served, "hello")
    page.goto(served.url)
    page.evaluate("document.querySelector('chatbot-widget').after(document.createElement('chatbot-widget'))")
    page.evaluate("document.querySelector('chatbot-widget').position = 'left'")
    expect(page.locator("[part=launcher]")).to_have_count(2)
    expect(page.locator("[part=message]")).to_have_count(4)
    title = page.title()
    with elsewhere(served, token) as client:
        client.say("one")
        expect(page.locator(BADGE)).to_have_text(["1", "1"])
        expect(page).to_have_title(f"(1) {title}")
        page.evaluate("document.title = 'Another page of the shop'")
        client.say("two")
        expect(page.locator(BADGE)).to_have_text(["2", "2"])
        expect(page).to_have_title("(2) Another page of the shop")
        page.evaluate("document.title = ''")
        client.say("three")
        expect(page.locator(BADGE)).to_have_text(["3", "3"])
        client.say("four")
    expect(page).to_have_title("(4)")

    page.locator("[part=launcher]").first.click()

    expect(page.locator(BADGE).first).to_be_hidden()
    expect(page.locator(BADGE).last).to_be_hidden()
    expect(page).to_have_title("")


def test_the_end_and_a_new_beginning_in_one_tab_are_followed_by_the_other(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "hello")
    other = another_tab(page, served)
    expect(bubbles(other, "bot")).to_have_count(1)

    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="End the conversation").click()
    page.get_by_role("button", name="Yes, end it").click()
    expect(other.get_by_role("button", name="Start a new conversation")).to_be_visible()
    expect(other.locator("[part=field]")).to_be_hidden()

    page.get_by_role("button", name="Start a new conversation").click()
    converse(page, "a new beginning")
    expect(other.locator("[part=bubble]")).to_have_text(["a new beginning"] * 2)
    converse(other, "goes on")
    expect(bubbles(page, "bot")).to_have_text(["a new beginning", "goes on"])
    assert token_of(page, served) == token_of(other, served)


def test_who_writes_while_another_tab_ends_the_conversation_presses_nothing(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "hello")
    other = another_tab(page, served)
    other.locator("[part=field]").fill("my")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="End the conversation").click()
    page.get_by_role("button", name="Yes, end it").click()
    expect(other.get_by_role("button", name="Start a new conversation")).to_be_visible()

    other.keyboard.type(" world")

    expect(bubbles(other, "bot")).to_have_text(["hello"])
    expect(other.get_by_role("button", name="Start a new conversation")).to_be_visible()


def test_a_tab_that_opens_disturbs_no_other(served: Site, page: Page) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    open_chat(page, served)
    converse(page, "hello")
    token = token_of(page, served)
    other = page.context.new_page()
    other.goto(served.url)
    while token_of(other, served) == token:  # the new token differs only in its second
        other.reload()
    other.locator("[part=launcher]").click()
    converse(other, "again")

    expect(bubbles(page, "bot")).to_have_text(["hello", "again"])
    assert len(sockets) == 1


def test_a_rating_is_seen_in_the_other_tab(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "hello")
    other = another_tab(page, served)
    page.get_by_role("button", name="This helped").click()

    expect(other.get_by_role("button", name="This helped", pressed=True)).to_be_visible()


def test_what_came_while_the_page_was_closed_still_counts_as_unread(served: Site, page: Page) -> None:
    token = visitor_who_left(page, served, "hello")
    with elsewhere(served, token) as client:
        client.say("one", "two", "three")

    for _ in range(2):
        page.goto(served.url)
        expect(page.locator(BADGE)).to_have_text("3")
        expect(page.get_by_role("button", name="Open the chat, 3 new messages")).to_be_visible()
        assert page.title().startswith("(3) ")

    page.locator("[part=launcher]").click()
    page.reload()
    expect(page.get_by_role("button", name="Open the chat", exact=True)).to_be_visible()
    expect(page.locator("[part=message]")).to_have_count(8)
    expect(page.locator(BADGE)).to_be_hidden()


@pytest.mark.parametrize("opened", ["at load", "before the conversation has come"])
def test_a_chat_that_is_open_before_its_messages_come_shows_the_first_unread_first(
    opened: str, served: Site, page: Page
) -> None:
    server = FakeServer(page)
    for number in range(24):
        server.say(f"message {number}")
    kept = {token_name(served): "token", token_name(served).replace("token", "seen"): "conversation 6"}
    page.add_init_script(f"Object.entries({kept}).forEach((entry) => localStorage.setItem(...entry))")
    if opened == "at load":
        visit(page, served, widget="open")
    else:
        server.leave()
        visit(page, served)
        page.locator("[part=launcher]").click()
        server.return_()

    expect(bubbles(page, "bot")).to_have_count(24)
    expect(bubbles(page, "bot").nth(6)).to_be_in_viewport(ratio=1)
    expect(bubbles(page, "bot").nth(5)).not_to_be_in_viewport()
    expect(page.locator(BADGE)).to_be_hidden()


def test_more_than_nine_are_nine_plus_and_the_first_of_them_is_shown_first(served: Site, page: Page) -> None:
    token = visitor_who_left(page, served, "hello", "read")
    page.goto(served.url)
    with elsewhere(served, token) as client:
        client.say(*(f"message {number}" for number in range(9)))
        expect(page.locator(BADGE)).to_have_text("9")
        client.say("message 9")
    expect(page.locator(BADGE)).to_have_text("9+")
    assert page.title().startswith("(10) ")

    page.locator("[part=launcher]").click()

    expect(bubbles(page, "bot").get_by_text("message 0")).to_be_in_viewport(ratio=1)
    expect(bubbles(page, "bot").get_by_text("read")).not_to_be_in_viewport()
    expect(bubbles(page, "bot").last).not_to_be_in_viewport()
    expect(page.locator(BADGE)).to_be_hidden()


HIDE = """() => {
    window.shown = "hidden";
    Object.defineProperty(document, "visibilityState", { get: () => window.shown });
}"""
SHOW = "() => { window.shown = 'visible'; document.dispatchEvent(new Event('visibilitychange')); }"


def test_a_page_in_the_background_counts_what_comes_though_the_chat_is_open(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "hello")
    token = token_of(page, served)
    assert token
    page.evaluate(HIDE)
    with elsewhere(served, token) as client:
        client.say("look here")
    expect(page).to_have_title(re.compile(r"^\(1\) "))

    page.evaluate(SHOW)
    expect(page).to_have_title(re.compile(r"^[^(]"))


def test_who_comes_back_to_a_page_with_the_chat_open_finds_the_first_of_what_came_meanwhile(
    served: Site, page: Page
) -> None:
    server = FakeServer(page)
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    page.evaluate(HIDE)
    for number in range(20):
        server.say(f"message {number}")
    expect(page).to_have_title("(20) A shop")
    page.evaluate(SHOW)

    expect(page).to_have_title("A shop")
    expect(bubbles(page, "bot").first).to_be_in_viewport(ratio=1)
