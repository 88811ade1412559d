"""The limits on sending and connecting: a flood is stopped, and others don't notice it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from chat import ratelimit
from chat.connections.client_address import _say_unreadable, client_address
from chat.ratelimit import Allowance, Bucket, Connects, Flooded, Limits, Rate, Store, Table
from chat.values import Refused
from tests.support.servers import free_port, redis

ADDRESS = "192.0.2.1"
CONNECTION_BURST = 150
CONVERSATION_BURST = 100
UNTIL_CLOSED = 99
"""Refused frames in a row that are allowed at least."""


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
        ("192.0.2.1", "198.51.100.1:443", 1, "198.51.100.1"),
        ("192.0.2.1", '"198.51.100.1:443"', 1, "198.51.100.1"),
        ("192.0.2.1", '"198.51.100.1"', 1, "198.51.100.1"),
        ("192.0.2.1", "[198.51.100.1]:443", 1, "198.51.100.1"),
        ("192.0.2.1", "[2001:db8:1:2::ff]:51234", 1, "2001:db8:1:2::"),
        ("192.0.2.1", '"[2001:db8:1:2::ff]"', 1, "2001:db8:1:2::"),
        ("192.0.2.1", "2001:db8:1:2::ff%eth0", 1, "2001:db8:1:2::"),
        ("192.0.2.1", "[::ffff:198.51.100.1]:443", 1, "198.51.100.1"),
        ("192.0.2.1", "198.51.100.1:port", 1, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9:1, 198.51.100.1:2, 10.0.0.1:3", 2, "198.51.100.1"),
        ("192.0.2.1", "[198.51.100.1", 1, "192.0.2.1"),
        ("192.0.2.1", "unknown", 1, "192.0.2.1"),
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


def test_an_entry_that_can_t_be_read_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    _say_unreadable.cache_clear()
    client_address("192.0.2.1", "", 1)
    client_address("192.0.2.1", "198.51.100.1:443", 1)
    assert not caplog.records

    for _ in range(3):
        client_address("192.0.2.1", "s3cret", 1)

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "X-Forwarded-For" in caplog.text
    assert "s3cret" not in caplog.text


# One process's limits, with a clock of the test's own


def limits(*, sockets: int = 1000, sockets_per_address: int = 200) -> Limits:
    return Limits(sockets=sockets, sockets_per_address=sockets_per_address, connects=Connects(10_000, Store()))


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
    assert waits[0] == 0.2
    assert waits[-1] == pytest.approx(10.0)
    with pytest.raises(Flooded):
        for _ in range(2):
            allowance.take_frame(0)


@pytest.mark.parametrize("refused", [1, 5, UNTIL_CLOSED])
async def test_who_waits_as_told_goes_on(refused: int) -> None:
    allowance = await entered(limits())
    for _ in range(CONNECTION_BURST):
        allowance.take_frame(0)
    for _ in range(refused):
        wait = refusal(allowance.take_frame, 0)

    allowance.take_frame(wait)


async def test_who_waits_a_little_less_than_told_is_refused() -> None:
    allowance = await entered(limits())
    for _ in range(CONNECTION_BURST):
        allowance.take_frame(0)
    wait = refusal(allowance.take_frame, 0)

    refusal(allowance.take_frame, wait - 0.01)


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
    """Two processes that use one Redis, within one window, and wait for its answers."""
    monkeypatch.setattr(ratelimit, "STORE_TIMEOUT", 20)
    monkeypatch.setattr(ratelimit, "CONNECT_WINDOW", 60)
    stores = [Store(redis_url) for _ in range(2)]
    yield [Connects(5, store) for store in stores]
    for store in stores:
        await store.aclose()


async def test_an_address_connects_so_often_and_another_one_too() -> None:
    counted = Connects(5, Store())

    assert [await counted.admit("192.0.2.1") for _ in range(6)] == [True] * 5 + [False]
    assert await counted.admit("192.0.2.2")


async def test_who_was_refused_has_not_entered() -> None:
    everyone = Limits(sockets=10, sockets_per_address=10, connects=Connects(1, Store()))
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
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    counted = Connects(1, store)

    assert [await counted.admit(ADDRESS) for _ in range(5)] == [True] * 5
    assert caplog.text.count("Connections are not counted") == 1
    await store.aclose()


async def test_a_redis_that_hangs_lets_everybody_in() -> None:
    writers: list[asyncio.StreamWriter] = []
    hung = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1")
    store = Store(f"redis://127.0.0.1:{hung.sockets[0].getsockname()[1]}/0")
    counted = Connects(1, store)

    async with asyncio.timeout(4):
        assert all(await asyncio.gather(*(counted.admit(ADDRESS) for _ in range(50))))
    await store.aclose()
    hung.close()
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_a_redis_that_answers_again_counts_again(redis_url: str) -> None:
    store = Store(redis_url)
    counted = Connects(3, store)
    async with asyncio.timeout(20), Redis.from_url(redis_url) as client:
        await client.client_pause(300)  # milliseconds
        await asyncio.gather(*(counted.admit("192.0.2.5") for _ in range(50)))
        while await counted.admit("192.0.2.5"):
            pass
    await store.aclose()
