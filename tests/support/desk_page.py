"""What an operator does on the desk's page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.servers import Site


@contextlib.contextmanager
def desk_page(browser: Browser, site: Site, cookie: str, **options: Any) -> Iterator[Page]:
    """The desk of an operator, in a browser of its own. A word in its console fails the test."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": "sessionid", "value": cookie.partition("=")[2], "url": site.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.url}/admin/chat/desk/")
    expect(page.locator(".desk-lists")).to_be_visible()
    yield page
    context.close()
    assert [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text] == []


def row(page: Page, words: str, list: str = "") -> Locator:
    """The row of the conversation that begins with these words."""
    within = f"[data-list={list}]" if list else ".desk-lists"
    return page.locator(f"{within} .desk-row", has_text=words)


def open_conversation(page: Page, words: str) -> None:
    """Open one, also if only the bot has it."""
    if not row(page, words).count():
        page.locator("[data-list=bots]").evaluate("(list) => { list.open = true; }")
    row(page, words).click()
    expect(page.locator(".desk-heading")).to_have_text(words)


def write(page: Page, text: str) -> None:
    page.locator("#desk-field").fill(text)
    page.locator("#desk-field").press("Enter")


def messages(page: Page, sender: str) -> Locator:
    return page.locator(f".desk-message[data-sender={sender}] [part=bubble]")
