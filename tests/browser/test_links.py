"""Addresses in replies: what a visitor can follow, and where it leads."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.visit import visit
from tests.servers import Site

WRITTEN = {
    "tel:+1 (555) 010-0000": "tel:+1%20(555)%20010-0000",
    "mailto:help@example.com?subject=My order": "mailto:help@example.com?subject=My%20order",
    "https://example.com/user manual.pdf": "https://example.com/user%20manual.pdf",
    "www.example.com": "https://www.example.com/",
}


def open_chat(page: Page, site: Site) -> FakeServer:
    server = FakeServer(page)
    visit(page, site, widget="open")
    expect(page.locator("[part=empty]")).to_be_visible()
    return server


def test_links_as_authors_write_them_can_be_followed_and_are_never_said(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    opened = [{"label": f"Open {number}", "url": address} for number, address in enumerate(WRITTEN)]
    said = [{"label": f"Say {number}", "message": address} for number, address in enumerate(WRITTEN)]
    rows = [{"title": f"Row {number}", "message": address} for number, address in enumerate(WRITTEN)]
    server.say(
        "Contact",
        {"type": "card", "title": "Contact", "buttons": opened + said},
        {"type": "list", "items": rows},
    )

    for kind in ("Open", "Say", "Row"):
        for number, address in enumerate(WRITTEN.values()):
            link = page.get_by_role("link", name=f"{kind} {number}")
            expect(link).to_have_attribute("href", address)
    expect(page.locator("[part=bubble] button")).to_have_count(0)
