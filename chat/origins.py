"""Which pages may open a socket: the Origin is compared as an exact string, scheme, host and port included."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from chat.conf import ChatOptions


def header(scope: dict[str, Any], name: bytes) -> str | None:
    """A header's value where it stands exactly once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def origin_of(scope: dict[str, Any]) -> str:
    return header(scope, b"origin") or ""


def is_allowed(scope: dict[str, Any], options: ChatOptions) -> bool:
    """Whether the page that opens the socket is one of the configured origins, or a page of this site itself."""
    if not any(key == b"origin" for key, _ in scope["headers"]):
        return options.allow_missing_origin
    origin, host = origin_of(scope), header(scope, b"host")
    if origin in options.allowed_origins:
        return True
    if host is None:
        return False
    scheme = "https" if settings.HTTPS else "http"
    return origin == f"{scheme}://{host}" and validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
