"""The chat's page behind nginx, below a path of another site."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.proxies import nginx, server
from tests.support.servers import Site, free_port
from tests.support.visit import bubbles, say


def test_the_page_talks_and_shows_the_server_s_own_images(site: Site, page: Page, tmp_path: Path) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    below = Site(site.folder, PUBLIC_URL=f"{origin}/support/")
    with nginx(tmp_path, port, server(port, f"{below.url}/", location="/support/")), below.serving():
        page.goto(f"{origin}/support/")
        page.locator("[part=launcher]").click()
        say(page, "hello from below")
        expect(bubbles(page, "bot")).to_have_text("hello from below")

        say(page, "/image")
        image = page.locator("chatbot-widget img").last
        expect(image).to_have_attribute("src", f"{origin}/support/static/chat/sample.svg")
        expect(image).not_to_have_js_property("naturalWidth", 0)
        page.reload()
        expect(bubbles(page, "visitor").first).to_have_text("hello from below")
