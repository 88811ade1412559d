"""The door for WebSockets: who isn't welcome is refused before the connection stands."""

import time
from typing import Any

from chat import addresses, conf, runtime
from chat.consumers import ChatConsumer
from chat.origins import is_allowed

PATH = "/ws/chat/"

_consumer = ChatConsumer.as_asgi()


async def websocket_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] != PATH or not is_allowed(scope, conf.options()):
        await send({"type": "websocket.close"})
        return
    limits = runtime.current().limits
    if limits is None:
        await _consumer(scope, receive, send)
        return
    allowance = await limits.enter(addresses.of_scope(scope), time.monotonic())
    if allowance is None:
        await send({"type": "websocket.close"})
        return
    scope["allowance"] = allowance
    try:
        await _consumer(scope, receive, send)
    finally:
        allowance.leave()
