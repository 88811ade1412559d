"""What one socket is sent, also if something goes wrong."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest

from chat.delivery import sockets
from chat.delivery.publisher import Publisher
from chat.delivery.sockets import Socket
from chat.values import Ack, StatusChange, StoredMessage, Typing, Value

AT = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


def message(seq: int) -> StoredMessage:
    return StoredMessage(seq=seq, sender="bot", text=str(seq), at=AT)


def ignore(*args: Any) -> None:
    pass


async def nothing() -> None:
    pass


class Conversation:
    """A conversation in a database that may be down or slow, and the browser's end of its socket."""

    def __init__(self, last_seq: int) -> None:
        self.last_seq = last_seq
        self.is_away = False
        self.reading = asyncio.Event()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.heard: asyncio.Queue[int] = asyncio.Queue()
        self.socket = Socket(self._send, "conversation", self._read, nothing)

    async def _read(self, public_id: str, after: int) -> list[StoredMessage]:
        found = [message(seq) for seq in range(after + 1, self.last_seq + 1)]
        self.reading.set()
        await self.may_read.wait()
        if self.is_away:
            raise OSError
        return found

    async def _send(self, value: Value) -> None:
        assert isinstance(value, StoredMessage)
        self.heard.put_nowait(value.seq)

    async def hears(self, count: int) -> list[int]:
        async with asyncio.timeout(20):
            return [await self.heard.get() for _ in range(count)]


async def test_what_could_not_be_read_comes_without_another_message(mocker: Any) -> None:
    mocker.patch.object(sockets, "AGAIN", 0.01)
    conversation = Conversation(last_seq=2)
    await conversation.socket.start(0, 0)
    conversation.is_away = True
    await conversation.socket.catch_up_to(2)
    conversation.reading.clear()
    await conversation.reading.wait()  # again
    assert conversation.heard.empty()

    conversation.is_away = False

    assert await conversation.hears(2) == [1, 2]


async def test_however_often_it_is_offered_something_it_tries_again_once_at_a_time(mocker: Any) -> None:
    mocker.patch.object(sockets, "AGAIN", 60)
    conversation = Conversation(last_seq=5)
    await conversation.socket.start(0, 0)
    conversation.is_away = True
    timers = mocker.spy(asyncio.get_running_loop(), "call_later")
    for seq in range(1, 6):
        await conversation.socket.catch_up_to(seq)

    waiting = [timer for timer in timers.spy_return_list if not timer.cancelled()]

    assert len(waiting) == 1
    conversation.socket.leave()
    assert waiting[0].cancelled()


async def test_a_socket_that_left_is_tried_no_more(mocker: Any) -> None:
    mocker.patch.object(sockets, "AGAIN", 0)
    conversation = Conversation(last_seq=2)
    publisher = Publisher(
        lambda public_id, seq, status: None, lambda public_id, value: None, lambda public_id, seq, status: None
    )
    publisher.join(conversation.socket)
    await conversation.socket.start(0, 0)
    conversation.is_away = True
    await conversation.socket.catch_up_to(2)

    publisher.leave(conversation.socket)
    conversation.reading.clear()
    await asyncio.sleep(0.01)

    assert not conversation.reading.is_set()


@pytest.mark.parametrize("after", [0, 2])
async def test_a_position_that_is_set_anew_while_messages_are_read_doubles_none(after: int) -> None:
    conversation = Conversation(last_seq=4)
    await conversation.socket.start(0, 0)
    conversation.may_read.clear()
    catching_up = asyncio.create_task(conversation.socket.catch_up_to(4))
    await conversation.reading.wait()

    conversation.socket.pause()
    await conversation.socket.deliver(message(5))
    conversation.last_seq = 5
    conversation.may_read.set()
    await catching_up
    assert conversation.heard.empty()
    await conversation.socket.start(after, 4)

    expected = list(range(after + 1, 6))
    assert await conversation.hears(len(expected)) == expected
    assert conversation.heard.empty()


async def test_an_own_message_that_is_acknowledged_during_a_pause_comes_once() -> None:
    values: list[Value] = []

    async def send(value: Value) -> None:
        values.append(value)

    async def read(public_id: str, after: int) -> list[StoredMessage]:
        return [message(seq) for seq in range(after + 1, 3)]

    socket = Socket(send, "conversation", read, nothing)
    await socket.start(1, 1)
    socket.pause()
    await socket.acknowledge("abc", 2)
    await socket.start(1, 1)

    assert values == [Ack(id="abc", seq=2)]


async def test_an_own_message_that_was_read_but_never_acknowledged_comes_as_a_message() -> None:
    values: asyncio.Queue[Value] = asyncio.Queue()
    own = StoredMessage(seq=1, sender="visitor", text="hi", at=AT, id="abc")

    async def send(value: Value) -> None:
        values.put_nowait(value)

    async def read(public_id: str, after: int) -> list[StoredMessage]:
        return [own]

    socket = Socket(send, "conversation", read, nothing)
    await socket.start(0, 0)
    socket.begin_storing("abc")
    await socket.catch_up_to(1)
    assert values.empty()

    socket.end_storing()

    async with asyncio.timeout(20):
        value = await values.get()
    assert value is own
    assert values.empty()


async def test_what_comes_after_an_own_message_waits_for_its_ack() -> None:
    values: list[Value] = []

    async def send(value: Value) -> None:
        values.append(value)

    async def read(public_id: str, after: int) -> list[StoredMessage]:
        return [StoredMessage(seq=1, sender="visitor", text="hi", at=AT, id="abc"), message(2)][after:]

    socket = Socket(send, "conversation", read, nothing)
    await socket.start(0, 0)
    socket.begin_storing("abc")
    await socket.catch_up_to(2)
    await socket.acknowledge("abc", 1)
    socket.end_storing()

    assert values == [Ack(id="abc", seq=1), message(2)]


async def test_a_status_of_the_past_is_not_told() -> None:
    values: list[Value] = []

    async def send(value: Value) -> None:
        values.append(value)

    async def read(public_id: str, after: int) -> list[StoredMessage]:
        return []

    publisher = Publisher(
        lambda public_id, seq, status: None, lambda public_id, value: None, lambda public_id, seq, status: None
    )
    socket = Socket(send, "conversation", read, nothing)
    publisher.join(socket)
    await publisher.bring_up_to_date({"conversation": (3, "closed")})
    await publisher.send("conversation", Typing("bot"))
    assert values == []  # `ready` comes first, and has it
    assert socket.status == "closed"

    socket.is_greeted = True
    await publisher.bring_up_to_date({"conversation": (4, "bot")})
    await publisher.bring_up_to_date({"conversation": (3, "closed")})

    assert values == [StatusChange("bot")]
