"""What a visitor does with the chat."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.support.servers import Site


def stop_the_clock(page: Page, at: datetime | None = None) -> None:
    """Before a page is loaded: its clock moves only if the test moves it."""
    now = at or datetime.now(UTC)
    page.clock.install(time=now - timedelta(seconds=1))
    page.clock.pause_at(now)


def come_back_soon(page: Page) -> None:
    """Before a page is loaded: each retry waits only the shortest time."""
    page.add_init_script("Math.random = () => 0")


def open_chat(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.locator("[part=launcher]").click()


def say(page: Page, text: str) -> None:
    page.locator("[part=field]").fill(text)
    page.keyboard.press("Enter")


def converse(page: Page, *texts: str) -> None:
    """Say one text after the other, each after the reply to the one before."""
    for text in texts:
        replies = bubbles(page, "bot").count()
        say(page, text)
        expect(bubbles(page, "bot")).to_have_count(replies + 1)


@contextlib.contextmanager
def rating(socket: WebSocket) -> Iterator[None]:
    """Within the block a reply is rated. At its end the server has stored the rating."""
    with socket.expect_event("framereceived", lambda frame: json.loads(frame)["type"] == "feedback"):
        yield


def bubbles(page: Page, sender: str) -> Locator:
    return page.locator(f"[part=message][data-sender={sender}] [part=bubble]")


def read_at(page: Page, top: int) -> None:
    """Scroll the conversation to this height, and wait until the chat has noticed."""
    page.locator("[part=scroller]").evaluate(
        "(node, top) => new Promise((done) => { node.onscroll = done; node.scrollTop = top; })", top
    )


def last_reply(page: Page) -> str:
    return bubbles(page, "bot").last.inner_text()


def say_while_the_server_is_away(site: Site, page: Page) -> Site:
    """Chat with a server, end the server, and say one thing more. Return the site, to be served again."""
    come_back_soon(page)
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"])
    with own.serving():
        open_chat(page, own)
        say(page, "before")
        expect(page.locator("[part=message][data-sender=bot]")).to_have_count(1)
    say(page, "meanwhile")
    expect(page.locator("[part=banner]")).to_be_visible()
    return own


HOST_PAGE = """<!doctype html>
<html {html}>
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>
  <script type="module" src="/widget.js"></script>
</head>
<body>
  <main><h1>A shop</h1><p><a href="#">A link of the page</a></p>{content}</main>
  <chatbot-widget {widget}></chatbot-widget>
</body>
</html>"""


def visit(page: Page, site: Site, *, widget: str = "", html: str = 'lang="en"', content: str = "") -> None:
    """Load another page with the chat. html, widget: these elements' attributes. content: the page's own HTML."""
    body = HOST_PAGE.format(html=html, widget=widget, content=content)
    page.route(f"{site.url}/shop", lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto(f"{site.url}/shop")
    expect(page.locator("[part=launcher], [part=panel]").first).to_be_attached()
