"""Behind a real nginx: one that changes the Host, one that serves the chat below a path, one that drops upgrades."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chatbot import environment
from tests.support.proxies import nginx, server
from tests.support.servers import Site, free_port

TIMEOUT = 60
ADMIN = {"DJANGO_SUPERUSER_PASSWORD": "right", "DJANGO_SUPERUSER_EMAIL": "staff@example.com"}


class Browser:
    """Follows redirects, keeps cookies by their paths, and names the page's origin with each form."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """Status, body, and the path that it came to."""
        return self._open(urllib.request.Request(self.origin + path, headers=headers))

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        body = urllib.parse.urlencode(fields).encode()
        return self._open(urllib.request.Request(self.origin + path, body, {"Origin": self.origin}))

    def _open(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            answer = self._opener.open(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode(), urllib.parse.urlsplit(answer.url).path

    def log_in(self, path: str) -> tuple[int, str, str]:
        _, page, came_to = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        return self.post(came_to, csrfmiddlewaretoken=token[1], username="staff", password="right", next=path)


def echo(origin: str, path: str = "/ws/chat/") -> str:
    with connect(f"{origin.replace('http', 'ws')}{path}", origin=origin) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"message": "hi"}))
        frames = [json.loads(socket.recv(TIMEOUT)) for _ in range(3)]
    return str(frames[-1]["message"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that has an account for staff."""
    folder = tmp_path_factory.mktemp("proxies")
    site = Site(folder)
    site.prepare()
    assert site.manage("createsuperuser", "--noinput", "--username", "staff", **ADMIN).returncode == 0
    return folder


def said(site: Site, words: str) -> str:
    """The line of the log with these words, which may not be written yet."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        for line in site.log.splitlines():
            if words in line:
                return line
        time.sleep(0.05)
    raise AssertionError(site.log)


def test_behind_a_proxy_that_changes_the_host_the_public_address_is_enough(folder: Path) -> None:
    ports = {"$host": free_port(), "$proxy_host": free_port()}  # without its port, and rewritten
    origins = [f"http://localhost:{port}" for port in ports.values()]
    site = Site(folder, PUBLIC_URL=", ".join(f"{origin}/" for origin in origins))
    servers = [server(port, site.url, host=host) for host, port in ports.items()]
    with nginx(folder, ports["$host"], *servers), site.serving():
        for origin in origins:
            assert echo(origin) == "hi"
            browser = Browser(origin)
            status, page, came_to = browser.log_in("/admin/")
            assert (status, came_to) == (200, "/admin/")
            assert "Site administration" in page
            assert f"{origins[0]}/widget.js" in browser.get("/admin/chat/site/add/")[1]
        said(site, f"The chat is at {origins[0]}/, {origins[1]}/ and the admin at {origins[0]}/admin/")


@pytest.fixture(scope="module")
def changed(folder: Path) -> Iterator[tuple[Site, dict[str, str]]]:
    """A site without a public address, and the origins at which nginx serves it, by what is wrong with each."""
    site = Site(folder)
    ports = {"host": free_port(), "name": free_port(), "upgrade": free_port()}
    servers = [
        server(ports["host"], site.url, host="$host"),
        server(ports["name"], site.url, host="chat.example.com"),
        server(ports["upgrade"], site.url, more=""),
    ]
    with nginx(folder, ports["host"], *servers), site.serving():
        yield site, {name: f"http://localhost:{port}" for name, port in ports.items()}


def test_a_refused_socket_leaves_a_line_that_names_both(changed: tuple[Site, dict[str, str]]) -> None:
    site, origins = changed
    for _ in range(5):
        with pytest.raises(InvalidStatus, match="403"):
            echo(origins["host"])

    lines = [line for line in site.log.splitlines() if "A WebSocket was refused" in line]
    assert len(lines) == 1
    assert f'the Origin "{origins["host"]}", and the request has the Host "localhost"' in lines[0]
    assert "PUBLIC_URL" in lines[0]


def test_a_refused_form_says_what_to_set(changed: tuple[Site, dict[str, str]]) -> None:
    site, origins = changed
    browser = Browser(origins["host"])
    for _ in range(5):
        status, words, _ = browser.log_in("/admin/")

    assert status == 403
    assert f"If {origins['host']} is this chat's own address, whoever runs it must set PUBLIC_URL" in words
    assert site.log.count("A form was refused") == 1


def test_a_wrong_host_says_what_to_set(changed: tuple[Site, dict[str, str]]) -> None:
    site, origins = changed
    for path in ("/", "/site.json", "/admin/", "/nowhere"):
        status, words, _ = Browser(origins["name"]).get(path)
        assert status == 400
        assert 'doesn\'t answer to the host name "chat.example.com"' in words
        assert "PUBLIC_URL=https://chat.example.com" in words

    assert site.log.count('its Host is "chat.example.com"') == 1


def test_a_proxy_that_passes_no_upgrades_on_is_told(changed: tuple[Site, dict[str, str]]) -> None:
    site, origins = changed
    with pytest.raises(InvalidStatus) as refused:
        echo(origins["upgrade"])

    assert refused.value.response.status_code == 426
    assert b"must pass the headers Upgrade and Connection on" in (refused.value.response.body or b"")
    assert "the proxy doesn't pass its upgrade on" in site.log


def test_all_of_it_works_below_a_path(folder: Path) -> None:
    ports = {"/": free_port(), "": free_port()}  # the proxy takes the path away, and passes it on
    origins = [f"http://localhost:{port}" for port in ports.values()]
    site = Site(folder, PUBLIC_URL=",".join(f"{origin}/support/" for origin in origins))
    servers = [server(port, site.url + slash, location="/support/") for slash, port in ports.items()]
    with nginx(folder, ports["/"], *servers), site.serving():
        for origin in origins:
            below_a_path(Browser(origin))
        assert Browser(site.url).get("/health/ready")[0] == 200


def below_a_path(browser: Browser) -> None:
    status, page, _ = browser.get("/support/")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    addresses += re.findall(r'"(/[^"]+\.js)"', browser.get("/support/widget.js")[1])
    assert status == 200
    assert len(addresses) > 10
    assert all(address.startswith("/support/") for address in addresses)
    assert {browser.get(address)[0] for address in addresses} == {200}
    assert json.loads(browser.get("/support/site.json")[1])["title"] == "Chat with us"
    assert echo(browser.origin, "/support/ws/chat/") == "hi"

    status, page, came_to = browser.log_in("/support/admin/")
    assert (status, came_to) == (200, "/support/admin/")
    assert "Site administration" in page
    assert "/support/widget.js" in browser.get("/support/admin/chat/site/add/")[1]
    assert browser.get("/elsewhere")[1] == "another site"
    assert {cookie.path for cookie in browser.cookies} == {"/support/"}
    assert not {cookie.name for cookie in browser.cookies} & {"sessionid", "csrftoken"}


def test_https_is_on_with_a_public_address_that_begins_with_https(folder: Path) -> None:
    site = Site(folder, PUBLIC_URL="https://chat.example.com/support,https://www.example.com/support", HOST="0.0.0.0")
    with site.serving():
        for path, status in {"/support/site.json": 301, "/support/health/live": 200, "/health/live": 200}.items():
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=TIMEOUT)) as connection:
                connection.request("GET", path)
                assert connection.getresponse().status == status
        headers = {"Origin": "https://www.example.com", "X-Forwarded-Proto": "https"}
        with urllib.request.urlopen(urllib.request.Request(f"{site.url}/site.json", headers=headers)) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
            assert "Strict-Transport-Security" in answer.headers


