"""How replies look: their buttons, their times, the preview of an unread one, and what an empty chat shows."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.states import closed, lost, too_long
from tests.support.visit import open_chat, say, visit

PREVIEW = "[part=preview]"


def open_page(page: Page, site: Site, widget: str = "") -> FakeServer:
    server = FakeServer(page)
    visit(page, site, widget=widget)
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()
    return server


def is_seen(node: Locator) -> None:
    expect(node).to_have_css("opacity", "1")


def is_unseen(node: Locator) -> None:
    expect(node).to_have_css("opacity", "0")


def test_the_buttons_stand_below_the_last_reply_and_elsewhere_appear_with_the_mouse_or_the_focus(
    served: Site, page: Page
) -> None:
    server = open_page(page, served)
    server.say("Good morning")
    say(page, "Is there a room?")
    server.say("Yes, there is.")
    tools = page.locator(".tools")
    expect(tools).to_have_count(2)

    page.locator("h2").hover()
    is_unseen(tools.first)
    is_seen(tools.last)
    page.locator("[part=bubble]").first.hover()
    is_seen(tools.first)
    page.locator("h2").hover()
    is_unseen(tools.first)
    page.get_by_role("button", name="This helped").first.focus()
    is_seen(tools.first)


def test_a_reply_that_only_apologises_has_no_buttons(served: Site, page: Page) -> None:
    server = open_page(page, served)
    server.say("Good morning")
    server.say("Sorry, I can't answer at the moment.", outcome="unavailable")
    expect(page.locator("[part=message]")).to_have_count(2)

    expect(page.locator("[part=message]").first.locator("[part=action]")).not_to_have_count(0)
    expect(page.locator("[part=message]").last.locator("[part=action]")).to_have_count(0)


def test_a_rating_is_thanked_for(served: Site, page: Page) -> None:
    open_page(page, served).say("Breakfast is from seven to ten.")
    page.get_by_role("button", name="This did not help").click()

    expect(page.locator(".tools [part=state]")).to_have_text("Thank you")
    expect(page.locator(".tools [part=state]")).to_be_visible()


def test_the_time_stands_once_below_a_group(served: Site, page: Page) -> None:
    server = open_page(page, served)
    server.pace = datetime.timedelta(seconds=40)
    for text in ("Good morning", "There is a room.", "Shall I book it?"):
        server.say(text)
    status = page.locator(".status")
    expect(status).to_have_count(3)
    page.locator("h2").hover()

    for each in (status.nth(0), status.nth(1)):
        is_unseen(each)
    is_seen(status.last)


@pytest.mark.parametrize("state", [lost, too_long])
def test_in_a_low_window_the_log_keeps_half_of_the_panel(served: Site, page: Page, state: object) -> None:
    page.set_viewport_size({"width": 640, "height": 400})
    server = open_page(page, served)
    lost(page, server)
    if state is too_long:  # beside the lost connection
        too_long(page, server)
    log, panel = page.locator("[part=scroller]").bounding_box(), page.locator("[part=panel]").bounding_box()

    assert log and panel and log["height"] >= panel["height"] / 2


def test_an_unread_reply_is_shown_beside_the_launcher_until_it_is_put_away(served: Site, page: Page) -> None:
    server = open_page(page, served)
    server.say("Good morning")
    expect(page.locator("[part=message]")).to_have_count(1)
    closed(page, server)
    server.say("There is a room. " * 20)
    preview = page.locator(PREVIEW)
    expect(preview).to_contain_text("There is a room.")
    assert len(preview.inner_text()) < 170

    page.get_by_role("button", name="Hide this message").click()
    expect(preview).to_be_hidden()
    expect(page.locator("[part=launcher]")).to_be_focused()
    page.reload()
    expect(page.locator("[part=badge]")).to_have_text("1")
    expect(preview).to_be_hidden()
    server.say("Shall I book it?")
    page.get_by_role("button", name="Assistant: Shall I book it?").click()
    expect(page.locator("[part=panel]")).to_be_visible()
    expect(preview).to_be_hidden()


def test_an_empty_chat_greets_and_offers_what_to_begin_with(served: Site, page: Page) -> None:
    open_page(page, served, 'greeting="Hello!\nAsk me." starters="A room|Breakfast|Dogs|Cars|Cats"')
    greeting, chips = page.locator("[part=empty] p"), page.locator("[part=empty] [part=chip]")

    expect(greeting).to_have_text("Hello!\nAsk me.", use_inner_text=True)
    expect(page.locator("[part=empty] .face svg")).to_be_visible()
    expect(chips).to_have_text(["A room", "Breakfast", "Dogs", "Cars"])
    chips.nth(1).click()
    expect(page.locator("[data-sender=visitor] [part=bubble]")).to_have_text("Breakfast")
    expect(page.locator("[part=empty]")).to_be_hidden()
    expect(page.locator("[part=field]")).to_be_focused()


def test_a_site_s_picture_and_colour_are_shown(served: Site, page: Page) -> None:
    looks = f"name='Own', origins='{served.url}', avatar='chat/favicon.svg', accent='#ffd700', starters='How much?'"
    made = served.manage("shell", "-c", f"from chat.models import Site; Site.objects.create({looks})")
    assert made.returncode == 0, made.stderr
    try:
        open_chat(page, served)
        expect(page.locator("[part=empty] [part=chip]")).to_have_text("How much?")
        assert page.locator("[part=header] .face img").evaluate("(node) => node.decode().then(() => node.naturalWidth > 0)")
        say(page, "Good morning")
        bubble = page.locator("[data-sender=visitor] [part=bubble]")
        expect(bubble).to_have_css("background-color", "rgb(255, 215, 0)")
        expect(bubble).to_have_css("color", "rgb(0, 0, 0)")
    finally:
        served.manage("shell", "-c", "from chat.models import Site; Site.objects.filter(name='Own').delete()")
