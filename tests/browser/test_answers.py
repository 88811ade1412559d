"""An answer written in the admin reaches the next visitor who asks for it in other words."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ADMIN, PASSWORD
from tests.support.servers import Site
from tests.support.visit import bubbles, open_chat, say


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own that answers from what staff write."""
    site = Site(tmp_path_factory.mktemp("answers"), CHATBOT_PROVIDER="faq", CHATBOT_LANGUAGES="en,de")
    site.prepare()
    assert site.manage("createsuperuser", "--noinput", "--username", "staff", **ADMIN).returncode == 0
    with site.serving():
        yield site


@pytest.fixture
def staff(site: Site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/admin/chat/answer/")
    page.fill("#id_username", "staff")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    yield page
    context.close()


def write(staff: Page, site: Site, title: str, questions: str, text: str) -> None:
    staff.goto(f"{site.url}/admin/chat/answer/add/")
    staff.fill("#id_title", title)
    staff.fill("#id_questions", questions)
    staff.fill("#id_text", text)
    staff.click("[name=_save]")
    expect(staff.locator(".messagelist .success")).to_contain_text(title)


def ask(page: Page, text: str, reply: str) -> None:
    """Ask until the reply comes: what staff have saved is at work within three seconds."""
    replies = page.locator("[part=message][data-sender=bot]")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        before = replies.count()
        say(page, text)
        expect(replies).to_have_count(before + 1)
        if reply in (replies.last.text_content() or ""):
            return
    expect(replies.last).to_contain_text(reply)


def test_an_answer_that_staff_write_is_asked_for_in_other_words(page: Page, staff: Page, site: Site) -> None:
    write(staff, site, "Opening hours", "When are you open?\nWhat are your opening hours?", "From nine to five.")
    write(staff, site, "Parking", "Where can I park?\nIs there a car park?", "Behind the house.")
    open_chat(page, site)

    ask(page, "where could I park my car", "Behind the house.")
    ask(page, "tell me what the opening hours are", "From nine to five.")


def test_of_two_answers_that_are_as_likely_the_visitor_chooses(page: Page, staff: Page, site: Site) -> None:
    write(staff, site, "Room prices", "How much is it?", "A room costs 80 euros.")
    write(staff, site, "Breakfast prices", "How much is it?", "Breakfast costs 12 euros.")
    open_chat(page, site)

    ask(page, "how much is it", "Did you mean:")
    page.get_by_role("button", name="Breakfast prices").last.click()
    expect(bubbles(page, "bot").last).to_have_text("Breakfast costs 12 euros.")


def test_staff_put_a_card_and_buttons_below_an_answer(page: Page, staff: Page, site: Site) -> None:
    def add(kind: str) -> Locator:
        staff.get_by_role("button", name=kind, exact=True).click()
        return staff.locator(".chat-part").last

    staff.goto(f"{site.url}/admin/chat/answer/add/")
    staff.fill("#id_title", "Rooms")
    staff.fill("#id_questions", "What rooms are there?\nDo you have rooms?")
    staff.fill("#id_text", "One is free.")
    expect(staff.locator(".chat-part")).to_have_count(0)
    add("Button on the card above").get_by_label("Words or title").fill("Opening hours")
    card = add("Card")
    expect(card.get_by_label("Words or title")).to_be_focused()
    expect(card.get_by_label("Address to open")).to_be_hidden()
    staff.click("[name=_save]")
    expect(staff.locator(".chat-part").last).to_contain_text("A card needs a title or a text.")

    card.get_by_label("Words or title").fill("With a garden")
    card.get_by_role("button", name="Move up").click()
    expect(staff.locator(".chat-part").first).to_contain_text("A card needs a title or a text.")
    staff.click("[name=_save]")
    expect(staff.locator(".messagelist .success")).to_contain_text("Rooms")

    open_chat(page, site)
    ask(page, "do you have rooms", "With a garden")
    page.locator(".card").last.get_by_role("button", name="Opening hours").click()
    expect(bubbles(page, "visitor").last).to_have_text("Opening hours")
