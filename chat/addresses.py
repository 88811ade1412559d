"""Addresses of websites, the origin of each, and the addresses of this machine."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import idna

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_PORTS = {"http": 80, "https": 443}
_ELSEWHERE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}  # noqa: S104


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


def own_addresses(host: str) -> list[str]:
    """The addresses at which a server that listens on `host` is reached, as they stand in a URL, the nearest first."""
    if host not in _ELSEWHERE:
        return [_bracketed(host)]
    family, elsewhere = _ELSEWHERE[host]
    found = ["127.0.0.1" if family == socket.AF_INET else "[::1]"]
    # Connecting a datagram socket sends nothing: it only chooses the address that packets to there would come from.
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((elsewhere, 9))
        found.append(_bracketed(probe.getsockname()[0]))
    return found


def own_names(host: str) -> list[str]:
    """The names and addresses that a request to a server that listens on `host` may have as its Host."""
    names = ["localhost", "127.0.0.1", "[::1]", _bracketed(host), *own_addresses(host)]
    if host in _ELSEWHERE:
        names.append(socket.gethostname().lower())
    return list(dict.fromkeys(names))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
