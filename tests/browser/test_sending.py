"""A visitor's message on its way from the field to the answer."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.visit import bubbles, converse, open_chat, read_at, say, stop_the_clock, visit
from tests.support.wire import Wire

MINE = "[part=message][data-sender=visitor]"


@pytest.fixture
def wire(page: Page) -> Wire:
    return Wire(page)


def test_words_are_on_the_screen_before_the_server_has_taken_them(served: Site, page: Page, wire: Wire) -> None:
    stop_the_clock(page)
    wire.deaf = True
    open_chat(page, served)
    say(page, "are you there?")

    expect(bubbles(page, "visitor")).to_have_text("are you there?")
    expect(page.locator(MINE)).to_have_attribute("data-state", "sending")
    expect(page.locator(MINE)).to_contain_text("Sending…")
    expect(page.locator("[part=field]")).to_have_value("")


def test_words_that_were_not_acknowledged_can_be_sent_again_and_arrive_once(served: Site, page: Page, wire: Wire) -> None:
    stop_the_clock(page)
    wire.deaf = True
    open_chat(page, served)
    say(page, "are you there?")
    wire.wait_until(lambda: wire.said == ["are you there?"])
    expect(page.locator(MINE)).to_contain_text("Sending…")
    page.clock.run_for(10_000)
    expect(page.locator(MINE)).to_contain_text("Not sent: the server gave no answer.")
    expect(page.get_by_role("status")).to_have_text("Not sent: the server gave no answer.")

    wire.deaf = False
    page.get_by_role("button", name="Send again").click()

    expect(bubbles(page, "bot")).to_have_text("are you there?")
    expect(page.locator(MINE)).to_have_attribute("data-state", "sent")
    expect(page.locator("[part=field]")).to_be_focused()
    assert len({frame["id"] for frame in wire.sent if frame["type"] == "message"}) == 1


def test_words_that_failed_can_be_deleted_and_stay_away(served: Site, page: Page, wire: Wire) -> None:
    open_chat(page, served)
    converse(page, "hello")
    wire.refusal = "busy"
    say(page, "never mind")
    expect(page.locator(MINE).last).to_contain_text("The chat is busy. Try again in a moment.")

    page.get_by_role("button", name="Delete").click()
    expect(bubbles(page, "visitor")).to_have_text(["hello"])
    expect(page.locator("[part=field]")).to_be_focused()

    page.reload()
    expect(bubbles(page, "visitor")).to_have_text(["hello"])


def test_refused_words_go_back_to_the_field_in_front_of_what_was_begun(served: Site, page: Page, wire: Wire) -> None:
    wire.refusal = "too_long"
    open_chat(page, served)
    say(page, "a long story")
    expect(page.locator(MINE)).to_contain_text("The message is too long. Shorten it and send it again.")
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    page.locator("[part=field]").fill("and more")

    page.get_by_role("button", name="Edit").click()

    expect(page.locator("[part=field]")).to_have_value("a long story\nand more")
    expect(page.locator("[part=field]")).to_be_focused()
    expect(page.locator(MINE)).to_have_count(0)


def test_refused_words_can_be_edited_again_in_the_conversation_after_this_one(served: Site, page: Page, wire: Wire) -> None:
    open_chat(page, served)
    converse(page, "hello")
    wire.refusal = "too_long"
    say(page, "a long story")
    edit = page.get_by_role("button", name="Edit")
    expect(edit).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="End the conversation").click()
    page.get_by_role("button", name="Yes, end it").click()
    begin = page.get_by_role("button", name="Start a new conversation")
    expect(begin).to_be_visible()
    expect(edit).to_be_hidden()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()

    begin.click()
    expect(bubbles(page, "visitor")).to_have_text(["a long story"])
    edit.click()

    expect(page.locator("[part=field]")).to_have_value("a long story")
    expect(page.locator("[part=field]")).to_be_focused()


def test_what_was_begun_survives_a_reload(served: Site, page: Page) -> None:
    open_chat(page, served)
    page.locator("[part=field]").fill("I was about to")

    page.reload()
    page.locator("[part=launcher]").click()

    expect(page.locator("[part=field]")).to_have_value("I was about to")


def test_shift_and_enter_break_the_line(served: Site, page: Page) -> None:
    open_chat(page, served)
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(page.locator("[part=field]")).to_have_value("one\ntwo")

    page.keyboard.press("Enter")
    expect(bubbles(page, "visitor")).to_have_text("one\ntwo", use_inner_text=True)


def test_the_enter_that_ends_a_composition_sends_nothing(served: Site, page: Page) -> None:
    open_chat(page, served)
    input_method = page.context.new_cdp_session(page)
    input_method.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    expect(page.locator("[part=field]")).to_have_value("にほ")

    page.keyboard.press("Enter")
    expect(page.locator(MINE)).to_have_count(0)
    input_method.send("Input.insertText", {"text": "日本"})
    page.keyboard.press("Enter")
    expect(bubbles(page, "visitor")).to_have_text("日本")


def test_the_field_grows_to_five_lines_and_scrolls_from_there(served: Site, page: Page) -> None:
    open_chat(page, served)
    field = page.locator("[part=field]")
    line = float(field.evaluate("(node) => parseFloat(getComputedStyle(node).lineHeight)"))
    heights = []
    for lines in range(1, 8):
        field.fill("\n".join("x" * lines))
        heights.append(field.evaluate("(node) => node.getBoundingClientRect().height"))
        assert field.evaluate("(node) => node.scrollHeight > node.clientHeight") == (lines > 5)

    assert [taller - lower for lower, taller in itertools.pairwise(heights)] == [line] * 4 + [0] * 2


def test_the_up_arrow_in_an_empty_field_brings_back_the_last_words(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "first", "second")

    page.keyboard.press("ArrowUp")
    expect(page.locator("[part=field]")).to_have_value("second")
    page.locator("[part=field]").fill("mine")
    page.keyboard.press("ArrowUp")
    expect(page.locator("[part=field]")).to_have_value("mine")


@pytest.mark.parametrize("text", ["", "a line"])
def test_page_keys_in_a_field_that_shows_all_of_its_text_turn_the_conversation(text: str, served: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 400})
    open_chat(page, served)
    converse(page, *"abcde")
    expect(bubbles(page, "visitor").first).not_to_be_in_viewport()
    page.locator("[part=field]").fill(text)

    for _ in range(9):
        page.keyboard.press("PageUp")
    expect(bubbles(page, "visitor").first).to_be_in_viewport()
    for _ in range(9):
        page.keyboard.press("PageDown")
    expect(bubbles(page, "bot").last).to_be_in_viewport()
    expect(page.locator("[part=field]")).to_be_focused()


def test_a_text_over_the_limit_says_by_how_much_and_stays(served: Site, page: Page) -> None:
    stop_the_clock(page)  # otherwise the announcement would be gone after a second
    open_chat(page, served)
    field = page.locator("[part=field]")
    field.fill("😀" * 2003)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send").click(force=True)

    expect(page.locator("[part=count]")).to_have_text("Too long by 3. Shorten the message to send it.")
    expect(page.get_by_role("status")).to_have_text("Too long by 3. Shorten the message to send it.")
    expect(field).to_have_accessible_description("Too long by 3. Shorten the message to send it.")
    expect(page.locator(MINE)).to_have_count(0)

    field.fill("😀" * 2000)
    expect(page.locator("[part=count]")).to_have_text("Characters left: 0")
    page.keyboard.press("Enter")
    expect(page.locator(MINE)).to_have_attribute("data-state", "sent")


def test_addresses_in_words_can_be_followed(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "See https://example.com/a?b=1. Or write to help@example.com!")

    for sender in ("visitor", "bot"):
        links = bubbles(page, sender).get_by_role("link")
        expect(links).to_have_count(2)
        expect(links.first).to_have_attribute("href", "https://example.com/a?b=1")
        expect(links.first).to_have_attribute("target", "_blank")
        expect(links.first).to_have_attribute("rel", "noopener noreferrer")
        expect(links.first).to_have_accessible_name("https://example.com/a?b=1 (opens in a new tab)")
        expect(links.last).to_have_attribute("href", "mailto:help@example.com")


@pytest.mark.parametrize("press", ["a chip", "the field"])
def test_quick_replies_go_once_something_was_said(press: str, served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "/chips")
    chips = page.locator("[part=chip]")
    expect(chips.first).to_be_visible()

    if press == "a chip":
        chips.get_by_text("Help").click()
    else:
        say(page, "Help")

    expect(bubbles(page, "visitor").last).to_have_text("Help")
    expect(page.locator("[part=chip]:visible")).to_have_count(0)
    expect(page.locator("[part=field]")).to_be_focused()
    expect(bubbles(page, "bot").last).to_have_text("Help")


def test_words_that_are_sent_again_are_in_sight(served: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    server = FakeServer(page)
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    server.refuses = "busy"
    say(page, "Is there a room?")
    expect(page.locator("[part=retry]")).to_be_visible()
    for number in range(12):
        server.say(f"News {number}")
    expect(page.locator("[part=message]")).to_have_count(13)
    server.refuses = None
    read_at(page, 0)
    page.locator("[part=retry]").click()

    expect(bubbles(page, "visitor")).to_be_in_viewport(ratio=1)
    expect(page.locator("[part=pill]")).to_be_hidden()
