"""The address by which a client's requests are limited: an IPv4 address, or the /64 network of an IPv6 address.

A whole /64 belongs to one household or office, which can change the address within it at will.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from django.http import HttpRequest

from chat import conf


def client_address(peer: str, forwarded: str, trusted_proxies: int) -> str:
    """The address that limits count, empty if it isn't known.

    peer: the other end of the connection. forwarded: the X-Forwarded-For header. Each proxy adds the address that it saw to
    the header's right end. With n trusted proxies in front, the outermost of them wrote the nth entry from the right. The
    client may have written everything to the left of it.
    """
    entries = forwarded.split(",")
    if 0 < trusted_proxies <= len(entries) and (address := _counted(entries[-trusted_proxies].strip())):
        return address
    return _counted(peer)


def _counted(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64))


def of_scope(scope: dict[str, Any]) -> str:
    """The address of a WebSocket's client."""
    # A header may occur several times. Its lines form one list, in their order.
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    client = scope.get("client")
    return client_address(client[0] if client else "", forwarded, conf.options().trusted_proxies)


def of_request(request: HttpRequest) -> str | None:
    """The address of a request's client, for django-axes. It stores None if the address isn't known."""
    meta = request.META
    trusted_proxies = conf.options().trusted_proxies
    return client_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""), trusted_proxies) or None
