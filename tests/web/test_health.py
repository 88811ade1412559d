"""What load balancers and staff see of a process. If the provider is down, no visitor waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.test import AsyncClient
from pytest_mock import MockerFixture

from chat import conf, runtime, seeds
from chat.answers.breaker import FAILURES_TO_OPEN
from chat.models import Message
from chat.web import health
from integrations import RateLimited, Unavailable
from tests.support import servers
from tests.support.staff import signed_in
from tests.support.visitor import Connect, Script

pytestmark = pytest.mark.django_db(transaction=True)

APPLIED = "django.db.migrations.recorder.MigrationRecorder.applied_migrations"


def configure(settings: Any, **variables: str) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, **variables}


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the database count as down at once. It was not asked before."""
    monkeypatch.setattr(health, "LIMIT", 0.05)
    monkeypatch.setattr(health, "database", health.Examination("database", health.examine_database))


async def ready() -> tuple[int, dict[str, Any]]:
    response = await AsyncClient().get("/health/ready")
    return response.status_code, response.json()


async def say(visitor: Any, *texts: str) -> None:
    for text in texts:
        await visitor.say(text)


@sync_to_async
def outcomes() -> list[str]:
    return list(Message.objects.filter(sender="bot").order_by("seq").values_list("outcome", flat=True))


# Alive and ready


async def test_a_living_process_says_so_and_nothing_else() -> None:
    response = await AsyncClient().get("/health/live")

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
async def test_health_is_only_read(address: str, scripted: Script) -> None:
    scripted()

    assert (await AsyncClient().post(address)).status_code == 405
    assert (await AsyncClient().head(address)).status_code == 200


async def test_a_process_in_order_is_ready(scripted: Script) -> None:
    scripted()

    status, content = await ready()

    assert status == 200
    assert content.pop("provider") == {
        "name": "scripted",
        "breaker": "closed",
        "cause": "",
        "failures": 0,
        "seconds": 0,
        "calls": 0,
        "max_calls": 100,
        "calls_left": None,
    }
    assert content == {
        "ready": True,
        "draining": False,
        "database": "ok",
        "redis": "not_used",
        "standby": [],
        "answering": "scripted",
    }


async def test_a_process_that_drains_is_not_ready(scripted: Script) -> None:
    scripted()
    await runtime.drain()

    status, content = await ready()

    assert (status, content["draining"], content["database"]) == (503, True, "ok")


async def test_a_database_that_is_away_makes_it_unready(scripted: Script, mocker: MockerFixture) -> None:
    scripted()
    mocker.patch(APPLIED, side_effect=OperationalError("a secret address"))

    status, content = await ready()

    assert (status, content["database"]) == (503, "unreachable")
    assert "secret" not in str(content)


async def test_pending_migrations_make_it_unready(scripted: Script, mocker: MockerFixture) -> None:
    scripted()
    mocker.patch(APPLIED, return_value={})

    assert (await ready())[1]["database"] == "not_migrated"


