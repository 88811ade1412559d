"""`make screenshots`: the pictures that the docs show. What is said, and when, is the same each time."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from integrations.providers.echo import PARTS
from tests.support.cookies import cookies_of_site
from tests.support.desk_page import desk_page, messages, open_conversation, write
from tests.support.fake_server import AT, FakeServer
from tests.support.servers import CHROMIUM_OPTIONS, ROOT, Site, chromium

DOCS = ROOT / "docs"
CARD, CHIPS = PARTS["/card"].as_json(), PARTS["/chips"].as_json()
QUESTION = "Good morning! Is there a room with a garden?"
ANSWER = "Good morning! There is one, from Friday on:"
WINDOW = {"width": 500, "height": 640}
ADMIN_WINDOW = {"width": 1000, "height": 660}
DESK_WINDOW = {"width": 1200, "height": 720}
CONVERSATION = """
import datetime
from tests.support.staff import conversation, signed_in
at = datetime.datetime(2026, 5, 4, 9, 30, tzinfo=datetime.UTC)
reply = {"sender": "bot", "provider": "dialogflow", "outcome": "answered"}
found = conversation(
    {"text": "Good morning! Is there a room with a garden?"},
    {**reply, "text": "Good morning! There is one, from Friday on.", "intent": "room.free", "confidence": 0.94,
     "latency_ms": 212},
    {"text": "Wonderful. May my tortoise come, too?"},
    {**reply, "text": "Sorry, I didn't understand. Please ask in other words.", "outcome": "no_match", "intent": "fallback",
     "confidence": 1.0, "latency_ms": 187},
    at=at, origin="https://www.example.com",
)
print(signed_in(superuser=True).cookies["sessionid"].value, found.pk)
"""
ROUNDED_WAIT = "Math.random = () => 0.5;"  # the wait before the chat connects again is partly random


class Visit:
    """A page with the chat open, at half past nine."""

    def __init__(self, browser: Browser, site: Site, *, language: str = "en", **options: Any) -> None:
        settings = {"viewport": WINDOW, "locale": language, "timezone_id": "UTC", "reduced_motion": "reduce", **options}
        self.page = browser.new_page(**settings)
        self.page.add_init_script(ROUNDED_WAIT)
        self.page.clock.set_fixed_time(AT)
        self._server = FakeServer(self.page)
        self.page.goto(site.url)
        self.page.locator("[part=launcher]").click()
        expect(self.page.locator("[part=empty]")).to_be_visible()

    def ask(self, text: str) -> None:
        self.page.locator("[part=field]").fill(text)
        self.page.locator("[part=send]").click()
        self._wait_a_minute()

    def hear(self, text: str, *parts: dict[str, Any]) -> None:
        self._server.say(text, {"type": "text", "text": text}, *parts)
        self._wait_a_minute()

    def lose_the_connection(self) -> None:
        self._server.leave()
        expect(self.page.locator("[part=banner]")).to_be_visible()

    def picture(self, path: Path) -> None:
        self.page.locator("[part=header] h2").hover()
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=path)
        self.page.context.close()

    def _wait_a_minute(self) -> None:
        messages = self.page.locator("[part=message]")
        self.page.clock.set_fixed_time(AT + datetime.timedelta(minutes=messages.count()))


def take(browser: Browser, site: Site) -> None:
    pictures = DOCS / "screenshots"
    visit = Visit(browser, site, viewport={"width": 1100, "height": 720})
    visit.ask("Is there a room with a garden?")
    visit.hear("Yes, there is one from Friday on.")
    visit.ask("Wonderful. Is breakfast included?")
    visit.hear("Yes, from seven to ten.", CHIPS)
    visit.picture(DOCS / "chat.png")

    for path, options in {
        pictures / "dark.png": {"color_scheme": "dark"},
        pictures / "phone.png": {"viewport": {"width": 390, "height": 640}, "is_mobile": True, "has_touch": True},
    }.items():
        visit = Visit(browser, site, **options)
        visit.ask(QUESTION)
        visit.hear(ANSWER, CARD, CHIPS)
        visit.picture(path)

    visit = Visit(browser, site, language="ar")
    visit.ask("صباح الخير! هل توجد غرفة تطل على الحديقة؟")
    visit.hear("صباح النور! نعم، توجد غرفة متاحة ابتداءً من يوم الجمعة.")
    visit.ask("هل الإفطار مشمول؟")
    visit.hear("نعم، من السابعة حتى العاشرة صباحًا.")
    visit.picture(pictures / "arabic.png")

    visit = Visit(browser, site)
    visit.ask(QUESTION)
    visit.hear("Good morning! There is one, from Friday on.")
    visit.lose_the_connection()
    visit.ask("Wonderful. Is breakfast included?")
    visit.picture(pictures / "connection-lost.png")

    take_admin(browser, site, pictures / "admin.png")
    take_desk(browser, site, pictures / "desk.png")


def take_admin(browser: Browser, site: Site, path: Path) -> None:
    """A conversation as staff read it."""
    done = site.manage("shell", "--no-imports", "--command", CONVERSATION)
    assert done.returncode == 0, done.stderr
    session, key = done.stdout.split()
    page = browser.new_page(viewport=ADMIN_WINDOW, locale="en", timezone_id="UTC", reduced_motion="reduce")
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    page.goto(f"{site.url}/admin/chat/conversation/{key}/change/")
    page.screenshot(path=path)
    page.context.close()


def take_desk(browser: Browser, site: Site, path: Path) -> None:
    """The desk of an operator, with visitors in other browsers."""
    words = "Is there a quiet room for two nights?"
    cookies = cookies_of_site(site, ana="Ana", ben="Ben")
    visitors = []
    with desk_page(browser, site, cookies["ana"], viewport=DESK_WINDOW, reduced_motion="reduce") as desk:
        for text in ("My parcel hasn't come", "May my tortoise come, too?", words):
            visitor = browser.new_page(viewport=WINDOW)
            visitor.goto(site.url)
            visitor.locator("[part=launcher]").click()
            for said in (text, "Talk to a person"):
                replies = visitor.locator("[part=message][data-sender=bot]").count()
                visitor.locator("[part=field]").fill(said)
                visitor.locator("[part=send]").click()
                expect(visitor.locator("[part=message][data-sender=bot]")).to_have_count(replies + 1)
            visitors.append(visitor)
        open_conversation(desk, words)
        write(desk, "There is one, from Friday on.")
        expect(visitors[-1].locator("[part=message][data-sender=operator]")).to_be_visible()
        visitors[-1].locator("[part=field]").fill("Wonderful! I'd like to book it.")
        visitors[-1].locator("[part=send]").click()
        expect(messages(desk, "visitor")).to_have_count(3)
        desk.screenshot(path=path)
    for visitor in visitors:
        visitor.context.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Path(folder))
        site.prepare()
        with site.serving(), playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS) as browser:
            take(browser, site)


if __name__ == "__main__":
    main()
