"""Tells the other processes that a conversation has changed.

Channel layers lose messages by design. So an event says only "there are messages up to seq n, and this is the status".
The receiver reads the messages from the database. Nothing depends on the layer: replies are delivered in this
process even if it is down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from channels.layers import get_channel_layer

from chat.values import NewNote, Rating, Typing

logger = logging.getLogger(__name__)

GROUP = "chat"
TICK = 2.0
"""Seconds between two signs of life that a process sends through the layer. It receives its own, too."""
SILENCE = 3
"""Ticks without a sign of life after which a process counts as gone."""

MAX_ASIDES = 1000
"""While the layer is away, this many are kept."""

Aside = Typing | Rating | NewNote
ASIDES: Mapping[str, type[Aside]] = {kind.__name__: kind for kind in (Typing, Rating, NewNote)}
Tell = Callable[[str, int, str], None]
"""Takes a conversation's public id, its last seq and its status."""
Pass = Callable[[str, Aside], None]
"""Takes a conversation's public id, and a value that has no place in its history."""
News = Callable[[dict[str, tuple[int, str]]], Awaitable[None]]
OnAside = Callable[[str, Aside], Awaitable[None]]
CatchUp = Callable[[], Awaitable[None]]


class Bus:
    """This process's one subscription to the layer."""

    def __init__(self, on_news: News, on_aside: OnAside, on_gap: CatchUp) -> None:
        """on_news: what other processes stored, as last seq and status by public id.
        on_aside: what they passed on, which may get lost. on_gap: an event was lost, so anything may have changed.
        """
        self._on_news = on_news
        self._on_aside = on_aside
        self._on_gap = on_gap
        self._sender = secrets.token_hex(8)
        self._sent = 0
        self._untold: dict[str, tuple[int, str]] = {}
        self._asides: list[tuple[str, str, dict[str, Any]]] = []
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._for_ever(self._tell)), asyncio.create_task(self._for_ever(self._listen))]

    def tell(self, public_id: str, seq: int, status: str) -> None:
        """Note that a conversation has a message `seq`, and this status after it. Never waits."""
        if self._tasks:
            self._untold[public_id] = max((seq, status), self._untold.get(public_id, (0, "")))
            self._something.set()

    def pass_on(self, public_id: str, value: Aside) -> None:
        """Show a value to the conversation's sockets at other processes. Never waits."""
        if self._tasks and len(self._asides) < MAX_ASIDES:
            self._asides.append((public_id, type(value).__name__, msgspec.to_builtins(value)))
            self._something.set()

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _for_ever(self, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - a layer that is down raises many kinds
                logger.warning("The channel layer doesn't work (%s). It is tried again.", type(error).__name__)
                await asyncio.sleep(TICK)

    async def _tell(self) -> None:
        """Send the gathered news in one message. An empty message is the sign of life.

        Messages are numbered, even if the layer refuses one. A receiver that misses a number knows that it lost news.
        """
        layer = get_channel_layer()
        while True:
            try:
                async with asyncio.timeout(TICK):
                    await self._something.wait()
            except TimeoutError:
                pass
            self._something.clear()
            news, self._untold = self._untold, {}
            asides, self._asides = self._asides, []
            self._sent += 1
            # Keys are texts: Redis' layer refuses any other when it reads.
            message = {"type": "chat.news", "sender": self._sender, "number": self._sent, "news": news, "asides": asides}
            await layer.group_send(GROUP, message)

    async def _listen(self) -> None:
        """Receive until this process no longer receives its own signs of life. Then its subscription is dead."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        receiving: asyncio.Task[dict[str, Any]] | None = None
        try:
            await layer.group_add(GROUP, channel)
            loop = asyncio.get_running_loop()
            heard = {self._sender: (-1, loop.time())}  # by sender: the number of its last message, and when it came
            has_gap = True
            while self._sender in heard:
                if has_gap:
                    has_gap = not await self._fill_gap()
                receiving = receiving or asyncio.create_task(layer.receive(channel))
                await asyncio.wait({receiving}, timeout=TICK)  # a cancelled receive would end the subscription
                if receiving.done():
                    message, receiving = receiving.result(), None
                    sender, number = message["sender"], message["number"]
                    has_gap = has_gap or number != heard.get(sender, (-1, 0.0))[0] + 1
                    heard[sender] = number, loop.time()
                    if message["news"] and not has_gap:
                        await self._on_news(message["news"])
                    for public_id, name, fields in message["asides"] if sender != self._sender else ():
                        await self._on_aside(public_id, msgspec.convert(fields, ASIDES[name]))
                for sender in [sender for sender, (_, at) in heard.items() if loop.time() - at > SILENCE * TICK]:
                    del heard[sender]
                    has_gap = True  # its last message may be lost, and no later number shows that
            logger.warning("The channel layer has fallen silent. It is subscribed to again.")
            async with asyncio.timeout(SILENCE * TICK):
                await layer.flush()
        finally:  # otherwise messages would pile up in the channel
            if receiving is not None:
                receiving.cancel()
            with contextlib.suppress(Exception):
                await layer.group_discard(GROUP, channel)

    async def _fill_gap(self) -> bool:
        """Return whether it worked. If not, it is tried again at the next sign of life."""
        try:
            await self._on_gap()
        except Exception as error:  # noqa: BLE001 - listening must go on
            logger.warning("What other processes stored can't be read (%s). It is tried again.", type(error).__name__)
            return False
        return True
