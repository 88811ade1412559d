"""The ASGI application: HTTP to Django, WebSockets to the chat."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatbot.settings")
django_application = get_asgi_application()

from chat import runtime  # noqa: E402 - the app registry must be ready first
from chat.connections.routing import websocket_application  # noqa: E402


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and end with the server, if it announces both."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await runtime.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await runtime.aclose()
            await send({"type": "lifespan.shutdown.complete"})
            return


by_protocol = ProtocolTypeRouter({"http": django_application, "websocket": websocket_application, "lifespan": lifespan})


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Below a path, whether the proxy passes it on or takes it away."""
    if settings.PREFIX and "path" in scope:
        path = scope["path"]
        inner = path.removeprefix(settings.PREFIX) or "/" if f"{path}/".startswith(f"{settings.PREFIX}/") else path
        # Django needs the whole path. The routing of WebSockets knows only its own part.
        scope["path"] = settings.PREFIX + inner if scope["type"] == "http" else inner
    await by_protocol(scope, receive, send)
