"""The way in for WebSockets. Clients that aren't allowed are refused before the connection is open."""

import time
from typing import Any

from chat import conf, runtime
from chat.connections import client_address
from chat.connections.consumers import ChatConsumer
from chat.sites.origins import site_of_socket

PATH = "/ws/chat/"

_consumer = ChatConsumer.as_asgi()


async def websocket_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] != PATH:
        await send({"type": "websocket.close"})
        return
    current = runtime.current()
    site = site_of_socket(scope, await current.sites.current(), conf.options())
    if site is None:
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
