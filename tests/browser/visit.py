"""What a visitor does with the chat."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.servers import Site


def open_chat(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.locator("[part=launcher]").click()


def say(page: Page, text: str) -> None:
    page.locator("[part=field]").fill(text)
    page.keyboard.press("Enter")


def last_reply(page: Page) -> str:
    return page.locator("[part=message][data-sender=bot] [part=bubble]").last.inner_text()
