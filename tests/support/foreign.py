"""Pages of other websites that show the chat: a web server with as many origins as a test needs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.servers import Site
from tests.support.visit import say

CHAT = '<script type="module" src="https://chat.example.com/widget.js"></script>'
ELEMENT = "<chatbot-widget></chatbot-widget>"

ORIGINS = {
    "Shop": "shop",
    "News": "news",
    "Closed": "closed",
    "Closing": "closing",
    "Closing in the background": "unread",
    "Closing while away": "away",
    "Dressed": "dressed",
}
"""The origins of the sites, by their names."""

TYPES = {"css": "text/css", "js": "text/javascript"}


class Website:
    """Serves the tests' files on every host name that ends in .localhost. Each name is an origin."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._files: dict[str, tuple[str, dict[str, str]]] = {}

    def origin(self, name: str) -> str:
        return f"http://{name}.localhost:{self._port}"

    def put(self, path: str, text: str, policy: str | None = None) -> None:
        """Serve a file. `policy`: its Content-Security-Policy."""
        kind = TYPES.get(path.rpartition(".")[2], "text/html")
        headers = {"Content-Type": f"{kind}; charset=utf-8"}
        if policy is not None:
            headers["Content-Security-Policy"] = policy
        self._files[path] = text, headers

    def put_page(self, body: str, path: str = "/", policy: str | None = None, head: str = "") -> None:
        html = f'<!doctype html><html lang="en"><head><title>A shop</title>{head}</head><body>{body}</body></html>'
        self.put(path, html, policy)

    def get(self, path: str) -> tuple[str, dict[str, str]] | None:
        return self._files.get(path)


@contextlib.contextmanager
def website() -> Iterator[Website]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text, headers = site.get(self.path) or ("", {})
            self.send_response(200 if headers else 204)  # a browser asks for a favicon, too
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Website(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def placed(text: str, site: Site) -> str:
    """The document's example, with the chat's real address."""
    return text.replace("https://chat.example.com", site.url).replace(
        "wss://chat.example.com", f"ws://127.0.0.1:{site.port}"
    )


def visit(page: Page, web: Website, site: Site, body: str = CHAT + ELEMENT, host: str = "shop", **page_options: Any) -> None:
    """Open a foreign page with this body."""
    web.put_page(placed(body, site), **page_options)
    page.goto(web.origin(host))


def launcher(page: Page) -> Any:
    return page.locator("[part=launcher]")


def mine(page: Page) -> Any:
    return page.locator("[part=message][data-sender=visitor]")


def replies(page: Page) -> Any:
    return page.locator("[part=message][data-sender=bot] [part=bubble]")


def converse(page: Page, text: str) -> None:
    """Open the chat, say something, and wait for the answer."""
    launcher(page).click()
    say(page, text)
    expect(replies(page).filter(has_text=text)).to_have_count(1)
