"""All that bot and visitor write is shown as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.support.servers import Site
from tests.support.visit import open_chat, say

MARKUP = [
    "<img src=x onerror=struck()>",
    "<script>struck()</script>",
    "<svg/onload=struck()>",
    "</textarea><iframe srcdoc='<script>parent.struck()</script>'>",
    '" onmouseover="struck()" autofocus onfocus="struck()',
    "{{constructor.constructor('struck()')()}}",
]
ADDRESSES = [
    "javascript:struck()",
    " \tjava\nscript:struck()",
    "JaVaScRiPt://%0astruck()",
    "data:text/html,<script>parent.struck()</script>",
    "vbscript:struck()",
    "blob:https://example.com/1",
    "file:///etc/passwd",
    'https://example.com/" onclick="struck()',
]


def hostile_parts() -> Iterator[dict[str, Any]]:
    """Every field of every part, filled with text that would do harm if it were run or followed."""
    for text, url in [*((text, ADDRESSES[0]) for text in MARKUP), *((MARKUP[0], url) for url in ADDRESSES)]:
        button = {"label": text, "url": url}
        yield {"type": "text", "text": text}
        yield {"type": "quick_replies", "title": text, "replies": [button, {"label": text, "message": text}]}
        yield {"type": "card", "title": text, "text": text, "image": url, "alt": text, "buttons": [button]}
        yield {"type": "image", "url": url, "alt": text}
        yield {"type": "link", "label": text, "url": url}
        yield {
            "type": "list",
            "title": text,
            "items": [{"title": text, "text": text, "image": url, "alt": text, "url": url}],
        }
        yield {"type": "accordion", "title": text, "subtitle": text, "text": text, "image": url}
    for strange in ("constructor", "__proto__", "toString", MARKUP[0], None, {}, []):
        yield {"type": strange, "text": MARKUP[0]}
    for strange in (None, 7, {"toString": "x"}, [MARKUP[0]]):
        yield {"type": "card", "title": strange, "buttons": strange, "image": strange}
        yield {"type": "text", "text": strange}


def hostile_server(socket: WebSocketRoute) -> None:
    def answer(data: str | bytes) -> None:
        frame = json.loads(data)
        if frame["type"] == "hello":
            limits = {"message_characters": 2000, "frame_bytes": 65536}
            ready = {"type": "ready", "token": "t", "conversation": "c", "resumed": False, "seq": 0, "status": "bot"}
            socket.send(json.dumps({**ready, "messages": [], "more": False, "limits": limits}))
        elif frame["type"] == "message":
            socket.send(json.dumps({"type": "ack", "id": frame["id"], "seq": 1}))
            common = {"type": "message", "sender": "bot", "id": None, "in_reply_to": None, "at": "2026-01-02T03:04:05.678Z"}
            for seq, part in enumerate(hostile_parts(), 2):
                socket.send(json.dumps({**common, "seq": seq, "message": MARKUP[1], "parts": [part]}))
            last = {**common, "seq": seq + 1, "message": "the end", "parts": []}
            socket.send(json.dumps(last))

    socket.on_message(answer)


def test_nothing_that_the_bot_or_the_visitor_writes_is_more_than_text(served: Site, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)  # so that only the widget itself protects the page
    page = context.new_page()
    strikes: list[str] = []
    page.expose_function("struck", lambda: strikes.append("struck"))
    page.on("dialog", lambda dialog: strikes.append("dialog"))
    page.on("pageerror", lambda error: strikes.append(str(error)))
    page.route_web_socket("**/ws/chat/", hostile_server)

    open_chat(page, served)
    say(page, MARKUP[0])
    expect(page.locator("[part=bubble]").last).to_have_text("the end")
    found = page.locator("chatbot-widget").evaluate(
        """(widget) => [...widget.shadowRoot.querySelectorAll("*")].map((element) => ({
            name: element.localName,
            attributes: element.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc"),
            addresses: ["href", "src", "action", "formaction", "xlink:href"]
                .filter((name) => element.hasAttribute(name)).map((name) => new URL(element.getAttribute(name)).protocol),
        }))"""
    )
    for summary in page.locator("chatbot-widget summary").all():
        summary.click()

    assert not {one["name"] for one in found} & {"script", "iframe", "object", "embed", "base", "link", "meta"}
    assert not [one for one in found if one["attributes"]]
    assert {protocol for one in found for protocol in one["addresses"]} <= {"http:", "https:", "mailto:", "tel:"}
    assert page.locator("[part=bubble]", has_text=MARKUP[0]).count() > 20
    assert strikes == []
    context.close()
