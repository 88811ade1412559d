"""Sites of one server. Each has its own looks and conversations. Pages of other sites show no chat."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from chat.sites.strings import strings
from tests.browser.conftest import PASSWORD
from tests.support.foreign import CHAT, ELEMENT, Website, converse, launcher, mine, replies, visit
from tests.support.servers import Site
from tests.support.visit import come_back_soon, say, stop_the_clock
from tests.support.wire import Wire, elsewhere, token_of


@pytest.fixture(scope="module")
def staff(served: Site, web: Website, browser: Browser) -> Page:
    """A page of a logged-in staff member."""
    page = browser.new_page(base_url=f"{served.url}/admin/chat/site/")
    page.goto("")
    page.fill("#id_username", "staff")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.get_by_role("link", name="Shop", exact=True)).to_be_visible()
    return page


@contextlib.contextmanager
def edited(staff: Page, name: str) -> Iterator[None]:
    """Within the block staff change a site's form. At its end the changes are saved."""
    staff.goto("")
    staff.get_by_role("link", name=name, exact=True).click()
    yield
    staff.click("[name=_save]")
    expect(staff.locator(".messagelist .success")).to_be_visible()


def switch_off(staff: Page, name: str) -> None:
    with edited(staff, name):
        staff.get_by_role("checkbox", name="Active").uncheck()


def storage(page: Page) -> dict[str, str]:
    """What the browser stores for the page's origin."""
    stored: dict[str, str] = page.evaluate("() => ({...localStorage})")
    return stored


def test_two_sites_of_one_server_have_conversations_of_their_own(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served, host="shop")
    converse(page, "said in the shop")
    visit(page, web, served, host="news")
    launcher(page).click()
    expect(page.locator("[part=empty]")).to_be_visible()
    expect(page.locator("[part=message]")).to_have_count(0)
    say(page, "said in the news")

    page.goto(web.origin("shop"))
    launcher(page).click()
    expect(mine(page)).to_have_text(re.compile("said in the shop"))


def test_a_token_of_one_site_begins_a_new_conversation_on_another(served: Site, web: Website, page: Page) -> None:
    visit(page, web, served, host="shop")
    converse(page, "said in the shop")
    stolen = storage(page)
    (key,) = (name for name in stolen if "token" in name)

    visit(page, web, served, "A page without a chat.", host="news")
    page.evaluate("(stored) => Object.assign(localStorage, stored)", stolen)
    visit(page, web, served, host="news")
    launcher(page).click()
    expect(page.locator("[part=empty]")).to_be_visible()
    expect(page.locator("[part=message]")).to_have_count(0)
    say(page, "said in the news")
    expect(replies(page)).to_have_text("said in the news")
    assert storage(page)[key] != stolen[key]


def test_what_staff_set_for_a_site_shows_on_its_pages_unless_the_page_says_otherwise(
    served: Site, web: Website, staff: Page, page: Page
) -> None:
    with edited(staff, "Dressed"):
        staff.fill("[name=title]", "Haus am See")
        staff.fill("[name=greeting]", "Grüß Gott!")
        staff.select_option("[name=language]", "de")
        staff.select_option("[name=theme]", "dark")

    def shown(body: str) -> tuple[str, str, str, str]:
        visit(page, web, served, body, host="dressed")
        launcher(page).click()
        expect(page.locator("[part=empty]")).to_be_visible()
        return (
            page.locator("h2").inner_text(),
            page.locator("[part=empty]").inner_text(),
            page.locator("[part=field]").get_attribute("placeholder") or "",
            page.locator("[part=panel]").evaluate("(panel) => getComputedStyle(panel).colorScheme"),
        )

    assert shown(CHAT + ELEMENT) == ("Haus am See", "Grüß Gott!", strings("de")["placeholder"], "dark")
    own = '<chatbot-widget title="Bonjour" greeting="Entrez !" language="fr" theme="light"></chatbot-widget>'
    assert shown(CHAT + own) == ("Bonjour", "Entrez !", strings("fr")["placeholder"], "light")


@pytest.mark.parametrize("host", ["stranger", "closed"])
def test_a_page_that_may_not_hold_the_chat_shows_none_and_its_console_says_what_to_do(
    served: Site, web: Website, watched: Page, host: str
) -> None:
    words: list[str] = []
    sockets: list[WebSocket] = []
    watched.on("console", lambda message: words.append(message.text))
    watched.on("websocket", lambda socket: sockets.append(socket))
    web.put(
        "/listen.js",
        "document.querySelector('chatbot-widget').addEventListener('error', ({ detail }) => { window.told = detail; })",
    )
    body = CHAT + '<chatbot-widget open></chatbot-widget><script src="/listen.js"></script>'
    with watched.expect_console_message(lambda message: message.text.startswith("chatbot-widget:")) as spoken:
        visit(watched, web, served, body, host=host)

    assert spoken.value.type == "error"
    sentence = spoken.value.text.removeprefix("chatbot-widget: ")
    assert web.origin(host) in sentence
    assert "Sites" in sentence
    assert "active" in sentence
    assert watched.evaluate("told") == {"code": "origin_not_allowed", "message": sentence, "temporary": False}
    expect(launcher(watched)).to_have_count(0)
    expect(watched.locator("[part=panel]")).to_have_count(0)
    assert sockets == []


def test_a_chat_whose_site_is_made_inactive_goes_away_once_the_connection_is_lost(
    served: Site, web: Website, staff: Page, watched: Page
) -> None:
    stop_the_clock(watched)
    wire = Wire(watched)
    visit(watched, web, served, host="closing")
    converse(watched, "hi")
    switch_off(staff, "Closing")
    expect(watched.locator("[part=panel]")).to_be_visible()

    with watched.expect_console_message(lambda message: message.text.startswith("chatbot-widget:")) as spoken:
        wire.interrupt()
        watched.clock.run_for(1_000)
    assert web.origin("closing") in spoken.value.text
    expect(launcher(watched)).to_have_count(0)
    expect(watched.locator("[part=panel]")).to_have_count(0)
    tried = wire.sockets
    watched.clock.run_for(120_000)
    assert wire.sockets == tried


def test_a_chat_whose_site_is_made_inactive_while_the_server_is_away_goes_once_the_server_is_back(
    served: Site, web: Website, staff: Page, watched: Page
) -> None:
    come_back_soon(watched)
    wire = Wire(watched)
    visit(watched, web, served, host="away")
    converse(watched, "hi")
    switch_off(staff, "Closing while away")
    for address in ("site.json", "widget.js"):
        watched.route(f"{served.url}/{address}", lambda route: route.abort())
    with watched.expect_event("requestfailed", lambda request: request.url.endswith("/widget.js")):
        wire.interrupt()
    expect(watched.locator("[part=banner]")).to_be_visible()

    watched.unroute_all()
    expect(launcher(watched)).to_have_count(0)


def test_a_chat_that_goes_away_takes_its_count_from_the_page_s_title(
    served: Site, web: Website, staff: Page, watched: Page
) -> None:
    wire = Wire(watched)
    visit(watched, web, served, host="unread")
    converse(watched, "hi")
    watched.keyboard.press("Escape")
    with elsewhere(served, token_of(watched, served), web.origin("unread")) as client:
        client.say("while nobody looks")
    expect(watched).to_have_title("(1) A shop")
    switch_off(staff, "Closing in the background")

    wire.interrupt()
    expect(launcher(watched)).to_have_count(0)
    expect(watched).to_have_title("A shop")
