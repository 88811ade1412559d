"""What one process tells the others, over a layer that may lose messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import InMemoryChannelLayer, channel_layers

from chat.delivery import bus
from chat.delivery.bus import Aside, Bus
from chat.values import Rating, Typing


class Listener:
    """A process: its bus, and what it received."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.fails = 0
        self.bus = Bus(self._on_news, self._on_aside, self._on_gap)

    async def _on_news(self, news: dict[str, tuple[int, str]]) -> None:
        self.heard.put_nowait(news)

    async def _on_aside(self, public_id: str, value: Aside) -> None:
        self.heard.put_nowait((public_id, value))

    async def _on_gap(self) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError
        self.heard.put_nowait("gap")

    async def hears(self, wanted: Any) -> None:
        async with asyncio.timeout(20):
            while await self.heard.get() != wanted:
                pass

    async def is_up_to_date(self) -> None:
        """Wait until a message of every process has arrived. They may have stored something before."""
        async with asyncio.timeout(20):
            while True:
                try:
                    async with asyncio.timeout(4 * bus.TICK):
                        await self.heard.get()
                except TimeoutError:
                    return


@pytest_asyncio.fixture
async def pair(mocker: Any) -> AsyncIterator[tuple[Listener, Listener]]:
    mocker.patch.object(bus, "TICK", 0.02)
    before = channel_layers.set("default", InMemoryChannelLayer())
    one, other = Listener(), Listener()
    for listener in (one, other):
        listener.bus.start()
    await one.is_up_to_date()
    await other.is_up_to_date()
    yield one, other
    for listener in (one, other):
        await listener.bus.aclose()
    channel_layers.set("default", before)


async def tell_and_lose(listener: Listener, mocker: Any, error: Exception | None = None) -> None:
    """Send news that never arrives. With an error, the layer refuses the message."""
    lost = asyncio.Event()

    async def lose(group: str, message: dict[str, Any]) -> None:
        if message["news"]:
            lost.set()
        if error is not None:
            raise error

    losing = mocker.patch.object(channel_layers["default"], "group_send", lose)
    listener.bus.tell("conversation", 7, "bot")
    await lost.wait()
    mocker.stop(losing)


async def test_of_several_messages_the_last_one_s_status_is_told(pair: tuple[Listener, Listener]) -> None:
    one, other = pair
    one.bus.tell("conversation", 8, "closed")
    one.bus.tell("conversation", 7, "waiting")

    await other.hears({"conversation": (8, "closed")})


async def test_others_hear_what_was_stored(pair: tuple[Listener, Listener]) -> None:
    one, other = pair
    heard: object = "gap"

    async with asyncio.timeout(20):
        while heard == "gap":  # on a busy machine a sign of life may be late, and its news are read instead
            one.bus.tell("conversation", 7, "bot")
            heard = await other.heard.get()

    assert heard == {"conversation": (7, "bot")}


@pytest.mark.parametrize("error", [None, OSError()], ids=["lost on the way", "refused by the layer"])
async def test_news_that_don_t_arrive_are_made_up_for(
    pair: tuple[Listener, Listener], mocker: Any, error: Exception | None
) -> None:
    one, other = pair
    await tell_and_lose(one, mocker, error)

    await other.hears("gap")


async def test_the_last_word_of_a_process_that_ended_is_made_up_for(pair: tuple[Listener, Listener]) -> None:
    one, other = pair
    await one.bus.aclose()

    await other.hears("gap")


async def test_a_subscription_that_died_in_silence_is_made_anew(pair: tuple[Listener, Listener]) -> None:
    _, other = pair
    channel_layers["default"].groups.clear()

    await other.hears("gap")


async def test_a_gap_that_can_t_be_filled_at_once_is_filled_later(pair: tuple[Listener, Listener], mocker: Any) -> None:
    one, other = pair
    other.fails = 2
    await tell_and_lose(one, mocker)

    await other.hears("gap")
    assert other.fails == 0


@pytest.mark.parametrize("value", [Typing("bot"), Rating(seq=3, value="up"), Rating(seq=3, value=None)])
async def test_what_has_no_place_in_the_history_reaches_the_others(
    pair: tuple[Listener, Listener], value: Aside, mocker: Any
) -> None:
    one, other = pair
    mocker.patch.object(
        bus, "TICK", 2.0
    )  # a busy machine must not take the layer for silent: what is passed on meanwhile is lost

    heard = asyncio.create_task(other.hears(("conversation", value)))
    while not heard.done():  # it may get lost while the other one subscribes again
        one.bus.pass_on("conversation", value)
        await asyncio.wait({heard}, timeout=1)
    await heard

    one.bus.tell("conversation", 1, "bot")
    await one.hears({"conversation": (1, "bot")})  # and not its own aside before it
