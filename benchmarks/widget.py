"""The widget in Chromium: how soon it is ready, and how long a message takes in a log of a thousand."""

from __future__ import annotations

import datetime
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks import say
from tests.support.fake_server import AT, FakeServer
from tests.support.servers import CHROMIUM_OPTIONS, Site, chromium

MESSAGES = 1000
LOADS = 10
ARRIVALS = 20

WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ entryTypes: ["longtask"] });
"""
READY = """() => new Promise((resolve) => {
  const look = () => {
    const launcher = document.querySelector("chatbot-widget")?.shadowRoot?.querySelector("[part=launcher]");
    if (!launcher) return setTimeout(look, 1);
    const [page] = performance.getEntriesByType("navigation");
    if (!page.loadEventEnd) return setTimeout(look, 1);
    resolve([performance.now(), performance.now() - page.loadEventEnd]);
  };
  look();
})"""
"""Milliseconds from the navigation, and from the end of the page's load event, until the launcher can be pressed."""
FRAMES = """(milliseconds) => new Promise((resolve) => {
  const scroller = document.querySelector("chatbot-widget").shadowRoot.querySelector("[part=scroller]");
  const gaps = [];
  const end = performance.now() + milliseconds;
  let last = performance.now();
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    scroller.scrollTop -= 120;
    if (now < end) requestAnimationFrame(step);
    else resolve(Math.max(...gaps.slice(1)));
  };
  requestAnimationFrame(step);
})"""
"""The longest time between two frames while the log scrolls upwards."""


def _loads(browser: Browser, site: Site) -> None:
    for name, again in (("first visit", False), ("next page", True)):
        ready, after = [], []
        for _ in range(LOADS):
            page = browser.new_page(viewport={"width": 1000, "height": 760})
            if again:
                page.goto(site.url)
                page.evaluate(READY)
            page.goto(f"{site.url}/?again" if again else site.url)
            both = page.evaluate(READY)
            ready.append(both[0])
            after.append(both[1])
            page.close()
        say(
            f"{name}: ready {statistics.median(ready):.0f} ms (at most {max(ready):.0f}) after the navigation, "
            f"{statistics.median(after):.0f} ms (at most {max(after):.0f}) after the page's load event"
        )


def _longest(page: Page) -> float:
    """The longest task since the last call, in milliseconds. The browser reports none below 50."""
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))")
    longest: float = page.evaluate("Math.max(0, ...longTasks.splice(0))")
    return longest


def _log(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 760}, bypass_csp=True)
    page.add_init_script(WATCH)
    server = FakeServer(page)
    server.pace = datetime.timedelta(seconds=2)
    page.clock.set_fixed_time(AT + MESSAGES * server.pace)
    for number in range(MESSAGES):
        server.say(f"Message {number}: " + "some words of a reply " * (number % 7), sender=("visitor", "bot")[number % 2])
    page.goto(site.url)
    page.locator("[part=launcher]").click()
    messages = page.locator("[part=message]")
    expect(messages).to_have_count(MESSAGES)
    say(f"{MESSAGES} messages arrive at once: longest task {_longest(page):.0f} ms")
    for number in range(ARRIVALS):
        server.say(f"One more: {number}")
        expect(messages).to_have_count(MESSAGES + number + 1)
    say(f"each of {ARRIVALS} more arrives: longest task {_longest(page):.0f} ms")
    say(f"scrolling up for two seconds: longest time between frames {page.evaluate(FRAMES, 2000):.0f} ms")
    _longest(page)
    page.clock.set_fixed_time(AT + MESSAGES * server.pace + datetime.timedelta(minutes=1))
    expect(messages.first.locator("time .brief")).to_have_text("34 minutes ago", timeout=15_000)
    say(f"a minute passes, and so {MESSAGES} times change: longest task {_longest(page):.0f} ms")
    page.keyboard.press("Shift+Tab")
    page.locator("[part=scroller]").focus()
    say(f"the log gets the focus, and shows exact times: longest task {_longest(page):.0f} ms")
    page.locator("[part=close]").click()
    say(f"closing: longest task {_longest(page):.0f} ms")
    page.locator("[part=launcher]").click()
    say(f"opening again: longest task {_longest(page):.0f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Path(folder))
        site.prepare()
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        with site.serving():
            _loads(browser, site)
            _log(browser, site)
        browser.close()


if __name__ == "__main__":
    main()
