"""`make screenshots`: the pictures that the docs show, taken of the running site."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.servers import CHROMIUM_OPTIONS, ROOT, Site, chromium

SAID = ("Good morning! Is there a room with a garden?", "/card", "/chips")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Path(folder))
        site.prepare()
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        with site.serving():
            page = browser.new_page(viewport={"width": 1100, "height": 720}, reduced_motion="reduce")
            page.goto(site.url)
            page.locator("[part=launcher]").click()
            for number, text in enumerate(SAID, 1):
                page.locator("[part=field]").fill(text)
                page.keyboard.press("Enter")
                expect(page.locator("[part=message][data-sender=bot]")).to_have_count(number)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=ROOT / "docs" / "chat.png")
        browser.close()


if __name__ == "__main__":
    main()
