"""Earlier messages: after a reload, on another page, and more than one window shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.servers import Site
from tests.support.visit import bubbles, converse, open_chat
from tests.support.wire import keep_token, stored_conversation

SCROLLER = "[part=scroller]"
TOP = "(node) => node.getBoundingClientRect().top"


@pytest.fixture
def long_conversation(served: Site, page: Page) -> None:
    """120 messages of today, in the browser of a visitor who opens the chat. Nothing is animated."""
    page.emulate_media(reduced_motion="reduce")
    said = [("bot", f"message {number}", datetime.now(UTC)) for number in range(120)]
    keep_token(page, served, stored_conversation(served, *said))
    open_chat(page, served)
    expect(page.locator("[part=message]")).to_have_count(50)


def read_at_the_top(page: Page) -> None:
    page.locator(SCROLLER).evaluate("(node) => { node.scrollTop = 0; }")


def test_the_conversation_is_there_after_a_reload_and_on_another_page(served: Site, page: Page) -> None:
    open_chat(page, served)
    converse(page, "one", "two")

    for address in (served.url, f"{served.url}/?prices"):
        page.goto(address)
        page.locator("[part=launcher]").click()
        expect(page.locator("[part=bubble]")).to_have_text(["one", "one", "two", "two"])
        expect(page.locator("[part=message][data-state=sent]")).to_have_count(4)
    converse(page, "three")


@pytest.mark.usefixtures("long_conversation")
def test_older_messages_come_to_who_scrolls_up_and_the_line_that_is_read_stays(page: Page) -> None:
    line = page.locator("[part=message]").get_by_text("message 71", exact=True)
    page.locator(SCROLLER).evaluate("(node) => { node.scrollTop = 150; }")
    before = line.evaluate(TOP)
    expect(page.locator("[part=message]")).to_have_count(100)

    assert abs(line.evaluate(TOP) - before) <= 1
    read_at_the_top(page)
    expect(page.locator("[part=message]")).to_have_count(120)
    expect(page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
    expect(page.locator("[part=message] [part=bubble]")).to_have_text([f"message {number}" for number in range(120)])


@pytest.mark.usefixtures("long_conversation")
def test_older_messages_come_by_a_button_and_the_line_that_is_read_stays(page: Page) -> None:
    line = page.locator("[part=message]").get_by_text("message 100", exact=True)
    line.evaluate("(node) => node.scrollIntoView({ block: 'start' })")
    expect(page.locator("[part=message]").last).not_to_be_in_viewport()
    before = line.evaluate(TOP)
    button = page.get_by_role("button", name="Show earlier messages")
    # Pressed as by a screen reader, from a place where scrolling doesn't fetch them.
    button.evaluate("(node) => node.click()")
    expect(page.locator("[part=message]")).to_have_count(100)

    assert abs(line.evaluate(TOP) - before) <= 1
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[part=message]")).to_have_count(120)
    expect(button).to_be_hidden()
    expect(page.locator(SCROLLER)).to_be_focused()


def test_lines_move_as_far_as_the_reader_scrolls(served: Site, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    said = [("bot", "word " * (7 * number % 40 + 1), datetime.now(UTC)) for number in range(40)]
    keep_token(page, served, stored_conversation(served, *said))
    open_chat(page, served)
    expect(page.locator("[part=message]")).to_have_count(40)
    jumps = page.locator(SCROLLER).evaluate(
        """async (node) => {
            const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const top = (line) => line.getBoundingClientRect().top;
            const jumps = [];
            await drawn();
            while (node.scrollTop > 0) {
                const line = [...node.querySelectorAll("[part=message]")].find((each) => top(each) >= top(node));
                const [before, from] = [top(line), node.scrollTop];
                node.scrollTop -= 150;
                const moved = from - node.scrollTop;
                await drawn();
                jumps.push(Math.round(top(line) - before - moved));
            }
            return jumps;
        }"""
    )

    assert len(jumps) > 5
    assert set(jumps) <= {-1, 0, 1}


@pytest.mark.usefixtures("long_conversation")
def test_old_messages_are_not_announced(page: Page) -> None:
    read_at_the_top(page)
    expect(page.locator("[part=message]")).to_have_count(100)

    expect(page.get_by_role("log")).to_have_text("")


@pytest.mark.parametrize(
    ("locale", "days", "time", "exact"),
    [
        ("en-US", ["December 24, 2024", "Wednesday, March 4", "Yesterday", "Today"], "12:05 PM", "Jul 15, 2026, 12:05 PM"),
        ("en-GB", ["24 December 2024", "Wednesday 4 March", "Yesterday", "Today"], "12:05", "15 Jul 2026, 12:05"),
        ("de-DE", ["24. Dezember 2024", "Mittwoch, 4. März", "Gestern", "Heute"], "12:05", "15.07.2026, 12:05"),
    ],
)
def test_days_and_times_are_those_of_the_visitor(
    locale: str, days: list[str], time: str, exact: str, served: Site, browser: Browser
) -> None:
    now = datetime(2026, 7, 15, 12, 5, tzinfo=UTC)  # 14:05 in Berlin
    context = browser.new_context(locale=locale, timezone_id="Europe/Berlin")
    page = context.new_page()
    page.clock.install(time=now)
    # In Berlin, 22:30 in UTC is already the next day.
    times = [datetime(2024, 12, 24, 12, tzinfo=UTC), datetime(2026, 3, 4, 12, tzinfo=UTC), now - timedelta(days=1)]
    times += [datetime(2026, 7, 14, 22, 30, tzinfo=UTC), now - timedelta(hours=2)]
    keep_token(page, served, stored_conversation(served, *(("bot", f"message {at}", at) for at in times)))
    open_chat(page, served)

    expect(bubbles(page, "bot")).to_have_count(5)
    expect(page.locator("[part=day]:visible")).to_have_text(days, use_inner_text=True)
    last = page.locator("[part=message] time").last
    expect(last.locator(".brief")).to_have_text(time)
    expect(last.locator(".exact")).to_have_text(exact)
    expect(last).to_have_attribute("datetime", "2026-07-15T10:05:00.000Z")
    context.close()
