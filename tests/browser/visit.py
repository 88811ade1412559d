"""What a visitor does with the chat."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.servers import Site


def open_chat(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.locator("[part=launcher]").click()


def say(page: Page, text: str) -> None:
    page.locator("[part=field]").fill(text)
    page.keyboard.press("Enter")


def last_reply(page: Page) -> str:
    return page.locator("[part=message][data-sender=bot] [part=bubble]").last.inner_text()


def say_while_the_server_is_away(site: Site, page: Page) -> Site:
    """Chat with a server of its own, which ends, and say one thing more; give the site, to be served again."""
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"])
    with own.serving():
        open_chat(page, own)
        say(page, "before")
        expect(page.locator("[part=message][data-sender=bot]")).to_have_count(1)
    say(page, "meanwhile")
    expect(page.locator("[part=banner]")).to_be_visible()
    return own
