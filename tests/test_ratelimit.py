"""The limits on sending and connecting: a flood is stopped, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat import protocol, ratelimit, runtime
from chat.addresses import client_address
from chat.protocol import Refused
from chat.ratelimit import Allowance, Bucket, Connects, Flooded, Limits, Rate, Table
from tests.servers import Site, free_port, redis
from tests.visitor import Connect, Script, Visitor

ADDRESS = "192.0.2.1"
CONNECTION_BURST = 150
CONVERSATION_BURST = 100
UNTIL_CLOSED = 99
"""Refused frames in a row that are borne at least."""


# A bucket


def test_a_bucket_gives_its_burst_at_once_and_its_rate_afterwards() -> None:
    bucket = Bucket(Rate(burst=3, per_second=2))

    assert [bucket.take(10.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(10.0) == pytest.approx(0.5)
    assert bucket.take(10.25) == pytest.approx(0.25)
    assert bucket.take(10.5) == 0
    assert bucket.take(10.5) == pytest.approx(0.5)


def test_a_bucket_that_rests_is_full_again_and_no_fuller() -> None:
    bucket = Bucket(Rate(burst=2, per_second=1))
    bucket.take(0)
    assert not bucket.is_idle(0.5)
    assert bucket.is_idle(1)

    assert [bucket.take(1000) for _ in range(3)] == [0, 0, pytest.approx(1)]


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=60), st.integers(1, 5), st.floats(0.5, 20))
def test_no_span_of_time_sees_more_than_burst_and_rate(gaps: list[float], burst: int, per_second: float) -> None:
    bucket = Bucket(Rate(burst=burst, per_second=per_second))
    now, taken = 1e6, []
    for gap in gaps:
        now += gap
        if not bucket.take(now):
            taken.append(now)
    for first, start in enumerate(taken):
        for last, end in enumerate(taken[first:], first):
            assert last - first + 1 <= burst + (end - start) * per_second + 0.01


def test_a_table_forgets_who_is_idle() -> None:
    table = Table(lambda: Bucket(Rate(burst=10, per_second=1)))
    for number in range(100_000):
        table.get(str(number), number / 1000).take(number / 1000)

    assert len(table) <= 2 * 1024


def test_a_table_keeps_who_is_not() -> None:
    table = Table(lambda: Bucket(Rate(burst=1, per_second=0.001)))
    table.get("a", 0).take(0)
    for number in range(10_000):
        table.get(str(number), 1)

    assert table.get("a", 1).take(1) > 0


# The address


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "counted"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", 0, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", 1, "198.51.100.1"),
        ("192.0.2.1", "203.0.113.9, 198.51.100.1", 1, "198.51.100.1"),
        ("192.0.2.1", "203.0.113.9,198.51.100.1 , 10.0.0.1", 2, "198.51.100.1"),
        ("192.0.2.1", "198.51.100.1", 2, "192.0.2.1"),
        ("192.0.2.1", "", 1, "192.0.2.1"),
        ("192.0.2.1", "nonsense", 1, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1:443", 1, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1,", 1, "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::"),
        ("fe80::1%eth0", "", 0, "fe80::"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("10.0.0.1", "2001:DB8:1:2::ff", 1, "2001:db8:1:2::"),
        ("", "", 0, ""),
        ("unix:/run/chat.sock", "", 0, ""),
    ],
)
def test_the_address_that_counts(peer: str, forwarded: str, proxies: int, counted: str) -> None:
    assert client_address(peer, forwarded, proxies) == counted


# One process's limits, with a clock of the test's own


def limits(*, sockets: int = 1000, sockets_per_address: int = 200) -> Limits:
    return Limits(sockets=sockets, sockets_per_address=sockets_per_address, connects=Connects(10_000))


async def entered(limits: Limits, address: str = ADDRESS, now: float = 0.0) -> Allowance:
    allowance = await limits.enter(address, now)
    assert allowance is not None
    return allowance


def refusal(take: Callable[..., None], *arguments: Any) -> float:
    """The seconds to wait."""
    with pytest.raises(Refused, match="rate_limited") as refused:
        take(*arguments)
    assert refused.value.retry_after is not None
    return refused.value.retry_after


async def test_a_connection_s_frames_over_the_limit_are_refused_with_a_longer_and_longer_wait() -> None:
    allowance = await entered(limits())
    for _ in range(CONNECTION_BURST):
        allowance.take_frame(0)

    waits = [refusal(allowance.take_frame, 0) for _ in range(UNTIL_CLOSED)]

    assert waits == sorted(waits)
    assert waits[0] == 0.1
    assert waits[-1] == pytest.approx(9.9)
    with pytest.raises(Flooded):
        for _ in range(2):
            allowance.take_frame(0)


async def test_who_waits_as_told_goes_on() -> None:
    allowance = await entered(limits())
    for _ in range(CONNECTION_BURST):
        allowance.take_frame(0)
    for _ in range(5):
        wait = refusal(allowance.take_frame, 0)

    allowance.take_frame(wait + 0.1)


async def test_a_flood_of_one_socket_leaves_its_address_its_share() -> None:
    everyone = limits()
    flooder = await entered(everyone)
    for _ in range(CONNECTION_BURST):
        flooder.take_frame(0)
    for _ in range(UNTIL_CLOSED):
        refusal(flooder.take_frame, 0)

    others = [await entered(everyone) for _ in range(19)]
    for other in others:
        for _ in range(CONNECTION_BURST):
            other.take_frame(0)


async def test_all_sockets_of_an_address_share_a_limit_that_closes_none_of_them() -> None:
    everyone = limits()
    for _ in range(20):
        allowance = await entered(everyone)
        for _ in range(CONNECTION_BURST):
            allowance.take_frame(0)
    late = await entered(everyone)

    assert refusal(late.take_frame, 0) == 0.1
    late.take_frame(0.2)
    (await entered(everyone, "192.0.2.2")).take_frame(0)


async def test_a_conversation_s_messages_are_limited_over_all_its_connections() -> None:
    everyone = limits()
    tabs = [await entered(everyone, address) for address in ("192.0.2.1", "192.0.2.2")]
    for number in range(CONVERSATION_BURST):
        tabs[number % 2].take_message("c", None, 0)

    for tab in tabs:
        assert refusal(tab.take_message, "c", "1", 0) == 0.5
    tabs[0].take_message("another", None, 0)
    tabs[0].take_message("c", None, 0.5)


async def test_a_hundred_people_of_one_office_notice_nothing() -> None:
    """Each says hello, pastes five messages, then writes one every two seconds and pings, for ten minutes."""
    everyone = limits()
    office = [await entered(everyone) for _ in range(100)]
    for second in range(600):
        for number, person in enumerate(office):
            frames = 6 if second == 0 else (second % 2) + (second % 25 == 0)
            for _ in range(frames):
                person.take_frame(second)
                person.take_message(str(number), None, second)


async def test_an_address_has_so_many_sockets_and_a_free_place_at_once_when_one_leaves() -> None:
    everyone = limits(sockets_per_address=3)
    sockets = [await entered(everyone) for _ in range(3)]

    assert await everyone.enter(ADDRESS, 0) is None
    await entered(everyone, "192.0.2.2")
    sockets[0].leave()
    await entered(everyone)
    assert await everyone.enter(ADDRESS, 0) is None


async def test_all_addresses_together_have_so_many_sockets() -> None:
    everyone = limits(sockets=3)
    sockets = [await entered(everyone, f"192.0.2.{number}") for number in range(3)]

    assert await everyone.enter("192.0.2.9", 0) is None
    sockets[1].leave()
    await entered(everyone, "192.0.2.9")


async def test_sockets_that_come_at_the_same_time_are_not_too_many() -> None:
    everyone = limits(sockets_per_address=3)

    allowances = await asyncio.gather(*(everyone.enter(ADDRESS, 0) for _ in range(10)))

    assert sum(allowance is not None for allowance in allowances) == 3


# Connecting, counted where all processes see it


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis() as address:
        yield address


@pytest_asyncio.fixture
async def shared(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Connects]]:
    """Two processes' view of one Redis, whose answer is waited for."""
    monkeypatch.setattr(ratelimit, "STORE_TIMEOUT", 20)
    both = [Connects(5, redis_url) for _ in range(2)]
    yield both
    for one in both:
        await one.aclose()


