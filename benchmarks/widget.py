"""The widget in Chromium: how soon it is ready, and what a message costs it in a log of a thousand."""

from __future__ import annotations

import functools
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, WebSocketRoute, expect, sync_playwright

from tests.servers import CHROMIUM_OPTIONS, Site, chromium

say = functools.partial(print, flush=True)

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


class Server:
    """The other end of the socket: a conversation of MESSAGES messages, and one more whenever it is told."""

    def __init__(self) -> None:
        self._seq = MESSAGES
        self._socket: WebSocketRoute | None = None

    def connect(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        socket.on_message(lambda data: self._answer(json.loads(data)))

    def say(self, text: str) -> None:
        self._seq += 1
        self._send({"type": "message", **_message(self._seq, text)})

    def _answer(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "hello":
            messages = [
                _message(seq, f"Message {seq}: " + "some words of a reply " * (seq % 7)) for seq in range(1, MESSAGES + 1)
            ]
            ready = {"type": "ready", "token": "t", "conversation": "c", "resumed": True, "seq": MESSAGES, "status": "bot"}
            self._send({**ready, "messages": messages, "more": False, "limits": {"message_characters": 2000}})

    def _send(self, frame: dict[str, Any]) -> None:
        if self._socket is not None:
            self._socket.send(json.dumps(frame))


def _message(seq: int, text: str) -> dict[str, Any]:
    sender = "visitor" if seq % 2 else "bot"
    return {
        "seq": seq,
        "sender": sender,
        "id": str(seq) if sender == "visitor" else None,
        "message": text,
        "parts": [{"type": "text", "text": text}],
        "at": f"2026-01-{1 + seq % 28:02}T03:04:05.678Z",
    }


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
    """The longest task since the last look, in milliseconds; below 50 the browser reports none."""
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))")
    longest: float = page.evaluate("Math.max(0, ...longTasks.splice(0))")
    return longest


def _log(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 760}, bypass_csp=True)
    page.add_init_script(WATCH)
    server = Server()
    page.route_web_socket("**/ws/chat/", server.connect)
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
