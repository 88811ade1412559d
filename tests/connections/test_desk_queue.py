"""Passing on, being away, and the deadlines: who waits for too long, and whose operator is gone."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.utils import timezone

from chat import runtime
from chat.models import Conversation, Operator
from tests.support.operator import talking
from tests.support.staff import conversation as stored_conversation
from tests.support.visitor import Connect, Script

WAIT, GONE = 180.0, 300.0


async def sweep() -> None:
    await runtime.current().desk.sweep(WAIT, GONE)


@sync_to_async
def key(name: str) -> int:
    return User.objects.get(username=name).pk


@sync_to_async
def row() -> Conversation:
    return Conversation.objects.get()


@sync_to_async
def last_seen(name: str, seconds: float) -> None:
    ago = timezone.now() - datetime.timedelta(seconds=seconds)
    Operator.objects.filter(user__username=name).update(seen_at=ago)


async def taken(visitors: Connect, ana: Any) -> tuple[Any, str]:
    visitor, conversation = await talking(visitors)
    await ana.send(type="take", conversation=conversation)
    await ana.receive_type("taken")
    await visitor.receive_type("status")
    return visitor, conversation


async def test_a_colleague_takes_over(scripted: Script, visitors: Connect, operators: Callable[..., Any]) -> None:
    scripted()
    ana, ben = await operators("ana", public_name="Ana"), await operators("ben", public_name="Ben")
    visitor, conversation = await taken(visitors, ana)

    await ana.send(type="colleagues")
    assert (await ana.receive())["operators"] == [{"key": await key("ben"), "label": "Ben", "away": False}]
    await ana.send(type="pass", conversation=conversation, to=await key("ben"))
    assert (await visitor.receive())["message"] == "Ben takes over from Ana."
    await ana.send(type="message", conversation=conversation, id="1", message="x")
    assert (await ana.receive())["message"] == "Taken by Ben."
    await ben.send(type="message", conversation=conversation, id="1", message="Hello")
    assert (await visitor.receive())["name"] == "Ben"


async def test_who_has_no_open_desk_gets_nothing(scripted: Script, visitors: Connect, operators: Callable[..., Any]) -> None:
    scripted()
    ana, ben = await operators("ana"), await operators("ben")
    _, conversation = await taken(visitors, ana)
    await ben.leave()
    for to in (await key("ben"), await key("ana"), 999_999):
        await ana.send(type="pass", conversation=conversation, to=to)
        assert (await ana.receive())["code"] == "nobody"
    assert (await row()).holder == await key("ana")


async def test_back_to_the_queue_the_conversation_waits_and_the_bot_answers(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana", public_name="Ana")
    visitor, conversation = await taken(visitors, ana)
    await ana.send(type="pass", conversation=conversation, to=None)
    assert (await visitor.receive())["message"].startswith("Ana has handed you on.")
    assert (await visitor.receive())["status"] == "waiting"
    assert (await visitor.say("meanwhile"))["sender"] == "bot"
    assert (await row()).holder is None


async def test_a_wait_that_is_too_long_ends_with_the_bot(scripted: Script, visitors: Connect) -> None:
    scripted()
    old = timezone.now() - datetime.timedelta(seconds=WAIT + 1)
    waits = await sync_to_async(stored_conversation)({"text": "help"}, status="waiting", waiting_since=old)
    waits_less = await sync_to_async(stored_conversation)({"text": "help"}, status="waiting", waiting_since=timezone.now())
    for _ in range(2):
        await sweep()
    await sync_to_async(waits.refresh_from_db)()
    await sync_to_async(waits_less.refresh_from_db)()
    assert (waits.status, waits.last_seq, waits.waiting_since) == ("bot", 2, None)
    assert (waits_less.status, waits_less.last_seq) == ("waiting", 1)


async def test_an_operator_who_is_gone_loses_the_conversation_to_the_queue(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana", public_name="Ana")
    visitor, _ = await taken(visitors, ana)
    await last_seen("ana", GONE - 10)
    await sweep()
    assert await visitor.hears_nothing()

    await last_seen("ana", GONE + 1)
    await sweep()
    assert (await visitor.receive())["message"].startswith("Ana is away.")
    assert (await visitor.receive())["status"] == "waiting"
    await sweep()
    assert await visitor.hears_nothing()


async def test_an_operator_who_is_deleted_loses_the_conversation_to_the_queue(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana", public_name="Ana")
    visitor, _ = await taken(visitors, ana)
    await sync_to_async(lambda: User.objects.all().delete())()
    await sweep()
    assert (await visitor.receive())["message"].startswith("Ana is away.")
    assert ((await row()).status, (await row()).holder) == ("waiting", None)


async def test_away_is_told_to_all_tabs_and_stays(operators: Callable[..., Any]) -> None:
    ana = await operators("ana")
    await ana.send(type="presence", away=True)
    assert await ana.receive() == {"type": "presence", "away": True}
    await ana.send(type="hello")
    assert (await ana.receive_type("ready"))["operator"]["away"] is True


@pytest.mark.parametrize("frame", [{"type": "presence"}, {"type": "presence", "away": 5}, {"type": "pass", "to": "x"}])
async def test_bad_fields(operators: Callable[..., Any], frame: dict[str, Any]) -> None:
    ana = await operators("ana")
    await ana.send(**{"conversation": "nobody", **frame})
    assert (await ana.receive())["code"] == "bad_field"