async def test_an_address_connects_so_often_and_another_one_too() -> None:
    counted = Connects(5)

    assert [await counted.admit("192.0.2.1") for _ in range(6)] == [True] * 5 + [False]
    assert await counted.admit("192.0.2.2")


async def test_who_was_refused_has_not_entered() -> None:
    everyone = Limits(sockets=10, sockets_per_address=10, connects=Connects(1))
    await entered(everyone)

    assert [await everyone.enter(ADDRESS, 0) for _ in range(20)] == [None] * 20
    assert everyone._sockets == 1


async def test_processes_count_an_address_together(shared: list[Connects]) -> None:
    assert [await shared[number % 2].admit("192.0.2.3") for number in range(6)] == [True] * 5 + [False]


async def test_a_herd_is_counted_over_a_few_connections_to_redis(shared: list[Connects], redis_url: str) -> None:
    admitted = await asyncio.gather(*(shared[0].admit("192.0.2.4") for _ in range(50)))

    assert sum(admitted) == 5
    async with Redis.from_url(redis_url) as client:
        assert (await client.info("clients"))["connected_clients"] <= 10


async def test_a_redis_that_is_down_lets_everybody_in_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    counted = Connects(1, f"redis://127.0.0.1:{free_port()}/0")

    assert [await counted.admit(ADDRESS) for _ in range(5)] == [True] * 5
    assert caplog.text.count("connections are not counted") == 1
    await counted.aclose()


