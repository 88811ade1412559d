"""The chat without a pointer."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.states import ALL_PARTS, CHIPS, conversation
from tests.support.visit import visit

FOCUSED = """() => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    const { part, dataset, textContent, localName } = node;
    const name = part.value || `${localName} ${textContent.trim()}`;
    return dataset.action ? `${name} ${dataset.action}` : name;
}"""
OUTLINED = """(widget) => {
    let node = widget.shadowRoot.activeElement;
    if (node.part.value === "field") node = node.parentNode;
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""


@pytest.fixture
def server(page: Page) -> FakeServer:
    return FakeServer(page)


def focused(page: Page) -> str:
    """The part that has the focus, or the element's name and words."""
    name: str = page.evaluate(FOCUSED)
    return name


def stops(page: Page, key: str, last: str) -> list[str]:
    """The stops of the key, up to `last`. Each must show that it has the focus."""
    found: list[str] = []
    while not found or found[-1] != last:
        assert len(found) < 40, found
        page.keyboard.press(key)
        found.append(focused(page))
        if page.evaluate("document.activeElement.localName") == "chatbot-widget":
            assert page.locator("chatbot-widget").evaluate(OUTLINED), found[-1]
    return found


def open_by_keyboard(page: Page, site: Site, **options: str) -> None:
    visit(page, site, **options)
    expect(page.locator("[part=launcher]")).to_be_visible()
    stops(page, "Tab", "launcher")
    page.keyboard.press("Enter")
    expect(page.locator("[part=empty]")).to_be_visible()


def test_a_visitor_finds_the_chat_opens_it_writes_and_closes_it(served: Site, page: Page, server: FakeServer) -> None:
    visit(page, served)
    expect(page.locator("[part=launcher]")).to_be_visible()
    assert stops(page, "Tab", "launcher") == ["a A link of the page", "launcher"]
    page.keyboard.press("Space")
    expect(page.locator("[part=field]")).to_be_focused()

    page.keyboard.type("Good morning")
    page.keyboard.press("Tab")
    expect(page.locator("[part=send]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=sent] [part=bubble]")).to_have_text("Good morning")
    expect(page.locator("[part=field]")).to_be_focused()

    stops(page, "Shift+Tab", "close")
    page.keyboard.press("Enter")
    expect(page.locator("[part=panel]")).to_be_hidden()
    expect(page.locator("[part=launcher]")).to_be_focused()


def test_the_focus_takes_the_order_in_which_one_reads(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)
    server.say("What next?", CHIPS)
    expect(page.locator("[part=chip]")).to_have_count(2)
    stops(page, "Shift+Tab", "more")

    assert stops(page, "Tab", "send") == [
        "close",
        "scroller",
        "chip",
        "chip",
        "action copy",
        "action up",
        "action down",
        "field",
        "send",
    ]
    assert stops(page, "Shift+Tab", "a A link of the page")[-2:] == ["more", "a A link of the page"]


def test_each_part_of_a_reply_can_be_reached_and_seen(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)
    server.say("Everything", *ALL_PARTS)
    expect(page.locator("[part=chip]")).to_have_count(2)
    stops(page, "Shift+Tab", "scroller")

    reached = stops(page, "Tab", "action copy")
    assert reached == ["button", "button", "link", "item", "item", "summary How do I cancel?", "chip", "chip", "action copy"]


def test_a_chip_is_said_and_the_focus_goes_on_to_the_field(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)
    server.say("What next?", CHIPS)
    expect(page.locator("[part=chip]")).to_have_count(2)
    stops(page, "Shift+Tab", "chip")
    page.keyboard.press("Enter")

    expect(page.locator("[data-sender=visitor] [part=bubble]")).to_have_text("Help")
    expect(page.locator("[part=field]")).to_be_focused()


def test_the_menu_is_opened_walked_through_and_left(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)
    conversation(page, server)
    stops(page, "Shift+Tab", "more")
    page.keyboard.press("Enter")
    expect(page.locator("[part=menu]")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sound for new messages")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Sound for new messages", pressed=True)).to_be_focused()

    page.keyboard.press("Escape")
    expect(page.locator("[part=menu]")).to_be_hidden()
    expect(page.locator("[part=more]")).to_be_focused()

    page.keyboard.press("Enter")
    stops(page, "Tab", "close")
    expect(page.locator("[part=menu]")).to_be_hidden()


def test_a_thumb_is_pressed_and_keeps_the_focus(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)
    server.say("Breakfast is at seven.")
    expect(page.locator("[part=message]")).to_have_count(1)
    stops(page, "Shift+Tab", "action up")
    page.keyboard.press("Space")

    expect(page.get_by_role("button", name="This helped", pressed=True)).to_be_focused()
    expect(page.get_by_role("button", name="This did not help", pressed=False)).to_be_visible()


