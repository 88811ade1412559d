"""The answers to requests that a proxy has changed, with what to set. The log gets a line a minute at most."""

from __future__ import annotations

import logging

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure as ordinary_csrf_failure
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import bad_request as ordinary_bad_request

from chat.addresses import normal
from chat.logs import Seldom, shown

logger = logging.getLogger(__name__)
_hosts, _origins, _upgrades = Seldom(logger), Seldom(logger), Seldom(logger)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A Host that isn't this site's is told what to set. Django answers any other bad request."""
    if not isinstance(exception, DisallowedHost):
        return ordinary_bad_request(request, exception)
    host = request.META.get("HTTP_HOST", "")
    _hosts.warning(
        'A request was refused: its Host is "%s", which is neither in PUBLIC_URL nor in ALLOWED_HOSTS. If the chat is '
        "reached under this name, set PUBLIC_URL to its whole address. If only the proxy uses it, add it to ALLOWED_HOSTS.",
        host,
    )
    return _plain(
        400,
        f'This server doesn\'t answer to the host name "{shown(host)}". If the chat is to be found here, whoever runs it '
        "must set PUBLIC_URL to the address that the browser shows, such as PUBLIC_URL=https://chat.example.com, and start "
        "it again. If only a proxy uses this name, it belongs into ALLOWED_HOSTS. Trying again without that doesn't help.",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose Origin and Host disagree is told what to set. Django answers any other."""
    origin, host = request.headers.get("Origin", ""), request.get_host()
    if not origin or normal(origin) != origin or origin == f"{request.scheme}://{host}":
        return ordinary_csrf_failure(request, reason)
    _origins.warning(
        'A form was refused: its page has the Origin "%s", and the request has the Host "%s". If the page is this '
        "chat's own, set PUBLIC_URL to its address.",
        origin,
        host,
    )
    return _plain(
        403,
        f"This form comes from a page of {origin}, but the proxy passes the request on as one to {request.scheme}://{host}. "
        f"If {origin} is this chat's own address, whoever runs it must set PUBLIC_URL to it and start the chat again. "
        "Trying again without that doesn't help.",
    )


@csrf_exempt
def no_upgrade(request: HttpRequest) -> HttpResponse:
    """A WebSocket's handshake that arrives as an ordinary request."""
    if "Sec-WebSocket-Key" in request.headers:
        _upgrades.warning(
            "A WebSocket was refused: the proxy doesn't pass its upgrade on. Let it pass the headers Upgrade and "
            "Connection. docs/operations.md shows how."
        )
    response = _plain(
        426,
        "This is the address of the chat's WebSocket. If the chat doesn't connect, the proxy must pass the headers Upgrade "
        "and Connection on.",
    )
    response["Upgrade"] = "websocket"
    return response


def _plain(status: int, sentence: str) -> HttpResponse:
    headers = {"X-Content-Type-Options": "nosniff"}  # Django's middleware adds it to what comes from further inside
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
