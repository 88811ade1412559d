"""The way in for WebSockets. Clients that aren't allowed are refused before the connection is open."""

import logging
import time
from typing import Any

from chat import conf, runtime
from chat.connections import client_address, desk
from chat.connections.consumers import ChatConsumer
from chat.connections.desk import DeskConsumer
from chat.logs import Seldom
from chat.sites.origins import header, is_own, origin_of, site_of_socket
from chat.storage.reader import NotRead

PATH = "/ws/chat/"

_visitors = ChatConsumer.as_asgi()
_operators = DeskConsumer.as_asgi()
_refusals = Seldom(logging.getLogger(__name__))


async def websocket_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == PATH:
        scope["site"] = site_of_socket(scope, await runtime.current().sites.current(), conf.options())
        consumer = _visitors if scope["site"] is not None else None
    elif scope["path"] == desk.PATH and is_own(origin_of(scope), header(scope, b"host")):
        consumer = _operators
    else:
        consumer = None
    if consumer is None and scope["path"] in (PATH, desk.PATH):
        _refusals.warning(
            'A WebSocket was refused: its page has the Origin "%s", and the request has the Host "%s". If the page is this '
            "chat's own, set PUBLIC_URL to its address. If it is another website's, staff can add its origin under Sites.",
            origin_of(scope),
            header(scope, b"host") or "",
        )
    if consumer is None:
        await send({"type": "websocket.close"})
        return
    scope["address"] = client_address.of_scope(scope)
    limits = runtime.current().limits
    if limits is None:
        await _connect(consumer, scope, receive, send)
        return
    allowance = await limits.enter(scope["address"], time.monotonic())
    if allowance is None:
        await send({"type": "websocket.close"})
        return
    scope["allowance"] = allowance
    try:
        await _connect(consumer, scope, receive, send)
    finally:
        allowance.leave()


async def _connect(consumer: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
    if consumer is _operators:
        try:
            found = await desk.operator_of(scope, runtime.current().reader)
        except NotRead:
            found = None
        if found is None:
            await send({"type": "websocket.close"})
            return
        scope["session_key"], scope["operator"] = found
    await consumer(scope, receive, send)
