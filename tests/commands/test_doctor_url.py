"""A proxy in front of the chat that passes HTTP on and WebSocket upgrades not."""

from __future__ import annotations

import contextlib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.servers import Site, free_port


@contextlib.contextmanager
def proxy(site: Site) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kept = {name: value for name, value in self.headers.items() if name not in ("Upgrade", "Connection")}
            try:
                response = urllib.request.urlopen(urllib.request.Request(site.url + self.path, headers=kept))
            except urllib.error.HTTPError as error:
                response = error
            body = response.read()
            self.send_response(response.status)
            self.send_header("Connection", "close")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_doctor_says_whether_upgrades_arrive(site: Site) -> None:
    well = site.manage("doctor", "--url", site.url)
    with proxy(site) as address:
        ailing = site.manage("doctor", "--url", f"{address}/")

    assert well.returncode == 0, well.stdout
    assert "ok     address" in well.stdout
    assert ailing.returncode == 1
    assert "upgrades don't arrive (HTTP 426)" in ailing.stdout
    assert "proxy_http_version 1.1" in ailing.stdout


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nowhere:x", "--url must be the address of the chat"),
        ("http://127.0.0.1:{free}", "can't be reached from here"),
        ("{site}/support", "leads to something else"),
        ("http://localhost.localdomain:{port}", "can't be reached"),
    ],
)
def test_doctor_says_what_is_wrong_with_an_address(site: Site, url: str, words: str) -> None:
    done = site.manage("doctor", "--url", url.format(site=site.url, port=site.port, free=free_port()))

    assert done.returncode == 1
    assert words in done.stdout
    assert "Traceback" not in done.stderr


def test_doctor_says_that_the_chat_refuses_its_own_pages(site: Site) -> None:
    own = Site(site.folder, DATABASE_URL=site.environ["DATABASE_URL"], HTTPS="on", PORT=site.environ["PORT"])
    with contextlib.ExitStack() as stack:
        own.port = free_port()
        own.environ["PORT"] = str(own.port)
        stack.enter_context(own.serving())
        done = own.manage("doctor", "--url", own.url)

    assert "refuses WebSockets of its own pages" in done.stdout
