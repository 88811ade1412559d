"""The turns of a conversation: their order, who is told, and a database that is late or doesn't confirm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from chat.delivery.bus import Bus
from chat.models import FallbackReply, IntentReply, Message
from chat.storage import writer
from integrations import Reply, Utterance
from tests.support.late import hold_commits, lose_confirmation
from tests.support.scripted import Gate, reply
from tests.support.stored import staff_writes, stored
from tests.support.visitor import Connect, Script, two_tabs

pytestmark = pytest.mark.django_db(transaction=True)


def hand_off(utterance: Utterance) -> Reply:
    return reply("A colleague comes", handoff=True)


async def test_the_reply_is_stored_after_its_message(scripted: Script, visitors: Connect) -> None:
    adapter = scripted()
    visitor = await visitors()

    await visitor.send(message="hi", id="abc")

    assert await visitor.receive_type("ack") == {"type": "ack", "id": "abc", "seq": 1}
    answer = await visitor.receive()
    assert (answer["seq"], answer["message"], answer["in_reply_to"]) == (2, "hi", "abc")
    assert await stored() == [(1, "visitor", "hi"), (2, "bot", "hi")]
    row = await Message.objects.select_related("in_reply_to").aget(seq=2)
    assert row.in_reply_to is not None
    assert (row.in_reply_to.seq, row.intent, row.outcome, row.provider) == (1, "echo", "answered", "scripted")
    assert [utterance.text for utterance in adapter.asked] == ["hi"]


async def test_what_the_provider_is_asked(scripted: Script, visitors: Connect) -> None:
    adapter = scripted()
    visitor = await visitors()
    conversation = (await visitor.hello(language="de"))["conversation"]
    await visitor.say("eins")

    [asked] = adapter.asked
    assert (asked.text, asked.language, asked.session, asked.event) == ("eins", "de", conversation, "")
    assert (asked.time_zone, 7 < asked.seconds <= 8) == ("UTC", True)


async def test_every_tab_sees_both_once(scripted: Script, visitors: Connect) -> None:
    scripted()
    one, other = await two_tabs(visitors)

    assert (await one.say("hi", id="abc"))["message"] == "hi"

    theirs, answer = await other.receive(), await other.receive()
    assert (theirs["seq"], theirs["id"], answer["seq"], answer["in_reply_to"]) == (1, "abc", 2, "abc")
    assert await one.hears_nothing()
    assert await other.hears_nothing()


async def test_other_processes_are_told_of_the_reply(
    staffed: None, scripted: Script, visitors: Connect, mocker: Any
) -> None:
    tell = mocker.patch.object(Bus, "tell")
    scripted(hand_off)
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]

    await visitor.say("hi")

    assert tell.call_args.args == (conversation, 2, "waiting")


@pytest.mark.parametrize("which", ["visitor", "bot"])
async def test_everybody_is_told_of_a_commit_that_was_not_confirmed(
    staffed: None, which: str, scripted: Script, visitors: Connect, mocker: Any
) -> None:
    tell = mocker.patch.object(Bus, "tell")
    scripted(hand_off)
    one, other = await two_tabs(visitors)
    conversation = (await one.hello())["conversation"]
    is_lost = lose_confirmation(mocker, of=lambda entry: entry.sender == which)

    await one.send(message="hi", id="abc")

    assert (await one.receive())["type"] == "ack"
    for tab in (one, other):
        assert (await tab.receive_reply())["seq"] == 2
        assert await tab.receive_type("status") == {"type": "status", "status": "waiting"}
        assert await tab.hears_nothing()
    assert is_lost.is_set()
    assert tell.call_args.args == (conversation, 2, "waiting")


async def test_everybody_is_told_of_one_that_was_not_confirmed_in_time(
    scripted: Script, visitors: Connect, mocker: Any, deadline: Callable[[float], None]
) -> None:
    deadline(1.0)
    tell = mocker.patch.object(Bus, "tell")
    mocker.patch.object(writer, "LOOK_EVERY", 0.05)
    scripted()
    tabs = await two_tabs(visitors)
    conversation = (await tabs[0].hello())["conversation"]
    is_lost = lose_confirmation(mocker, of=lambda entry: entry.text == "hi")
    gate = hold_commits(mocker, of=lambda entry: is_lost.is_set())

    await tabs[0].send(message="hi", id="abc")
    assert (await tabs[0].receive_type("error"))["code"] == "try_again"
    gate.set()

    for tab in tabs:
        assert (await tab.receive_type("message"))["seq"] == 1
    assert tell.call_args.args[:2] == (conversation, 1)


async def test_a_message_that_two_tabs_send_at_once_comes_once_to_each(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    scripted()
    tabs = await two_tabs(visitors)
    gate = hold_commits(mocker)
    for tab in tabs:
        await tab.send(message="hi", id="abc")
    gate.set()

    for tab in tabs:
        assert await tab.receive() == {"type": "ack", "id": "abc", "seq": 1}
        assert (await tab.receive())["seq"] == 2
        assert await tab.hears_nothing()


async def test_a_message_sent_again_is_acknowledged_again_and_answered_once(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi", id="abc")

    await visitor.send(message="hi", id="abc")

    assert await visitor.receive() == {"type": "ack", "id": "abc", "seq": 1}
    assert await visitor.hears_nothing()
    assert len(await stored()) == 2


async def test_a_turn_that_runs_comes_first(scripted: Script, visitors: Connect) -> None:
    gate = Gate()
    scripted(gate.holding(reply("at last")))
    one, other = await two_tabs(visitors)
    await one.send(message="wait", id="1")
    await gate.reached.wait()

    await other.send(message="hi", id="2")
    assert (await other.receive_type("ack"))["seq"] == 2
    gate.opened.set()

    for tab in (one, other):
        replies = [await tab.receive_reply() for _ in range(2)]
        assert [(answer["seq"], answer["in_reply_to"]) for answer in replies] == [(3, "1"), (4, "2")]


async def test_a_turn_that_waits_comes_first(scripted: Script, visitors: Connect) -> None:
    """The turn before it has ended, so the last message is a reply, but to an earlier message."""
    gates = [Gate(), Gate()]
    scripted(*(gate.holding(reply("at last")) for gate in gates))
    visitor = await visitors()
    for id in "01":
        await visitor.send(message="wait", id=id)
    await gates[0].reached.wait()
    while (await visitor.receive_type("ack"))["id"] != "1":
        pass
    gates[0].opened.set()
    await gates[1].reached.wait()

    await visitor.send(message="hi", id="2")
    while (await visitor.receive_type("ack"))["id"] != "2":
        pass
    gates[1].opened.set()

    assert [(await visitor.receive_reply())["in_reply_to"] for _ in range(2)] == ["1", "2"]


async def test_a_message_that_is_stored_late_reaches_every_tab_and_is_answered(
    staffed: None, scripted: Script, visitors: Connect, mocker: Any, deadline: Callable[[float], None]
) -> None:
    deadline(1.0)
    mocker.patch.object(writer, "LOOK_EVERY", 0.05)
    scripted(hand_off)
    tabs = await two_tabs(visitors)
    gate = hold_commits(mocker)

    await tabs[0].send(message="hi", id="abc")
    assert (await tabs[0].receive_type("error"))["code"] == "try_again"
    gate.set()

    for tab in tabs:
        frames = [await tab.receive() for _ in range(3)]
        question, answer = [frame for frame in frames if frame["type"] == "message"]
        assert (question["seq"], question["id"]) == (1, "abc")
        assert (answer["seq"], answer["in_reply_to"], answer["message"]) == (2, "abc", "A colleague comes")
        assert {"type": "status", "status": "waiting"} in frames
        assert await tab.hears_nothing()


async def test_a_message_opens_the_conversation_and_is_answered(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hello")
    await visitor.send(type="end")
    assert (await visitor.receive_type("status"))["status"] == "closed"

    await visitor.send(message="hi")

    assert (await visitor.receive_type("status"))["status"] == "bot"
    assert (await visitor.receive_reply())["message"] == "hi"


async def test_a_hand_off_is_noted_and_told(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted(hand_off)
    visitor = await visitors()

    await visitor.say("hi")

    assert (await visitor.receive_type("status"))["status"] == "waiting"

    await visitor.send(type="end")

    assert (await visitor.receive_type("status"))["status"] == "closed"


async def test_staff_s_words_for_the_intent_come_before_the_provider_s(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello(language="de")
    assert (await visitor.say("hi"))["message"] == "hi"

    await staff_writes(
        IntentReply(intent="echo", text="Staff's own", overrides=True),
        IntentReply(intent="echo", text="Von uns", overrides=True, language="de"),
    )

    assert (await visitor.say("hi"))["message"] == "Von uns"


@pytest.mark.parametrize("unsure", [Reply(is_fallback=True), reply("Perhaps", confidence=0.1)], ids=["unknown", "unsure"])
async def test_what_it_does_not_understand_ends_in_a_fallback(unsure: Reply, scripted: Script, visitors: Connect) -> None:
    await staff_writes(FallbackReply(text="Say it in other words"))
    scripted(unsure)
    visitor = await visitors()

    assert (await visitor.say("hi"))["message"] == "Say it in other words"
    assert len(await stored()) == 2


async def test_a_mistake_in_the_adapter_costs_no_reply(
    scripted: Script, visitors: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(utterance: Utterance) -> Reply:
        raise RuntimeError(utterance.text)

    scripted(fail)
    visitor = await visitors()

    assert await visitor.say("a secret")
    assert "RuntimeError" in caplog.text
    assert "a secret" not in caplog.text


async def test_messages_of_two_tabs_are_answered_in_the_order_in_which_they_are_stored(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    scripted()
    one, other = await two_tabs(visitors)
    gate = hold_commits(mocker)
    await one.send(message="first", id="1")
    await asyncio.sleep(0)
    await other.send(message="second", id="2")
    gate.set()

    assert [(await one.receive_reply())["in_reply_to"] for _ in range(2)] == ["1", "2"]