async def test_a_database_that_takes_no_writes_makes_it_unready(
    scripted: Script, mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted()
    be_impatient(monkeypatch)
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, content = await ready()
        assert (status, content["database"]) == (503, "no_answer")

    monkeypatch.setattr(health, "LIMIT", 20)
    assert (await ready())[0] == 200


async def test_a_database_that_hangs_is_waited_for_no_longer_than_the_limit(
    scripted: Script, mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted()
    be_impatient(monkeypatch)
    answers = threading.Event()
    hanging = mocker.patch(APPLIED, side_effect=lambda: answers.wait() and {})

    async with asyncio.timeout(20):
        findings = [await ready() for _ in range(3)]

    assert [(status, content["database"]) for status, content in findings] == [(503, "no_answer")] * 3
    assert hanging.call_count == 1
    mocker.stop(hanging)
    monkeypatch.setattr(health, "LIMIT", 10)
    answers.set()
    await ready()
    assert (await ready())[0] == 200


async def test_a_redis_that_is_down_is_shown_and_stops_nothing(scripted: Script, settings: Any) -> None:
    scripted()
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{servers.free_port()}/0"

    status, content = await ready()

    assert (status, content["redis"]) == (200, "unreachable")
    assert "secret" not in str(content)


async def test_a_redis_that_answers_is_shown(scripted: Script, settings: Any) -> None:
    with servers.redis() as settings.REDIS_URL:
        scripted()  # as in a process that serves: what needs Redis is imported before anybody asks
        assert (await ready())[1]["redis"] == "ok"


# A provider that is down


async def test_visitors_get_fallbacks_at_once_from_a_provider_that_is_down(scripted: Script, visitors: Connect) -> None:
    provider = scripted(*[Unavailable("down")] * FAILURES_TO_OPEN)
    await say(await visitors(), *(f"hello? {number}" for number in range(FAILURES_TO_OPEN)))
    other = await visitors()

    await say(other, "hi", "anybody there?")

    assert len(provider.asked) == FAILURES_TO_OPEN
    assert await outcomes() == ["unavailable"] * (FAILURES_TO_OPEN + 2)


async def test_a_provider_that_is_down_is_shown_and_the_process_stays_ready(scripted: Script, visitors: Connect) -> None:
    scripted(RateLimited("no more"))
    await say(await visitors(), "hello?", "hello?")

    status, content = await ready()

    assert status == 200
    assert (content["provider"]["breaker"], content["provider"]["cause"]) == ("open", "rate_limited")


async def test_messages_that_time_out_open_it(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_DEADLINE="0.1")
    provider = scripted(*[hang] * FAILURES_TO_OPEN)
    visitor = await visitors()

    for number in range(50):  # a turn whose time is over before it begins doesn't ask the provider
        await say(visitor, f"hello? {number}")
        if len(provider.asked) == FAILURES_TO_OPEN:
            break

    assert (await ready())[1]["provider"]["cause"] == "timeout"


async def hang(utterance: object) -> None:
    await asyncio.Event().wait()


async def test_load_tests_may_switch_the_guard_off(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_BREAKER="off", CHATBOT_PROVIDER_RATE="1")
    provider = scripted(*[RateLimited("no more")] * 20)

    await say(await visitors(), *["hello?"] * 20)

    assert len(provider.asked) == 20
    assert (await ready())[1]["provider"] == {"name": "scripted", "breaker": "off"}


async def test_calls_over_the_set_rate_are_not_made(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_PROVIDER_RATE="2", CHATBOT_TRUSTED_PROXIES="1")
    provider = scripted()

    for number in range(3):  # each address has one
        await say(await visitors((b"x-forwarded-for", b"192.0.2.%d" % number)), str(number))

    assert len(provider.asked) == 2
    assert (await outcomes())[-1] == "rate_limited"
    assert (await ready())[1]["provider"]["calls_left"] == 0


@pytest.mark.parametrize(
    ("variables", "rate"),
    [
        ({"CHATBOT_PROVIDER": "echo"}, None),
        ({"CHATBOT_PROVIDER": "wit"}, 240),
        ({"CHATBOT_PROVIDER": "wit", "WIT_URL": "https://api.wit.ai/"}, 240),
        ({"CHATBOT_PROVIDER": "wit", "WIT_URL": "http://127.0.0.1:1"}, None),
        ({"CHATBOT_PROVIDER": "wit", "CHATBOT_PROVIDER_RATE": "100"}, 100),
        ({"CHATBOT_PROVIDER": "wit", "CHATBOT_PROVIDER_RATE": "0"}, None),
        ({"CHATBOT_PROVIDER": "dialogflow", "DIALOGFLOW_EMULATOR_HOST": "127.0.0.1:1"}, None),
    ],
)
async def test_a_provider_s_own_limit_holds_where_nothing_else_is_set(
    variables: dict[str, str], rate: int | None, settings: Any
) -> None:
    configure(settings, WIT_ACCESS_TOKEN="LOCALTOKEN", DIALOGFLOW_PROJECT_ID="example-project", **variables)
    built = runtime.build(*conf.create_adapters())

    first = built.chain.first
    assert first.breaker
    assert (first.calls and first.calls.per_minute) == rate
    await built.aclose()


# The admin


async def front_page() -> str:
    client = await sync_to_async(signed_in)(superuser=True)
    return await sync_to_async(lambda: client.get("/admin/").content.decode())()


async def test_staff_see_how_the_provider_does(scripted: Script, visitors: Connect) -> None:
    scripted(RateLimited("no more"))
    visitor = await visitors()
    await say(visitor, "hello?")

    page = await front_page()

    assert "Down: Provider&#x27;s quota used up. Visitors get fallback replies." in page
    assert "0 of at most 100 questions are being answered." in page


@pytest.mark.parametrize(("groups", "sees"), [([], False), ([seeds.EDITORS], False), ([seeds.READERS], True)])
async def test_only_staff_with_the_right_see_how_the_provider_does(scripted: Script, groups: list[str], sees: bool) -> None:
    scripted()
    client = await sync_to_async(signed_in)(*groups)

    page = await sync_to_async(lambda: client.get("/admin/").content.decode())()

    assert ("provider-condition" in page) is sees


async def test_staff_see_that_the_guard_is_off(scripted: Script, settings: Any) -> None:
    configure(settings, CHATBOT_BREAKER="off")
    scripted()

    assert "Asked every time, even while it fails." in await front_page()