def test_ending_leads_the_focus_to_a_new_beginning_and_that_to_the_field(
    served: Site, page: Page, server: FakeServer
) -> None:
    open_by_keyboard(page, served)
    conversation(page, server)
    stops(page, "Shift+Tab", "more")
    page.keyboard.press("Enter")
    expect(page.locator("[part=menu]")).to_be_visible()
    stops(page, "Tab", "menu-item")
    while not page.get_by_role("button", name="End the conversation").evaluate("(node) => node.matches(':focus')"):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="End the conversation")).to_be_focused()
    page.keyboard.press("Enter")
    cancel = page.get_by_role("group", name="Do you want to end the conversation?").get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="End the conversation")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[part=begin]")).to_be_visible()

    stops(page, "Tab", "begin")
    page.keyboard.press("Enter")
    expect(page.locator("[part=field]")).to_be_focused()


@pytest.mark.parametrize("place", ["field", "close", "scroller", "action up"])
def test_what_arrives_leaves_the_focus_where_it_is(served: Site, page: Page, server: FakeServer, place: str) -> None:
    open_by_keyboard(page, served)
    server.say("First")
    expect(page.locator("[part=message]")).to_have_count(1)
    if place != "field":
        stops(page, "Shift+Tab", place)
    server.type()
    server.say("Second", CHIPS)
    server.say("The conversation goes on.", sender="system")
    server.complain()
    expect(page.locator("[part=note]")).to_be_visible()

    assert focused(page) == place


@pytest.mark.parametrize("calls", ["open()", "open = true"])
@pytest.mark.parametrize("width", [390, 1000])
def test_escape_gives_the_focus_back_to_the_button_of_the_page_that_opened_the_chat(
    calls: str, width: int, served: Site, page: Page, server: FakeServer
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    visit(page, served, content=f"""<button onclick="document.querySelector('chatbot-widget').{calls}">Help</button>""")
    expect(page.locator("[part=launcher]")).to_be_visible()
    page.get_by_role("button", name="Help", exact=True).click()
    page.locator("[part=field]").focus()
    page.keyboard.press("Escape")

    expect(page.locator("[part=panel]")).to_be_hidden()
    expect(page.get_by_role("button", name="Help", exact=True)).to_be_focused()

    page.locator("[part=launcher]").click()
    page.locator("[part=field]").focus()
    page.keyboard.press("Escape")
    expect(page.locator("[part=launcher]")).to_be_focused()


def test_where_that_button_is_gone_the_launcher_gets_the_focus(served: Site, page: Page, server: FakeServer) -> None:
    opens = "document.querySelector('chatbot-widget').open(); this.remove()"
    visit(page, served, content=f'<button onclick="{opens}">Help</button>')
    expect(page.locator("[part=launcher]")).to_be_visible()
    page.get_by_role("button", name="Help", exact=True).click()
    expect(page.locator("[part=field]")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("[part=launcher]")).to_be_focused()


def test_escape_anywhere_in_the_panel_gives_the_focus_back_to_the_launcher(
    served: Site, page: Page, server: FakeServer
) -> None:
    open_by_keyboard(page, served)
    stops(page, "Shift+Tab", "scroller")
    page.keyboard.press("Escape")

    expect(page.locator("[part=panel]")).to_be_hidden()
    expect(page.locator("[part=launcher]")).to_be_focused()


@pytest.mark.parametrize("how", ["by the launcher", "by the page"])
def test_on_a_phone_the_focus_stays_inside(how: str, served: Site, page: Page, server: FakeServer) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    if how == "by the page":
        visit(page, served)
        expect(page.locator("[part=launcher]")).to_be_visible()
        page.locator("chatbot-widget").evaluate("(chat) => { chat.open = true; }")
    else:
        open_by_keyboard(page, served)

    dialog = page.get_by_role("dialog", name="Chat with us")
    expect(dialog.get_by_role("log")).to_have_count(1)  # otherwise it would be silent
    for key in ("Tab", "Shift+Tab"):
        reached = []
        for _ in range(12):
            page.keyboard.press(key)
            # "body" means the browser's own controls, which the focus passes, too.
            reached.append("browser" if page.evaluate("document.activeElement === document.body") else focused(page))
        assert set(reached) - {"browser"} == {"more", "close", "scroller", "field", "send"}
        assert ("browser", "browser") not in itertools.pairwise(reached)

    page.locator("[part=field]").focus()
    page.evaluate("document.querySelector('main a').focus()")
    expect(page.locator("[part=field]")).to_be_focused()


def test_on_a_wide_screen_the_focus_goes_on_to_the_page(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)

    expect(page.get_by_role("region", name="Chat with us")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert stops(page, "Shift+Tab", "a A link of the page")[-2:] == ["more", "a A link of the page"]


def test_escape_on_the_page_takes_the_panel_away_from_what_it_covers(served: Site, page: Page, server: FakeServer) -> None:
    open_by_keyboard(page, served)
    link, panel = page.locator("main a"), page.locator("[part=panel]")
    link.focus()
    page.evaluate("""() => {
        document.onkeydown = (event) => event.preventDefault(); // the page's own use of the key
        document.body.insertAdjacentHTML("beforeend", "<dialog id=own><p>A question</p></dialog>");
    }""")
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()
    page.evaluate("() => { document.onkeydown = null; own.showModal(); }")
    page.keyboard.press("Escape")
    expect(page.locator("#own")).to_be_hidden()
    expect(panel).to_be_visible()
    link.focus()
    page.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
