"""The server: Daphne, set up for the chat. The only module that knows Daphne and Twisted."""

from __future__ import annotations

from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server

MAX_MESSAGE_BYTES = 1024 * 1024


def serve(application: Any, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    Server(
        application=application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        websocket_max_frame_size=MAX_MESSAGE_BYTES,
        server_name="",
    ).run()
