"""The whole thing in the full Chromium: the page, a message, its reply, a provider that is down, an edit in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import PASSWORD
from tests.support.fake_server import FakeServer
from tests.support.servers import CHROMIUM_OPTIONS, Site, chromium
from tests.support.states import ALL_PARTS, CHIPS
from tests.support.visit import converse, last_reply, open_chat, read_at, say, say_while_the_server_is_away, visit
from tests.support.wire import elsewhere, token_of


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """What visitors have. The other modules run in a smaller and quicker one."""
    with playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS) as browser:
        yield browser


def test_a_visitor_chats_and_finds_the_conversation_after_a_reload(served: Site, page: Page) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(served.url)
    page.wait_for_load_state("networkidle")
    assert sockets == []

    page.locator("[part=launcher]").click()
    say(page, "Hello <b>there</b>")

    mine = page.locator("[part=message][data-sender=visitor]")
    expect(mine).to_have_attribute("data-state", "sent")
    expect(page.locator("[part=message][data-sender=bot] [part=bubble]")).to_have_text("Hello <b>there</b>")
    assert page.locator("[part=bubble] b").count() == 0

    page.reload()
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=message]")).to_have_count(2)
    assert len(sockets) == 2


def test_a_provider_that_is_down_ends_in_the_words_that_staff_edit_in_the_admin(served: Site, page: Page) -> None:
    open_chat(page, served)
    say(page, "/fail")
    expect(page.locator("[part=message][data-sender=bot]")).to_have_count(1)
    assert "told to fail" not in last_reply(page)

    admin = page.context.new_page()
    admin.goto(f"{served.url}/admin/chat/fallbackreply/?outcome__exact=unavailable")
    admin.fill("#id_username", "staff")
    admin.fill("#id_password", PASSWORD)
    admin.click("[type=submit]")
    admin.goto(f"{served.url}/admin/chat/fallbackreply/add/")
    admin.fill("#id_text", "We are having a break.")
    admin.select_option("#id_outcome", "unavailable")
    admin.select_option("#id_language", "en")
    admin.click("[name=_save]")
    admin.wait_for_selector(".messagelist .success")

    say(page, "/fail")
    expect(page.locator("[part=message][data-sender=bot] [part=bubble]").last).to_have_text("We are having a break.")

    admin.goto(f"{served.url}/admin/chat/conversation/?q=/fail")
    admin.locator("#result_list tbody th a").first.click()
    expect(admin.locator("body")).to_contain_text("We are having a break.")


def test_every_part_is_drawn(served: Site, page: Page) -> None:
    open_chat(page, served)
    say(page, "/parts")

    reply = page.locator("[part=message][data-sender=bot]")
    for words in ("Standard room", "Opening hours", "Our rooms", "How do I cancel?", "What next?"):
        expect(reply.last).to_contain_text(words)
    assert reply.get_by_role("link", name="Opening hours").get_attribute("href") == "https://example.com/hours"
    page.get_by_role("button", name="Help", exact=True).click()
    expect(page.locator("[part=message][data-sender=visitor] [part=bubble]").last).to_have_text("Help")


def test_the_chat_comes_back_by_itself_after_a_restart_of_the_server(site: Site, page: Page) -> None:
    own = say_while_the_server_is_away(site, page)

    with own.serving():
        expect(page.locator("[part=message][data-sender=bot] [part=bubble]").last).to_have_text("meanwhile")
        expect(page.locator("[part=message][data-sender=visitor]").last).to_have_attribute("data-state", "sent")
        expect(page.locator("[part=message]")).to_have_count(4)


def test_the_field_counts_down_to_the_limit(tmp_path_factory: pytest.TempPathFactory, page: Page) -> None:
    site = Site(tmp_path_factory.mktemp("short"), CHATBOT_MAX_CHARACTERS="20")
    site.prepare()
    with site.serving():
        open_chat(page, site)
        say(page, "hi")
        expect(page.locator("[part=message][data-sender=bot]")).to_have_count(1)
        page.locator("[part=field]").fill("😀" * 21)
        expect(page.locator("[part=count]")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("[part=message][data-sender=visitor]")).to_have_count(1)


def test_a_reply_that_comes_unseen_is_counted_on_the_launcher_and_in_the_title(served: Site, page: Page) -> None:
    open_chat(page, served)
    title = page.title()
    converse(page, "hello")
    page.keyboard.press("Escape")
    with elsewhere(served, token_of(page, served)) as client:
        client.say("while nobody looks")

    expect(page.locator("[part=badge]")).to_have_text("1")
    expect(page.get_by_role("button", name="Open the chat, 1 new message")).to_be_visible()
    assert page.title() == f"(1) {title}"

    page.locator("[part=launcher]").click()
    expect(page.locator("[part=badge]")).to_be_hidden()
    assert page.title() == title
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open the chat", exact=True)).to_be_visible()


def test_a_message_that_shows_nothing_counts_for_nothing(served: Site, page: Page) -> None:
    server = FakeServer(page)
    payload = {"type": "payload", "data": {"order": 7}}
    visit(page, served, widget="open")
    greeting, chips, badge = page.locator("[part=empty]"), page.locator("[part=chip]"), page.locator("[part=badge]")
    expect(greeting).to_be_visible()
    page.locator("chatbot-widget").evaluate(
        "(chat) => { window.told = []; chat.addEventListener('message', ({ detail }) => told.push(detail.seq)); }"
    )

    server.say("", payload)
    server.say("What next?", CHIPS)
    expect(chips).to_have_count(2)
    expect(page.locator("[part=day]")).to_be_visible()
    server.say("", payload)
    page.locator("[part=close]").click()
    server.say("", payload)
    server.say("Take your time.", payload)
    expect(badge).to_have_text("1")
    expect(page).to_have_title("(1) A shop")
    assert page.evaluate("told") == [2, 5]

    page.locator("[part=launcher]").click()
    expect(page.locator("[part=message]")).to_have_count(2)


def test_the_greeting_and_quick_replies_stay_beside_a_message_that_shows_nothing(served: Site, page: Page) -> None:
    server = FakeServer(page)
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    server.say("", {"type": "payload", "data": {}})
    server.type()
    expect(page.locator("[part=typing]")).to_be_visible()
    expect(page.locator("[part=empty]")).to_be_visible()

    server.say("What next?", CHIPS)
    server.say("", {"type": "payload", "data": {}})
    server.type()
    expect(page.locator("[part=typing]")).to_be_visible()
    expect(page.locator("[part=chip]:visible")).to_have_count(2)


def test_who_reads_above_stays_there_and_is_told_of_new_messages(served: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    open_chat(page, served)
    converse(page, *(f"message {number}" for number in range(6)))
    scroller = page.locator("[part=scroller]")
    expect(page.locator("[part=pill]")).to_be_hidden()
    read_at(page, 40)
    with elsewhere(served, token_of(page, served)) as client:
        client.say("from another tab")

    expect(page.locator("[part=pill]")).to_have_text("1 new message")
    expect(page.locator("[part=pill]")).to_be_in_viewport()
    assert scroller.evaluate("(node) => node.scrollTop") == 40

    page.locator("[part=pill]").click()
    expect(page.locator("[part=message]").last).to_be_in_viewport()
    expect(page.locator("[part=pill]")).to_be_hidden()
    expect(scroller).to_be_focused()


def test_a_reply_longer_than_the_window_is_read_from_its_beginning(served: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    open_chat(page, served)
    say(page, "/parts")

    reply = page.locator("[part=message][data-sender=bot]")
    expect(reply.locator("[part=bubble]").first).to_be_in_viewport()
    expect(reply.locator("[part=chip]").first).not_to_be_in_viewport()

    say(page, "thanks")
    expect(page.locator("[part=message]").last).to_be_in_viewport()


def test_a_double_click_does_what_one_click_does(served: Site, page: Page) -> None:
    server = FakeServer(page)
    visit(page, served)
    panel = page.locator("[part=panel]")
    page.locator("[part=launcher]").dblclick()
    expect(panel).to_be_visible()
    server.say("Rooms", *ALL_PARTS)

    page.locator("[part=button]").first.dblclick()
    expect(page.locator("[part=message][data-sender=visitor]")).to_have_count(1)
    page.locator("summary").dblclick()
    expect(page.locator("details")).to_have_attribute("open", "")
    thumb = page.locator("[data-action=up]").last
    thumb.dblclick()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    page.locator("[part=more]").dblclick()
    expect(page.locator("[part=menu]")).to_be_visible()
    page.locator("[part=close]").dblclick()
    expect(panel).to_be_hidden()


def test_a_key_that_is_held_does_what_one_press_does(served: Site, page: Page) -> None:
    server = FakeServer(page)
    visit(page, served)
    page.locator("[part=launcher]").focus()
    page.keyboard.down("Enter")
    expect(page.locator("[part=panel]")).to_be_visible()
    page.locator("[part=field]").fill("not yet")
    page.keyboard.down("Enter")  # without a key-up, so the key repeats
    page.keyboard.up("Enter")
    server.say("Rooms", *ALL_PARTS)
    expect(page.locator("[part=chip]").first).to_be_visible()

    expect(page.locator("[part=field]")).to_have_value("not yet")
    page.locator("[part=more]").click()
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.locator("[part=panel]")).to_be_visible()
    expect(page.locator("[part=message][data-sender=visitor]")).to_have_count(0)


@pytest.mark.parametrize("parts", [(), ALL_PARTS], ids=["words", "all kinds of parts"])
def test_who_reads_a_long_reply_stays_there_when_the_next_message_comes(parts: Any, served: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    server = FakeServer(page)
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    for number in range(6):
        server.say(f"Line {number}")
    server.say("A long story. " * 300, *parts)
    expect(page.locator("[part=message]")).to_have_count(7)
    scroller = page.locator("[part=scroller]")
    top = scroller.evaluate("(node) => node.scrollTop") + 100
    read_at(page, top)
    for number in range(2):
        server.say(f"And more {number}")

    expect(page.locator("[part=pill]")).to_have_text("2 new messages")
    assert scroller.evaluate("(node) => node.scrollTop") == top


def test_a_picture_that_can_t_be_had_leaves_the_words(served: Site, watched: Page) -> None:
    page = watched  # the browser's console reports each picture
    server = FakeServer(page)
    page.route("**/dead.png", lambda route: route.abort())
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    dead = "https://example.com/dead.png"
    server.say("Your voucher", {"type": "image", "url": dead})
    server.say("The room", {"type": "card", "image": dead})
    server.say("The view", {"type": "image", "url": dead, "alt": "A lake"})
    server.say("Two", {"type": "text", "text": "Here it is:"}, {"type": "image", "url": dead})
    server.say("Rooms", {"type": "card", "title": "Suite", "image": dead, "alt": "Three rooms"})
    server.say("", {"type": "image", "url": dead})
    page.locator("[part=scroller]").press("Home")  # pictures out of sight are not requested

    expect(page.locator("[part=bubble]")).to_have_text(
        ["Your voucher", "The room", "A lake", "Here it is:", "Three roomsSuite"]
    )


def test_addresses_in_cards_and_accordions_can_be_followed(served: Site, page: Page) -> None:
    server = FakeServer(page)
    visit(page, served, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    text = "More at https://example.com/more."
    server.say("Room", {"type": "card", "title": "Room", "text": text}, {"type": "accordion", "title": "How?", "text": text})
    page.locator("summary").click()

    for link in page.get_by_role("link").filter(has_text="more").all():
        expect(link).to_have_attribute("href", "https://example.com/more")
    expect(page.locator("[part=bubble] a")).to_have_count(2)
