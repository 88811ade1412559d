"""The chat on a phone: it takes the whole screen, and doesn't change the page behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.fake_server import FakeServer
from tests.support.peers import eventually
from tests.support.servers import Site
from tests.support.states import conversation, lost, read_above
from tests.support.visit import visit

WIDTH, HEIGHT = 390, 844
LONG = "<p>A line of the page</p>" * 100
KEYBOARD = """([height, top]) => {
    Object.defineProperty(visualViewport, "height", { value: height, configurable: true });
    Object.defineProperty(visualViewport, "offsetTop", { value: top, configurable: true });
    visualViewport.dispatchEvent(new Event("resize"));
}"""
PAGE_STATE = """() => [
    document.documentElement.outerHTML,
    ...[document.documentElement, document.body].map((node) => [...getComputedStyle(node)].map(
        (name) => `${name}: ${getComputedStyle(node).getPropertyValue(name)}`).join()),
]"""


@pytest.fixture
def phone(browser: Browser, served: Site) -> Iterator[Page]:
    """A phone on a long page with the chat. The page has been scrolled a little."""
    size: Any = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    server = FakeServer(page)
    page.server = server  # type: ignore[attr-defined]
    visit(page, served, content=LONG)
    page.evaluate("scrollTo(0, 300)")
    yield page
    context.close()


def box(locator: Locator) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    found = locator.bounding_box()
    assert found
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def open_chat(page: Page) -> None:
    page.locator("[part=launcher]").tap()
    expect(page.locator("[part=empty]")).to_be_visible()


def still(page: Page) -> None:
    """Wait until nothing moves."""
    page.locator("chatbot-widget").evaluate(
        "(widget) => Promise.all(widget.shadowRoot.getAnimations().map(({ finished }) => finished))"
    )


def swipe(page: Page, x: float, y: float, *, by: float) -> None:
    session = page.context.new_cdp_session(page)
    steps = 8
    for step in range(steps + 1):
        point = {"x": x, "y": y + by * step / steps}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_the_open_chat_takes_the_whole_screen(phone: Page) -> None:
    open_chat(phone)
    still(phone)

    panel = phone.locator("[part=panel]")
    assert box(panel) == (0, 0, WIDTH, HEIGHT)
    expect(panel).to_have_css("border-radius", "0px")
    expect(phone.locator("[part=launcher]")).to_be_hidden()
    phone.locator("[part=close]").tap()
    expect(panel).to_be_hidden()
    expect(phone.locator("[part=launcher]")).to_be_in_viewport()


def test_opening_brings_up_no_keyboard_and_writing_no_zoom(phone: Page) -> None:
    open_chat(phone)

    expect(phone.locator("[part=panel]")).to_be_focused()
    expect(phone.locator("[part=field]")).to_have_css("font-size", "16px")
    expect(phone.locator("[part=field]")).to_have_attribute("enterkeyhint", "send")


def test_a_finger_moves_the_page_while_the_chat_is_closed(phone: Page) -> None:
    swipe(phone, WIDTH / 2, HEIGHT / 2, by=-200)

    eventually(lambda: bool(phone.evaluate("scrollY > 300")))


@pytest.mark.parametrize("part", ["header", "empty", "field", "send"])
def test_the_page_behind_stays_where_and_as_it_was(phone: Page, part: str) -> None:
    before = phone.evaluate(PAGE_STATE)
    open_chat(phone)
    still(phone)
    left, top, right, bottom = box(phone.locator(f"[part={part}]"))
    for by in (-200, 200):
        swipe(phone, (left + right) / 2, (top + bottom) / 2, by=by)

    assert phone.evaluate("scrollY") == 300
    assert phone.evaluate("visualViewport.pageTop") == 300
    opened = phone.evaluate(PAGE_STATE)
    assert opened == before


def test_the_conversation_is_scrolled_by_a_finger_and_the_page_is_not(phone: Page) -> None:
    open_chat(phone)
    read_above(phone, phone.server)  # type: ignore[attr-defined]
    still(phone)
    swipe(phone, WIDTH / 2, HEIGHT / 2, by=-400)
    swipe(phone, WIDTH / 2, HEIGHT / 2, by=-800)

    expect(phone.locator("[part=message]").last).to_be_in_viewport()
    assert phone.evaluate("scrollY") == 300


@pytest.mark.parametrize("part", ["panel", "close", "scroller"])
def test_keys_move_the_conversation_and_not_the_page(phone: Page, part: str) -> None:
    open_chat(phone)
    read_above(phone, phone.server)  # type: ignore[attr-defined]
    messages, focused = phone.locator("[part=message]"), phone.locator(f"[part={part}]")
    for _ in range(2):
        focused.press("Home")
        expect(messages.first).to_be_in_viewport()
        for _ in range(9):
            focused.press("PageDown")
        expect(messages.last).to_be_in_viewport()
        for _ in range(9):
            focused.press("PageUp")
        expect(messages.first).to_be_in_viewport()
        focused.press("End")
        expect(messages.last).to_be_in_viewport()
        phone.evaluate("document.activeElement.blur()")  # as after a button disappears

    assert phone.evaluate("scrollY") == 300


def test_what_closes_things_on_a_phone_closes_the_chat(phone: Page) -> None:
    """Its back gesture, as far as a page can notice it. Escape does the same if nothing has the focus."""
    phone.evaluate("scrollTo(0, 300)")
    open_chat(phone)
    phone.evaluate("document.querySelector('chatbot-widget').shadowRoot.activeElement.blur()")
    phone.keyboard.press("Escape")

    expect(phone.locator("[part=panel]")).to_be_hidden()
    expect(phone.locator("[part=launcher]")).to_be_focused()
    assert phone.evaluate("scrollY") == 300


def test_what_closes_things_closes_the_menu_before_the_chat(phone: Page) -> None:
    open_chat(phone)
    conversation(phone, phone.server)  # type: ignore[attr-defined]
    menu, panel = phone.locator("[part=menu]"), phone.locator("[part=panel]")
    back = "(chat) => chat.shadowRoot.querySelector('dialog').dispatchEvent(new Event('cancel', { cancelable: true }))"
    for leave in (lambda: phone.keyboard.press("Escape"), lambda: phone.locator("chatbot-widget").evaluate(back)):
        phone.locator("[part=more]").press("Enter")
        expect(menu).to_be_visible()
        leave()
        expect(menu).to_be_hidden()
        expect(panel).to_be_visible()
        expect(phone.locator("[part=more]")).to_be_focused()

    phone.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_page_that_hides_the_open_chat_can_be_used(phone: Page) -> None:
    open_chat(phone)
    link = phone.get_by_role("link", name="A link of the page")
    phone.evaluate("document.querySelector('chatbot-widget').hidden = true")
    link.click()
    expect(link).to_be_focused()

    phone.evaluate("document.querySelector('chatbot-widget').hidden = false")
    expect(phone.get_by_role("dialog")).to_be_visible()
    expect(phone.locator("[part=panel]")).to_be_focused()


@pytest.mark.parametrize("top", [0, 120], ids=["in place", "scrolled by the browser"])
def test_the_keyboard_covers_neither_field_nor_button(phone: Page, top: int) -> None:
    open_chat(phone)
    still(phone)
    visible = 430
    phone.evaluate(KEYBOARD, [visible, top])

    for part in ("field", "send", "close", "empty"):
        _, above, _, below = box(phone.locator(f"[part={part}]"))
        assert top <= above < below <= top + visible, part
    phone.evaluate(KEYBOARD, [HEIGHT, 0])
    assert box(phone.locator("[part=panel]")) == (0, 0, WIDTH, HEIGHT)


def test_the_last_message_stays_in_sight_when_the_keyboard_comes(phone: Page) -> None:
    open_chat(phone)
    for number in range(12):
        phone.server.say(f"Line {number}")  # type: ignore[attr-defined]
    expect(phone.locator("[part=message]")).to_have_count(12)
    phone.evaluate(KEYBOARD, [430, 0])

    expect(phone.locator("[part=bubble]").last).to_be_in_viewport()
    assert box(phone.locator("[part=bubble]").last)[3] <= box(phone.locator("[part=field]"))[1]


def test_a_banner_leaves_the_last_message_in_sight(phone: Page) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.locator("chatbot-widget").evaluate("(widget) => { widget.language = 'de'; }")
    expect(phone.locator("[part=launcher]")).to_have_accessible_name("Chat öffnen")
    open_chat(phone)
    lost(phone, phone.server)  # type: ignore[attr-defined]

    expect(phone.locator("[part=state]").last).to_be_in_viewport(ratio=1)


def test_a_turned_phone_shows_field_and_messages(phone: Page) -> None:
    open_chat(phone)
    phone.server.say("Breakfast is at seven.")  # type: ignore[attr-defined]
    phone.locator("[part=field]").focus()
    phone.set_viewport_size({"width": HEIGHT, "height": WIDTH})
    expect(phone.get_by_role("dialog")).to_be_visible()
    still(phone)
    assert box(phone.locator("[part=panel]")) == (0, 0, HEIGHT, WIDTH)
    expect(phone.locator("[part=field]")).to_be_focused()

    for part in ("field", "send", "close", "bubble"):
        expect(phone.locator(f"[part={part}]")).to_be_in_viewport(ratio=1)
