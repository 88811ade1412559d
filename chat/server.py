"""The server: Daphne, set up for the chat. The only module that knows Daphne and Twisted."""

from __future__ import annotations

from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server

MAX_MESSAGE_BYTES = 1024 * 1024


def serve(application: Any, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""

    def set_up() -> None:
        # A protocol error or a message over the limit ends in a close frame that says why, not in a cut connection.
        # Setting one option resets allowNullOrigin to its default, so it is set again: origins are judged by the chat.
        server.ws_factory.setProtocolOptions(failByDrop=False, allowNullOrigin=True)

    server = Server(
        application=application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        websocket_max_frame_size=MAX_MESSAGE_BYTES,
        ready_callable=set_up,
        server_name="",
    )
    server.run()
