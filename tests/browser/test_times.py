"""The times of messages: shown as how long ago, exact on request, and not announced again by screen readers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.fake_server import AT, FakeServer
from tests.support.servers import Site
from tests.support.visit import say, stop_the_clock, visit
from tests.support.wire import TIMEOUT

MINUTE = datetime.timedelta(minutes=1)
FIRST = AT + MINUTE
"""When the first message is said."""
EXACT = "Mar 9, 2026, 9:31 AM"
COUNT_INTERVALS = """
    const { setInterval, clearInterval } = window;
    window.intervals = new Set();
    window.setInterval = (...given) => {
        const timer = setInterval(...given);
        intervals.add(timer);
        return timer;
    };
    window.clearInterval = (timer) => {
        intervals.delete(timer);
        clearInterval(timer);
    };
"""
NOTE_CHANGES = """(log) => {
    window.changes = [];
    const note = (found) => changes.push(...found.map(({ target }) => target.localName + "." + target.className));
    new MutationObserver(note).observe(log, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
HEIGHTS = """(log) => [log.scrollHeight, ...[...log.querySelectorAll("[part=message]")].map((node) => node.offsetHeight)]"""


def open_chat(page: Page, site: Site, widget: str = "") -> FakeServer:
    server = FakeServer(page)
    stop_the_clock(page, at=FIRST + datetime.timedelta(seconds=30))
    page.add_init_script(COUNT_INTERVALS)
    visit(page, site, widget=widget)
    page.locator("[part=launcher]").click()
    expect(page.locator("[part=empty]")).to_be_visible()
    return server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", timezone_id="UTC", has_touch=True, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def briefs(page: Page) -> Locator:
    return page.locator("time .brief")


def shown_exactly(page: Page) -> list[str]:
    """The times that are shown exactly."""
    return [
        time.locator(".exact").inner_text()
        for time in page.locator("time").all()
        if not time.locator(".brief").is_visible() and time.locator(".exact").evaluate("(node) => node.offsetWidth > 60")
    ]


def expect_exactly(page: Page, *times: str) -> None:
    """Wait until these times and no others are shown exactly."""
    until = monotonic() + TIMEOUT
    while (shown := shown_exactly(page)) != list(times):
        assert monotonic() < until, shown


def converse(page: Page, server: FakeServer) -> None:
    """A visitor's message, a reply, and a notice."""
    say(page, "Good morning")
    expect(page.locator("[data-state=sent]")).to_be_visible()
    server.say("Good morning, how can we help?")
    server.say("A colleague has joined.", sender="system")
    expect(page.locator("[part=message]")).to_have_count(3)


@pytest.mark.parametrize(
    ("language", "now", "minute", "minutes", "later"),
    [
        ("en", "now", "1 minute ago", "12 minutes ago", "9:31 AM"),
        ("de", "jetzt", "vor 1 Minute", "vor 12 Minuten", "9:31"),
        ("ja", "今", "1 分前", "12 分前", "9:31"),
    ],
)
def test_how_long_ago_is_told_for_an_hour_and_then_the_time(
    served: Site, page: Page, language: str, now: str, minute: str, minutes: str, later: str
) -> None:
    server = open_chat(page, served, f'language="{language}"')
    server.say("Good morning")
    expect(briefs(page)).to_have_text(now)
    page.clock.run_for("00:40")
    expect(briefs(page)).to_have_text(minute)
    page.clock.run_for("11:00")
    expect(briefs(page)).to_have_text(minutes)
    page.clock.run_for("48:00")
    expect(briefs(page)).to_have_text(later)


def test_only_what_is_no_longer_so_is_touched(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    server.pace = datetime.timedelta(seconds=-1800)
    for text in ("Said an hour ago", "Said half an hour before"):
        server.say(text)
    expect(briefs(page)).to_have_text(["31 minutes ago", "8:30 AM"])
    page.locator("[part=log]").evaluate(NOTE_CHANGES)

    page.clock.run_for("01:00")
    assert page.evaluate("changes.splice(0)") == ["span.brief"]
    page.clock.run_for("59:00")
    expect(briefs(page)).to_have_text(["9:00 AM", "8:30 AM"])
    page.evaluate("changes.splice(0)")
    page.clock.run_for("05:00:00")
    assert page.evaluate("changes") == []


def test_one_timer_runs_for_all_and_none_once_all_is_old(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    assert page.evaluate("intervals.size") == 0
    converse(page, server)
    assert page.evaluate("intervals.size") == 1

    page.clock.fast_forward("01:10:00")
    expect(briefs(page).last).to_have_text("9:33 AM")
    assert page.evaluate("intervals.size") == 0


def test_after_a_pause_the_times_are_true_at_once(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    server.say("Good morning")
    expect(briefs(page)).to_have_text("now")

    page.clock.set_fixed_time(FIRST + 20 * MINUTE)  # no timer runs: the device slept
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(briefs(page)).to_have_text("20 minutes ago")

    page.keyboard.press("Escape")
    page.clock.set_fixed_time(FIRST + 40 * MINUTE)
    page.locator("[part=launcher]").click()
    expect(briefs(page)).to_have_text("40 minutes ago")


def test_today_is_yesterday_after_midnight(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    server.say("Good morning")
    expect(page.locator("[part=day]:visible")).to_have_text("Today", use_inner_text=True)

    page.clock.set_fixed_time(FIRST + datetime.timedelta(days=1))
    server.pace = datetime.timedelta(hours=12)
    server.say("Good morning again")
    expect(page.locator("[part=day]:visible")).to_have_text(["Yesterday", "Today"], use_inner_text=True)


def test_a_mouse_over_a_time_shows_it_exactly(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    converse(page, server)
    assert shown_exactly(page) == []

    page.locator("time").first.hover()
    expect_exactly(page, EXACT)
    page.locator("h2").hover()
    expect_exactly(page)


def test_by_keyboard_the_log_shows_all_times_exactly_and_a_control_that_of_its_message(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    converse(page, server)
    assert shown_exactly(page) == []

    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="This did not help")).to_be_focused()
    expect_exactly(page, EXACT.replace("31", "32"))
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    expect(page.locator("[part=scroller]")).to_be_focused()
    expect_exactly(page, EXACT, EXACT.replace("31", "32"), EXACT.replace("31", "33"))
    page.keyboard.press("Shift+Tab")
    expect(page.locator("[part=close]")).to_be_focused()
    expect_exactly(page)


def test_a_click_on_a_control_moves_nothing_under_the_mouse(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    converse(page, server)
    thumb = page.get_by_role("button", name="This helped")
    before = thumb.bounding_box()
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")

    assert shown_exactly(page) == []
    assert thumb.bounding_box() == before


def test_a_tap_on_a_message_shows_its_time_exactly_and_another_takes_it_back(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    converse(page, server)
    page.locator("[part=bubble]").first.tap()
    expect_exactly(page, EXACT)

    page.locator("[part=bubble]").first.tap(position={"x": 100, "y": 4})  # elsewhere, or it would be a double tap
    expect_exactly(page)
    page.get_by_role("button", name="This helped").tap()
    expect(page.get_by_role("button", name="This helped", pressed=True)).to_be_visible()
    assert shown_exactly(page) == []


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "ar", "ja"])
@pytest.mark.parametrize("width", [1000, 360])
def test_exact_times_make_no_message_higher(served: Site, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    server = open_chat(page, served, f'language="{language}"')
    converse(page, server)
    for message in page.locator("[part=message]").all():
        expect(message).to_be_in_viewport()  # the height of what isn't drawn yet is a guess
    before = page.locator("[part=scroller]").evaluate(HEIGHTS)
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
    expect(page.locator("[part=scroller]")).to_be_focused()

    assert len(shown_exactly(page)) == 3
    assert page.locator("[part=scroller]").evaluate(HEIGHTS) == before


def test_a_screen_reader_has_the_exact_time_and_hears_nothing_of_its_age(served: Site, page: Page) -> None:
    server = open_chat(page, served)
    converse(page, server)
    page.clock.run_for("00:20")

    def told() -> Any:
        return page.locator("[part=scroller]").aria_snapshot()

    before = told()
    assert EXACT in before
    assert "ago" not in before
    page.clock.run_for("05:00")
    expect(briefs(page).first).to_have_text("5 minutes ago")
    assert told() == before
