"""Which pages may open a socket, and how addresses that people write become origins."""

from __future__ import annotations

from typing import Any

import pytest

from chat import conf
from chat.addresses import normal
from chat.models import Site
from chat.sites.origins import DEFAULT, site_of_socket


@pytest.fixture
def site(settings: Any) -> Any:
    settings.ALLOWED_HOSTS = ["chat.example.com"]
    settings.SECRET_ENVIRONMENT = {
        **settings.SECRET_ENVIRONMENT,
        "CHATBOT_ALLOWED_ORIGINS": "https://shop.example.com,http://[2001:db8::1]:8000",
    }
    return settings


def admits(origin: str, host: str = "chat.example.com", *more: tuple[bytes, bytes]) -> bool:
    headers = [(b"host", host.encode()), (b"origin", origin.encode()), *more]
    return site_of_socket({"headers": headers}, {}, conf.options()) is not None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://chat.example.com", "chat.example.com"),
        ("http://chat.example.com:8000", "chat.example.com:8000"),
        ("https://shop.example.com", "chat.example.com"),
        ("http://[2001:db8::1]:8000", "chat.example.com"),
    ],
)
def test_pages_of_the_site_and_of_the_configured_origins_are_welcome(site: Any, origin: str, host: str) -> None:
    assert admits(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        "http://chat.example.com.evil.example",
        "http://evil.example/http://chat.example.com",
        "http://evil.example#http://chat.example.com",
        "http://evil.example?http://chat.example.com",
        "http://user@chat.example.com",
        "http://chat.example.com/",
        "http://chat.example.com/path",
        "http://chat.example.com:80",
        "http://chat.example.com.",
        "http://CHAT.example.com",
        "HTTP://chat.example.com",
        "http://sub.chat.example.com",
        "http://xchat.example.com",
        "ws://chat.example.com",
        "//chat.example.com",
        "chat.example.com",
        "https://shop.example.com:443",
        "https://shop.example.com, https://evil.example",
        "https://shop.example.com https://evil.example",
        "https://shop.example.com\t",
        "http://[2001:db8::1]",
        "http://[2001:db8::1]:8001",
        "http://[2001:db8:0::1]:8000",
        "file://",
        "null",
        "*",
        "",
    ],
)
def test_anything_else_is_foreign(site: Any, origin: str) -> None:
    assert not admits(origin)


def test_a_host_that_is_not_the_site_s_doesn_t_make_its_pages_welcome(site: Any) -> None:
    assert not admits("http://evil.example", "evil.example")
    assert not admits("http://evil.example:80", "evil.example:80")


def test_a_page_of_the_site_needs_the_site_s_scheme(site: Any) -> None:
    assert not admits("https://chat.example.com")
    site.HTTPS = True
    assert admits("https://chat.example.com")
    assert not admits("http://chat.example.com")


def test_repeated_headers_are_refused(site: Any) -> None:
    assert not admits("https://shop.example.com", "chat.example.com", (b"origin", b"https://shop.example.com"))
    assert not admits("http://chat.example.com", "chat.example.com", (b"host", b"chat.example.com"))


def test_a_setting_admits_who_sends_no_origin_and_nobody_else(site: Any) -> None:
    scope = {"headers": [(b"host", b"chat.example.com")]}
    assert site_of_socket(scope, {}, conf.options()) is None

    site.SECRET_ENVIRONMENT = {**site.SECRET_ENVIRONMENT, "CHATBOT_ALLOW_MISSING_ORIGIN": "on"}
    assert site_of_socket(scope, {}, conf.options()) is DEFAULT
    assert not admits("http://evil.example")
    assert not admits("")


@pytest.mark.parametrize("origin", ["https://news.example.com", "https://shop.example.com", "http://chat.example.com"])
def test_an_origin_in_the_list_of_sites_goes_by_the_list(site: Any, origin: str) -> None:
    scope = {"headers": [(b"host", b"chat.example.com"), (b"origin", origin.encode())]}
    listed = Site(pk=1, origins=origin)
    assert site_of_socket(scope, {origin: listed}, conf.options()) is listed

    listed.active = False
    assert site_of_socket(scope, {origin: listed}, conf.options()) is None


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://shop.example.com", "https://shop.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://192.0.2.1", "http://192.0.2.1"),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
        ("https://Shop.Example.com/", "https://shop.example.com"),
        ("HTTPS://shop.example.com/de/?a=b#c", "https://shop.example.com"),
        ("shop.example.com", "https://shop.example.com"),
        ("shop.example.com:8443/path", "https://shop.example.com:8443"),
        ("https://shop.example.com:443", "https://shop.example.com"),
        ("http://shop.example.com:80", "http://shop.example.com"),
        ("http://shop.example.com:443", "http://shop.example.com:443"),
        ("https://user:secret@shop.example.com", "https://shop.example.com"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
    ],
)
def test_the_origin_of_an_address_is_what_browsers_send(address: str, origin: str) -> None:
    assert normal(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "*",
        "https://",
        "https://*.example.com",
        "ftp://example.com",
        "file:///tmp/page.html",
        "https://example.com:99999",
        "https://exa mple.com",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://example..com",
        'https://exam"ple.com',
        "https://\u2024.example",
        "http://example.com https://example.org",
    ],
)
def test_what_is_no_web_address_has_no_origin(address: str) -> None:
    assert normal(address) is None


def test_an_origin_that_the_column_can_t_take_is_refused_at_the_door(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    host = ".".join(["a" * 60] * 4)

    assert admits(f"http://{host}", host)
    assert not admits(f"http://{host}.example.com", f"{host}.example.com")
