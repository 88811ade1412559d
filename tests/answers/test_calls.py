"""One client's address can't use up the provider's calls of all the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chat.answers.calls import Calls, OverShare
from chat.models import Message
from chat.ratelimit import Store
from tests.support.scripted import reply
from tests.support.servers import free_port, redis
from tests.support.visitor import Connect, Script


async def reserved(calls: Calls, address: str, times: int) -> list[bool | str]:
    results: list[bool | str] = []
    for _ in range(times):
        try:
            results.append(await calls.reserve(address))
        except OverShare as over:
            assert 0 < over.seconds <= 60
            results.append("over")
    return results


async def test_an_address_gets_half_of_a_minute_s_calls_and_the_rest_stays_for_others() -> None:
    calls = Calls(10, Store(), "p")

    assert await reserved(calls, "192.0.2.1", 7) == [True] * 5 + ["over"] * 2
    assert await calls.left() == 5
    assert await reserved(calls, "192.0.2.2", 5) == [True] * 5
    assert await reserved(calls, "192.0.2.3", 1) == [False]


async def test_a_hundred_people_behind_one_address_are_all_answered() -> None:
    assert await reserved(Calls(240, Store(), "p"), "192.0.2.1", 100) == [True] * 100


async def test_a_limit_of_one_can_be_used() -> None:
    assert await reserved(Calls(1, Store(), "p"), "192.0.2.1", 1) == [True]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis() as url:
        yield url


async def test_all_processes_count_together(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.answers.calls.STORE_TIMEOUT", 20)
    stores = [Store(redis_url), Store(redis_url)]
    one, other = (Calls(10, store, "p") for store in stores)

    assert await reserved(one, "192.0.2.1", 3) == [True] * 3
    assert await reserved(other, "192.0.2.1", 3) == [True, True, "over"]
    assert await one.left() == 5

    for store in stores:
        await store.aclose()


async def test_a_process_counts_by_itself_while_redis_is_away(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    calls = Calls(4, store, "p")

    assert await reserved(calls, "192.0.2.1", 3) == [True, True, "over"]
    assert await reserved(calls, "192.0.2.2", 2) == [True, True]
    assert await reserved(calls, "192.0.2.3", 1) == [False]
    assert caplog.text.count("counts its calls by itself") == 1
    await store.aclose()


# At the wire


def configure(settings: Any, **variables: str) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_TRUSTED_PROXIES": "1", **variables}


def by(address: str) -> tuple[bytes, bytes]:
    return (b"x-forwarded-for", address.encode())


@pytest.mark.django_db(transaction=True)
async def test_an_address_over_its_share_waits_and_another_one_is_answered(
    scripted: Script, visitors: Connect, settings: Any
) -> None:
    configure(settings, CHATBOT_PROVIDER_RATE="4")
    scripted()
    one, tab, other = await visitors(by("192.0.2.1")), await visitors(by("192.0.2.1")), await visitors(by("192.0.2.2"))
    assert (await one.say("first", id="first"))["message"] == "first"
    assert (await tab.say("second"))["message"] == "second"

    await one.send(message="third", id="third")
    error = await one.receive_type("error")

    assert (error["code"], error["id"], error["temporary"]) == ("rate_limited", "third", True)
    assert 0 < error["retry_after"] <= 60
    assert not await Message.objects.filter(text="third").aexists()
    await one.send(message="first", id="first")
    assert (await one.receive_type("ack"))["seq"] == 1
    assert (await other.say("hello"))["message"] == "hello"


@pytest.mark.django_db(transaction=True)
async def test_a_welcome_over_the_share_is_left_out(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_PROVIDER_RATE="2", CHATBOT_WELCOME_EVENT="WELCOME")
    provider = scripted(reply("Welcome"), reply("Welcome"))
    one, again = await visitors(by("192.0.2.1")), await visitors(by("192.0.2.1"))
    await one.hello()
    await one.receive_reply()

    await again.hello()

    assert await again.hears_nothing()
    assert len(provider.asked) == 1


@pytest.mark.django_db(transaction=True)
async def test_without_a_breaker_there_is_no_share(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_PROVIDER_RATE="2", CHATBOT_BREAKER="off")
    scripted()
    one = await visitors(by("192.0.2.1"))

    for number in range(5):
        assert (await one.say(str(number)))["message"] == str(number)