def test_the_addresses_that_are_printed_work(folder: Path) -> None:
    site = Site(folder, HOST="0.0.0.0")
    with site.serving():
        line = said(site, f"The chat is at http://127.0.0.1:{site.port}/")
        addresses = re.findall(r"http://[^ ,]+(?=/)", line.split(" and the admin")[0])
        assert not [address for address in addresses if "0.0.0.0" in address]
        for address in addresses:
            assert Browser(address).get("/")[0] == 200
            assert echo(address) == "hi"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chat.example.com", None),
        ("https://", None),
        ("https://s3cret@chat.example.com", "no password"),
        ("https://chat.example.com?s3cret", r"no password, \? or #"),
        ("https://chat.example.com/../s3cret", "no password"),
        ("https://a.example,http://b.example", "the same http:// or https://"),
        ("https://a.example/chat,https://b.example/", "the same path"),
    ],
)
def test_what_is_no_public_address(text: str, said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", text)
    with pytest.raises(ValueError, match=said) as refused:
        environment.public_urls("PUBLIC_URL")
    assert "s3cret" not in str(refused.value)


def test_a_setting_that_contradicts_the_public_address_stops_the_start(tmp_path: Path) -> None:
    done = Site(tmp_path, PUBLIC_URL="https://chat.example.com", HTTPS="off", PORT="0").manage("check")

    assert done.returncode == 1
    assert "HTTPS says the opposite of PUBLIC_URL" in done.stderr
    assert "PORT must be" in done.stderr
