"""The whole thing in headless Chromium: the page, a message, its reply, a provider that is down, an edit in the admin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocketRoute, expect, sync_playwright

from tests.servers import CHROMIUM_OPTIONS, Site, chromium

ADMIN = {"DJANGO_SUPERUSER_PASSWORD": "staff-password", "DJANGO_SUPERUSER_EMAIL": "staff@example.com"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    site.prepare()
    assert site.manage("createsuperuser", "--noinput", "--username", "staff", **ADMIN).returncode == 0
    return site


@pytest.fixture(scope="module")
def served(site: Site) -> Iterator[Site]:
    with site.serving():
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new visitor; a word in its console fails the test."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if "ERR_CONNECTION_REFUSED" not in text] == []


MARKUP = [
    "<img src=x onerror=struck()>",
    "<script>struck()</script>",
    "<svg/onload=struck()>",
    "</textarea><iframe srcdoc='<script>parent.struck()</script>'>",
    '" onmouseover="struck()" autofocus onfocus="struck()',
    "{{constructor.constructor('struck()')()}}",
]
ADDRESSES = [
    "javascript:struck()",
    " \tjava\nscript:struck()",
    "JaVaScRiPt://%0astruck()",
    "data:text/html,<script>parent.struck()</script>",
    "vbscript:struck()",
    "blob:https://example.com/1",
    "file:///etc/passwd",
    'https://example.com/" onclick="struck()',
]


def hostile_parts() -> Iterator[dict[str, Any]]:
    """Every field of every part filled with what would run or lead astray if it were taken for more than text."""
    for text, url in [*((text, ADDRESSES[0]) for text in MARKUP), *((MARKUP[0], url) for url in ADDRESSES)]:
        button = {"label": text, "url": url}
        yield {"type": "text", "text": text}
        yield {"type": "quick_replies", "title": text, "replies": [button, {"label": text, "message": text}]}
        yield {"type": "card", "title": text, "text": text, "image": url, "alt": text, "buttons": [button]}
        yield {"type": "image", "url": url, "alt": text}
        yield {"type": "link", "label": text, "url": url}
        yield {
            "type": "list",
            "title": text,
            "items": [{"title": text, "text": text, "image": url, "alt": text, "url": url}],
        }
        yield {"type": "accordion", "title": text, "subtitle": text, "text": text, "image": url}
    for strange in ("constructor", "__proto__", "toString", MARKUP[0], None, {}, []):
        yield {"type": strange, "text": MARKUP[0]}
    for strange in (None, 7, {"toString": "x"}, [MARKUP[0]]):
        yield {"type": "card", "title": strange, "buttons": strange, "image": strange}
        yield {"type": "text", "text": strange}


def hostile_server(socket: WebSocketRoute) -> None:
    def answer(data: str | bytes) -> None:
        frame = json.loads(data)
        if frame["type"] == "hello":
            limits = {"message_characters": 2000, "frame_bytes": 65536}
            ready = {"type": "ready", "token": "t", "conversation": "c", "resumed": False, "seq": 0, "status": "bot"}
            socket.send(json.dumps({**ready, "messages": [], "more": False, "limits": limits}))
        elif frame["type"] == "message":
            socket.send(json.dumps({"type": "ack", "id": frame["id"], "seq": 1}))
            common = {"type": "message", "sender": "bot", "id": None, "in_reply_to": None, "at": "2026-01-02T03:04:05.678Z"}
            for seq, part in enumerate(hostile_parts(), 2):
                socket.send(json.dumps({**common, "seq": seq, "message": MARKUP[1], "parts": [part]}))
            last = {**common, "seq": seq + 1, "message": "the end", "parts": []}
            socket.send(json.dumps(last))

    socket.on_message(answer)


def open_chat(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.locator("[part=launcher]").click()


def say(page: Page, text: str) -> None:
    page.locator("[part=field]").fill(text)
    page.keyboard.press("Enter")


def last_reply(page: Page) -> str:
    return page.locator("[part=message][data-sender=bot] [part=bubble]").last.inner_text()


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
    admin.fill("#id_password", ADMIN["DJANGO_SUPERUSER_PASSWORD"])
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
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"])
    with own.serving():
        open_chat(page, own)
        say(page, "before")
        expect(page.locator("[part=message][data-sender=bot]")).to_have_count(1)
    say(page, "meanwhile")
    expect(page.locator("[part=banner]")).to_be_visible()

    with own.serving():
        expect(page.locator("[part=message][data-sender=bot] [part=bubble]").last).to_have_text("meanwhile", timeout=30_000)
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


def test_nothing_that_the_bot_or_the_visitor_writes_is_more_than_text(served: Site, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)  # so that nothing but the widget itself stands in the way
    page = context.new_page()
    strikes: list[str] = []
    page.expose_function("struck", lambda: strikes.append("struck"))
    page.on("dialog", lambda dialog: strikes.append("dialog"))
    page.on("pageerror", lambda error: strikes.append(str(error)))
    page.route_web_socket("**/ws/chat/", hostile_server)

    open_chat(page, served)
    say(page, MARKUP[0])
    expect(page.locator("[part=bubble]").last).to_have_text("the end")
    found = page.locator("chatbot-widget").evaluate(
        """(widget) => [...widget.shadowRoot.querySelectorAll("*")].map((element) => ({
            name: element.localName,
            attributes: element.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc"),
            addresses: ["href", "src", "action", "formaction", "xlink:href"]
                .filter((name) => element.hasAttribute(name)).map((name) => new URL(element.getAttribute(name)).protocol),
        }))"""
    )
    for summary in page.locator("chatbot-widget summary").all():
        summary.click()

    assert not {one["name"] for one in found} & {"script", "iframe", "object", "embed", "base", "link", "meta"}
    assert not [one for one in found if one["attributes"]]
    assert {protocol for one in found for protocol in one["addresses"]} <= {"http:", "https:", "mailto:", "tel:"}
    assert page.locator("[part=bubble]", has_text=MARKUP[0]).count() > 20
    assert strikes == []
    context.close()
