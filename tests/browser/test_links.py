"""Addresses in replies: what a visitor can follow, and where it leads."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.fake_server import FakeServer
from tests.support.servers import Site
from tests.support.visit import visit

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


def test_an_address_in_a_text_ends_where_the_next_word_begins(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    server.say("请看https://example.com查看 https://ja.wikipedia.org/wiki/東京 へ")

    links = page.locator("[part=bubble] a")
    expect(links).to_have_count(2)
    expect(links.first).to_have_attribute("href", "https://example.com/")
    expect(links.last).to_have_attribute("href", "https://ja.wikipedia.org/wiki/%E6%9D%B1%E4%BA%AC")


def test_a_long_text_of_any_shape_doesn_t_hold_up_the_page(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    page.evaluate("""() => {
        window.tasks = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
            .observe({ entryTypes: ["longtask"] });
    }""")
    for text in ("a" * 32_000, "https://example.com/" + ")" * 32_000, "a@" * 16_000):
        server.say(text)
    expect(page.locator("[part=bubble]")).to_have_count(3)
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))")

    assert max(page.evaluate("tasks"), default=0) < 2_000  # it took 7 seconds
