"""Pages of other websites, which hold the chat: a web server of their own, under as many origins as a test likes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TYPES = {"css": "text/css", "js": "text/javascript"}


class Website:
    """Serves what tests put into it, on every host name that ends in .localhost; each is an origin of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._files: dict[str, tuple[str, dict[str, str]]] = {}

    def origin(self, name: str) -> str:
        return f"http://{name}.localhost:{self._port}"

    def put(self, path: str, text: str, policy: str | None = None) -> None:
        """Serve a file; `policy`: its Content-Security-Policy."""
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
