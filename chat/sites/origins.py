"""Which pages may show the chat. The Origin is compared as an exact string, with scheme, host and port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from chat.conf import ChatOptions
from chat.models import Site

DEFAULT: Final = Site()
"""The site of the chat's own pages and of the configured origins. It has no texts of its own."""

MAX_ORIGIN: Final = 255


def header(scope: dict[str, Any], name: bytes) -> str | None:
    """A header's value, None unless it occurs exactly once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def origin_of(scope: dict[str, Any]) -> str:
    return header(scope, b"origin") or ""


def own_origin(host: str) -> str:
    """The origin of the chat's own pages. host: the request's, which a proxy may have changed."""
    origin = _origin(host)
    return settings.PUBLIC_ORIGINS[0] if settings.PUBLIC_ORIGINS and origin not in settings.PUBLIC_ORIGINS else origin


def _origin(host: str) -> str:
    return f"{'https' if settings.HTTPS else 'http'}://{host}"


def site_of(origin: str, host: str | None, sites: Mapping[str, Site] | None, options: ChatOptions) -> Site | None:
    """The site of a page with this origin, None if the page may not show the chat. `host`: the request's."""
    if sites and (site := sites.get(origin)):
        return site if site.active else None
    return DEFAULT if is_own(origin, host) or origin in options.allowed_origins else None


def is_own(origin: str, host: str | None) -> bool:
    """Whether it is the origin of the chat's own pages. `host`: the request's."""
    return (host is not None and origin == _origin(host) and _is_served(host)) or origin in settings.PUBLIC_ORIGINS


def site_of_socket(scope: dict[str, Any], sites: Mapping[str, Site] | None, options: ChatOptions) -> Site | None:
    """The site of the page that opens the socket, None if the page may not open it."""
    if not any(key == b"origin" for key, _ in scope["headers"]):
        return DEFAULT if options.allow_missing_origin else None
    if len(origin_of(scope)) > MAX_ORIGIN:  # the conversation's column takes no more
        return None
    return site_of(origin_of(scope), header(scope, b"host"), sites, options)


def _is_served(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
