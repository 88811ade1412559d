"""The clients of the providers' libraries: each belongs to the event loop that was running when it was opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Client = TypeVar("Client")


class Clients(Generic[Client]):
    """One client for each event loop, opened inside it at the first use."""

    def __init__(self, open: Callable[[], Client]) -> None:
        self._open = open
        self._clients: dict[asyncio.AbstractEventLoop, Client] = {}

    def current(self) -> Client:
        """The running loop's client."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            for closed in [other for other in list(self._clients) if other.is_closed()]:
                del self._clients[closed]
            client = self._clients[loop] = self._open()
        return client

    def release(self) -> Client | None:
        """Give up the running loop's client, if it was opened, for the caller to close."""
        return self._clients.pop(asyncio.get_running_loop(), None)
