"""The clients of the providers' libraries. Each belongs to the event loop in which it was opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Client = TypeVar("Client")


class Clients(Generic[Client]):
    """One client for each event loop, opened in it at the first use."""

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
        """Forget the running loop's client and return it, so that the caller can close it. None if there is none."""
        return self._clients.pop(asyncio.get_running_loop(), None)
