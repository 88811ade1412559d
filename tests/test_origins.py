"""Which pages may open a socket, form by form."""

from __future__ import annotations

from typing import Any

import pytest

from chat import conf
from chat.origins import is_allowed


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
    return is_allowed({"headers": headers}, conf.options())


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
    assert not is_allowed(scope, conf.options())

    site.SECRET_ENVIRONMENT = {**site.SECRET_ENVIRONMENT, "CHATBOT_ALLOW_MISSING_ORIGIN": "on"}
    assert is_allowed(scope, conf.options())
    assert not admits("http://evil.example")
    assert not admits("")
