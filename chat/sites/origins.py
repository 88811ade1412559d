"""Which pages may show the chat. The Origin is compared as an exact string, with scheme, host and port."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from chat.conf import ChatOptions
from chat.models import Site

DEFAULT: Final = Site()
"""The site of the chat's own pages and of the configured origins. It has no texts of its own."""

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_PORTS = {"http": 80, "https": 443}


def header(scope: dict[str, Any], name: bytes) -> str | None:
    """A header's value, None unless it occurs exactly once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def origin_of(scope: dict[str, Any]) -> str:
    return header(scope, b"origin") or ""


def own_origin(host: str) -> str:
    """The origin of the chat's own pages, for a Host."""
    return f"{'https' if settings.HTTPS else 'http'}://{host}"


def site_of(origin: str, host: str | None, sites: Mapping[str, Site] | None, options: ChatOptions) -> Site | None:
    """The site of a page with this origin, None if the page may not show the chat. `host`: the request's."""
    if sites and (site := sites.get(origin)):
        return site if site.active else None
    return DEFAULT if is_own(origin, host) or origin in options.allowed_origins else None


def is_own(origin: str, host: str | None) -> bool:
    """Whether it is the origin of the chat's own pages. `host`: the request's."""
    return host is not None and origin == own_origin(host) and _is_served(host)


def site_of_socket(scope: dict[str, Any], sites: Mapping[str, Site] | None, options: ChatOptions) -> Site | None:
    """The site of the page that opens the socket, None if the page may not open it."""
    if not any(key == b"origin" for key, _ in scope["headers"]):
        return DEFAULT if options.allow_missing_origin else None
    return site_of(origin_of(scope), header(scope, b"host"), sites, options)


def _is_served(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def normal(address: str) -> str | None:
    """The origin of an address that people wrote, as browsers send it. None if the address has none."""
    try:
        url = urlsplit(address if "://" in address else f"https://{address}")
        host, port = url.hostname or "", url.port
        if ":" in host:
            host = f"[{ipaddress.IPv6Address(host)}]"
        elif not host.isascii():
            host = idna.encode(host, uts46=True).decode()
    except ValueError:
        return None
    if url.scheme not in _PORTS or not _HOST.fullmatch(host):
        return None
    return f"{url.scheme}://{host}" + (f":{port}" if port and port != _PORTS[url.scheme] else "")
