"""A flood is stopped, and other visitors don't notice it."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat import ratelimit, runtime
from chat.connections import consumers, protocol
from chat.ratelimit import Rate
from tests.support.servers import Site
from tests.support.visitor import TIMEOUT, Connect, Script, Visitor

CONNECTION_BURST = 150


# At the wire


@pytest.fixture
def one_moment(mocker: Any) -> None:
    """The clock stands still, so all frames come at the same time."""
    now = time.monotonic()
    mocker.patch.object(consumers, "time", SimpleNamespace(monotonic=lambda: now))


def flood(visitor: Visitor, frames: int, text: str) -> Any:
    return asyncio.gather(*(visitor.send_text(text) for _ in range(frames)))


async def outcome(visitor: Visitor) -> tuple[Counter[str], list[dict[str, Any]], int]:
    """The frames that came, the refusals for the rate, and the close code."""
    kinds: Counter[str] = Counter()
    errors = []
    while (output := await visitor._socket.receive_output(timeout=TIMEOUT))["type"] == "websocket.send":
        frame = json.loads(output["text"])
        kinds[frame["type"]] += 1
        if frame.get("code") == "rate_limited":
            errors.append(frame)
    assert output["type"] == "websocket.close"
    return kinds, errors, output["code"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_moment")
@pytest.mark.parametrize("text", ['{"type": "ping"}', '{"message": "hi"}', "nonsense", '{"type": "history", "before": 5}'])
async def test_a_flood_of_any_frame_is_refused_with_a_wait_and_then_closed(
    scripted: Script, visitors: Connect, text: str
) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello()
    await flood(visitor, 1000, text)

    kinds, errors, code = await outcome(visitor)

    assert code == 4008
    assert 95 <= len(errors) <= 160
    assert all(error["temporary"] and error["retry_after"] > 0 for error in errors)
    assert kinds["pong"] + kinds["ack"] + kinds["history"] <= 200
    assert await visitor._socket.receive_nothing()


@pytest.mark.django_db(transaction=True)
async def test_a_person_who_pastes_too_much_is_told_which_message_and_how_long(
    scripted: Script, visitors: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "MESSAGES_PER_CONVERSATION", Rate(burst=2, per_second=0.01))
    scripted()
    visitor = await visitors()
    for number in range(2):
        await visitor.say("hi", id=str(number))

    await visitor.send(message="hi", id="last")
    error = await visitor.receive_type("error")

    assert (error["code"], error["id"], error["temporary"]) == ("rate_limited", "last", True)
    assert 0 < error["retry_after"] <= 100


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_moment")
async def test_a_frame_is_counted_before_it_is_parsed(scripted: Script, visitors: Connect, mocker: Any) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello()
    parse = mocker.spy(protocol, "parse")
    await flood(visitor, 1000, "[" * 1000)
    await outcome(visitor)

    assert parse.call_count < CONNECTION_BURST + 10


@pytest.mark.django_db(transaction=True)
async def test_who_may_not_even_begin_is_told_to_come_back_later(
    scripted: Script, visitors: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "FRAMES_PER_ADDRESS", Rate(burst=1, per_second=0.01))
    scripted()
    first, second = await visitors(), await visitors()
    await first.hello()
    await second.send(type="hello")

    kinds, errors, code = await outcome(second)

    assert (kinds, code) == ({"error": 1}, 4008)
    assert errors[0]["retry_after"] > 90


@pytest.mark.django_db(transaction=True)
async def test_one_address_has_so_many_sockets_whatever_its_header_says(scripted: Script, settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_SOCKETS_PER_ADDRESS": "2"}
    scripted()
    async with AsyncExitStack() as stack:
        admitted = []
        for number in range(3):
            visitor = Visitor((b"x-forwarded-for", f"198.51.100.{number}".encode()))
            stack.push_async_callback(visitor.leave)
            admitted.append(await visitor.connect())

    assert admitted == [True, True, False]


@pytest.mark.django_db(transaction=True)
async def test_behind_a_trusted_proxy_each_client_has_its_own_sockets(scripted: Script, settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = {
        **settings.SECRET_ENVIRONMENT,
        "CHATBOT_SOCKETS_PER_ADDRESS": "1",
        "CHATBOT_TRUSTED_PROXIES": "1",
    }
    scripted()
    async with AsyncExitStack() as stack:
        admitted = []
        for header in (
            [(b"x-forwarded-for", b"198.51.100.1")],
            [(b"x-forwarded-for", b"198.51.100.2")],
            [(b"x-forwarded-for", b"9.9.9.9, 198.51.100.2")],
            [(b"x-forwarded-for", b"9.9.9.9"), (b"x-forwarded-for", b"198.51.100.2")],
        ):
            visitor = Visitor(*header)
            stack.push_async_callback(visitor.leave)
            admitted.append(await visitor.connect())

    assert admitted == [True, True, False, False]


@pytest.mark.django_db(transaction=True)
async def test_without_limits_everything_goes(scripted: Script, settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = {
        **settings.SECRET_ENVIRONMENT,
        "CHATBOT_RATE_LIMITS": "off",
        "CHATBOT_SOCKETS": "1",
        "CHATBOT_SOCKETS_PER_ADDRESS": "1",
    }
    scripted()
    async with AsyncExitStack() as stack:
        everyone = [Visitor(), Visitor()]
        for visitor in everyone:
            stack.push_async_callback(visitor.leave)
            assert await visitor.connect()
        await everyone[0].hello()
        await flood(everyone[0], 1000, '{"type": "ping"}')
        assert [(await everyone[0].receive())["type"] for _ in range(1000)] == ["pong"] * 1000
    assert runtime.current().limits is None


# Under a real server


def opened(site: Site, **headers: str) -> Any:
    return connect(site.socket_url, origin=site.url, additional_headers=headers, compression=None, max_queue=None)  # type: ignore[arg-type]


async def is_served(client: ClientConnection) -> bool:
    await client.send('{"message": "hi"}')
    while json.loads(await client.recv())["type"] != "message":
        pass
    return True


async def test_ten_thousand_frames_from_one_socket_hurt_nobody_else(site: Site) -> None:
    frames: Counter[str] = Counter()

    async def listen(flooder: ClientConnection) -> None:
        async for text in flooder:
            frame = json.loads(text)
            frames[frame.get("code", frame["type"])] += 1

    async with asyncio.timeout(120), opened(site) as flooder, opened(site) as other:
        listener = asyncio.create_task(listen(flooder))
        with suppress(ConnectionClosed):
            for _ in range(10_000):
                await flooder.send('{"message": "flood"}')
        assert await is_served(other)
        with pytest.raises(ConnectionClosed):
            await listener

    assert flooder.close_code == 4008
    assert 100 <= frames["ack"] <= 200
    assert 100 <= frames["rate_limited"] <= 200


async def test_an_address_can_hold_200_sockets_and_is_served_again_after_its_flood(site: Site) -> None:
    async with AsyncExitStack() as stack:

        async def attempt(number: int) -> bool:
            try:
                await stack.enter_async_context(opened(site, **{"X-Forwarded-For": f"198.51.100.{number}"}))
            except InvalidStatus as refused:
                assert refused.response.status_code == 403
                return False
            return True

        admitted = [await attempt(number) for number in range(210)]
        assert sum(admitted) == 200

    async with asyncio.timeout(60):
        while True:
            try:
                async with opened(site) as client:
                    assert await is_served(client)
                    return
            except InvalidStatus:
                await asyncio.sleep(0.05)


def test_a_cut_connection_frees_its_place(site: Site) -> None:
    """A client that vanishes without a close frame, 250 times."""
    handshake = (
        f"GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nOrigin: {site.url}\r\n\r\n"
    ).encode()
    answers: Counter[bytes] = Counter()
    while answers[b"101"] < 250:
        with socket.create_connection(("127.0.0.1", site.port), timeout=20) as client:
            client.sendall(handshake)
            answers[client.recv(64).split(b" ")[1]] += 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_moment")
async def test_asking_for_the_whole_history_again_and_again_counts_ten_times(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello()
    for _ in range(20):
        await visitor.send(type="hello", after=0)

    kinds = [(await visitor.receive())["type"] for _ in range(20)]

    assert kinds.count("ready") in range(13, 17)
    assert kinds[-1] == "error"
