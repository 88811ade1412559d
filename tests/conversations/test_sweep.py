"""Turns that were cut off when a process ended are resumed, even without the visitor."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable

import pytest

from chat import runtime
from chat.conversations import sweep as sweeping
from chat.conversations.sweep import MARGIN, sweep, sweep_for_ever
from chat.models import Message
from chat.storage import reader
from tests.support.scripted import Gate, ScriptedAdapter, reply
from tests.support.stored import cut_off

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 8
LONG_AGO = datetime.timedelta(seconds=DEADLINE + MARGIN + 1)
HOUR = datetime.timedelta(hours=1)


async def sweep_now() -> None:
    current = runtime.current()
    await sweep(current.turns, current.reader, DEADLINE, HOUR)
    await current.service.drain()


async def stored_at(moment: datetime.datetime) -> None:
    await Message.objects.aupdate(created_at=moment)


async def test_an_old_message_without_answer_is_answered(
    scripted: Callable[..., ScriptedAdapter], visitors: Callable[..., object]
) -> None:
    adapter = scripted()
    visitor = await visitors()  # type: ignore[misc]
    await visitor.say("hi", id="1")
    await cut_off()
    await stored_at(datetime.datetime.now(datetime.UTC) - LONG_AGO)

    await sweep_now()

    answer = await Message.objects.aget(sender="bot")
    assert answer.text == "hi"
    assert answer.in_reply_to_id == (await Message.objects.aget(client_id="1")).pk
    assert len(adapter.asked) == 2


async def test_a_turn_that_may_still_run_somewhere_is_left_alone(
    scripted: Callable[..., ScriptedAdapter], visitors: Callable[..., object]
) -> None:
    adapter = scripted()
    visitor = await visitors()  # type: ignore[misc]
    await visitor.say("hi")
    await cut_off()

    await sweep_now()

    assert len(adapter.asked) == 1


async def test_a_turn_that_runs_here_is_not_run_twice(
    scripted: Callable[..., ScriptedAdapter], visitors: Callable[..., object]
) -> None:
    gate = Gate()
    adapter = scripted(gate.holding(reply("done")))
    visitor = await visitors()  # type: ignore[misc]
    await visitor.send(message="hi")
    await gate.reached.wait()
    await stored_at(datetime.datetime.now(datetime.UTC) - LONG_AGO)

    current = runtime.current()
    await sweep(current.turns, current.reader, DEADLINE, HOUR)
    gate.opened.set()
    await current.service.drain()

    assert len(adapter.asked) == 1
    assert await Message.objects.filter(sender="bot").acount() == 1


async def test_turns_that_hang_keep_nobody_behind_them_waiting(
    scripted: Callable[..., ScriptedAdapter], visitors: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_CUT_OFF", 1)
    monkeypatch.setattr(sweeping, "PAUSE", 0)
    gate = Gate()
    scripted(gate.holding(reply("done")))
    hangs, other = await visitors(), await visitors()  # type: ignore[misc]
    await hangs.send(message="hangs")
    await gate.reached.wait()
    await other.say("other")
    await cut_off()
    await stored_at(datetime.datetime.now(datetime.UTC) - LONG_AGO)

    current = runtime.current()
    await sweep(current.turns, current.reader, DEADLINE, HOUR)
    assert (await other.receive_reply())["message"] == "other"
    gate.opened.set()
    await current.service.drain()

    assert {message.text async for message in Message.objects.filter(sender="bot")} == {"other", "done"}


async def test_the_first_sweep_looks_back_over_a_day(
    scripted: Callable[..., ScriptedAdapter], visitors: Callable[..., object]
) -> None:
    """The site may have been down for so long. What is older is not answered any more."""
    scripted()
    late, too_late = await visitors(), await visitors()  # type: ignore[misc]
    for visitor, hours in ((too_late, 25), (late, 23)):
        await visitor.say(f"{hours} hours ago")
        moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
        await Message.objects.filter(text=f"{hours} hours ago").aupdate(created_at=moment)
    await cut_off()

    current = runtime.current()
    sweeps = asyncio.create_task(sweep_for_ever(current.turns, current.reader, DEADLINE))
    assert (await late.receive_reply())["message"] == "23 hours ago"
    sweeps.cancel()
    await current.service.drain()

    assert [message.text async for message in Message.objects.filter(sender="bot")] == ["23 hours ago"]


async def test_what_has_an_answer_is_left_alone(
    scripted: Callable[..., ScriptedAdapter], visitors: Callable[..., object]
) -> None:
    adapter = scripted()
    visitor = await visitors()  # type: ignore[misc]
    await visitor.say("hi")
    await stored_at(datetime.datetime.now(datetime.UTC) - LONG_AGO)

    await sweep_now()

    assert len(adapter.asked) == 1