async def test_a_redis_that_hangs_lets_everybody_in() -> None:
    writers: list[asyncio.StreamWriter] = []
    hung = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1")
    counted = Connects(1, f"redis://127.0.0.1:{hung.sockets[0].getsockname()[1]}/0")

    async with asyncio.timeout(20):
        assert all(await asyncio.gather(*(counted.admit(ADDRESS) for _ in range(50))))
    await counted.aclose()
    hung.close()
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_a_redis_that_answers_again_counts_again(redis_url: str) -> None:
    counted = Connects(3, redis_url)
    async with asyncio.timeout(20), Redis.from_url(redis_url) as client:
        await client.client_pause(300)  # milliseconds
        await asyncio.gather(*(counted.admit("192.0.2.5") for _ in range(50)))
        while await counted.admit("192.0.2.5"):
            pass
    await counted.aclose()


# At the wire


def flood(visitor: Visitor, frames: int, text: str) -> Any:
    return asyncio.gather(*(visitor.send_text(text) for _ in range(frames)))


async def outcome(visitor: Visitor) -> tuple[Counter[str], list[dict[str, Any]], int]:
    """What came, the refusals for the rate, and the code that the socket was closed with."""
    kinds: Counter[str] = Counter()
    errors = []
    while (output := await visitor._socket.receive_output(timeout=5))["type"] == "websocket.send":
        frame = json.loads(output["text"])
        kinds[frame["type"]] += 1
        if frame.get("code") == "rate_limited":
            errors.append(frame)
    assert output["type"] == "websocket.close"
    return kinds, errors, output["code"]


@pytest.mark.django_db(transaction=True)
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

    async with asyncio.timeout(60), opened(site) as flooder, opened(site) as other:
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

    async with asyncio.timeout(10):
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
