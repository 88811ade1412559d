"""Who a request comes from, as far as limits go: an IPv4 address, or the /64 network of an IPv6 address.

A whole /64 belongs to one household or office, and its owner can change the address within it at will.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from django.http import HttpRequest

from chat import conf


def client_address(peer: str, forwarded: str, trusted_proxies: int) -> str:
    """The address that counts; empty where it isn't known.

    peer: the other end of the connection. forwarded: the X-Forwarded-For header, to whose right end each proxy adds the
    address that it saw. With n trusted proxies in front, the nth entry from the right was written by the outermost of
    them, and everything to its left by whoever sent the request.
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
    # A header may stand several times; its lines are one list, in their order.
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    client = scope.get("client")
    return client_address(client[0] if client else "", forwarded, conf.options().trusted_proxies)


def of_request(request: HttpRequest) -> str | None:
    """The address of a request's client, for django-axes, which keeps None where it isn't known."""
    meta = request.META
    trusted_proxies = conf.options().trusted_proxies
    return client_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""), trusted_proxies) or None
