"""The way in for WebSockets. Clients that aren't allowed are refused before the connection is open."""

import logging
import time
from typing import Any

from chat import conf, runtime
from chat.connections import client_address
from chat.connections.consumers import ChatConsumer
from chat.logs import Seldom
from chat.sites.origins import header, origin_of, site_of_socket

PATH = "/ws/chat/"

_consumer = ChatConsumer.as_asgi()
_refusals = Seldom(logging.getLogger(__name__))


async def websocket_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] != PATH:
        await send({"type": "websocket.close"})
        return
    current = runtime.current()
    site = site_of_socket(scope, await current.sites.current(), conf.options())
    if site is None:
        _refusals.warning(
            'A WebSocket was refused: its page has the Origin "%s", and the request has the Host "%s". If the page is this '
            "chat's own, set PUBLIC_URL to its address. If it is another website's, staff can add its origin under Sites.",
            origin_of(scope),
            header(scope, b"host") or "",
        )
        await send({"type": "websocket.close"})
        return
    scope["site"] = site
    scope["address"] = client_address.of_scope(scope)
    if current.limits is None:
        await _consumer(scope, receive, send)
        return
    allowance = await current.limits.enter(scope["address"], time.monotonic())
    if allowance is None:
        await send({"type": "websocket.close"})
        return
    scope["allowance"] = allowance
    try:
        await _consumer(scope, receive, send)
    finally:
        allowance.leave()
