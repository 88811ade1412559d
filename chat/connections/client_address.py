"""The address by which a client's requests are limited: an IPv4 address, or the /64 network of an IPv6 address.

A whole /64 belongs to one household or office, which can change the address within it at will.
"""

from __future__ import annotations

import functools
import ipaddress
import logging
import re
from typing import Any

from django.http import HttpRequest

from chat import conf

logger = logging.getLogger(__name__)

_WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([\d.]+):\d+")


def client_address(peer: str, forwarded: str, trusted_proxies: int) -> str:
    """The address that limits count, empty if it isn't known.

    peer: the other end of the connection. forwarded: the X-Forwarded-For header. Each proxy adds the address that it saw to
    the header's right end. With n trusted proxies in front, the outermost of them wrote the nth entry from the right. The
    client may have written everything to the left of it.
    """
    entries = forwarded.split(",")
    if 0 < trusted_proxies <= len(entries):
        entry = entries[-trusted_proxies]
        if address := _counted(entry):
            return address
        if entry.strip():
            _say_unreadable()
    return _counted(peer)


@functools.cache
def _say_unreadable() -> None:
    """Once in the life of the process. The entry itself isn't logged, because it may be anything."""
    logger.warning(
        "An entry of X-Forwarded-For is no IP address, so its visitors count as one with the proxy. Let the proxy add the "
        "client's address, and check CHATBOT_TRUSTED_PROXIES."
    )


def _counted(text: str) -> str:
    """Proxies write an address alone, in quotation marks or brackets, with its port or with its zone."""
    text = text.strip().strip('"').strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1] or with_port[2]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
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
