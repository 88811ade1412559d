"""The door for WebSockets: who isn't welcome is refused before the connection stands."""

from typing import Any

from chat import conf
from chat.consumers import ChatConsumer
from chat.origins import is_allowed

PATH = "/ws/chat/"

_consumer = ChatConsumer.as_asgi()


async def websocket_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] != PATH or not is_allowed(scope, conf.options()):
        await send({"type": "websocket.close"})
        return
    await _consumer(scope, receive, send)
