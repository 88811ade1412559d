"""A reply that the provider has at once is stored together with its message, and is a reply like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from chat import writer
from chat.events import Events
from chat.models import FallbackReply, IntentReply, Message
from integrations import Reply, Utterance
from tests.late import hold_commits, lose_confirmation
from tests.scripted import Gate, ScriptedAdapter, reply
from tests.stored import staff_writes, stored
from tests.visitor import Connect, Script, Visitor, two_tabs

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(utterance: Utterance) -> Reply | None:
    return None if utterance.text == "wait" else reply(f"at once: {utterance.text}")


def hand_off(utterance: Utterance) -> Reply | None:
    return None if utterance.text == "wait" else reply("A colleague comes", handoff=True)


@pytest_asyncio.fixture
async def adapter(scripted: Script) -> ScriptedAdapter:
    """Has the reply to everything but "wait" at once."""
    adapter = scripted()
    adapter.at_once = at_once
    return adapter


async def begun(*tabs: Visitor) -> None:
    """After the first turn nothing is open any more, as far as the process knows."""
    await tabs[0].say("wait")
    for tab in tabs[1:]:
        await tab.receive_reply()


async def transactions() -> int:
    return len({at async for at in Message.objects.values_list("created_at", flat=True)})


async def test_the_reply_is_stored_with_its_message(adapter: ScriptedAdapter, visitors: Connect) -> None:
    visitor = await visitors()
    await begun(visitor)

    await visitor.send(message="hi", id="abc")

    assert await visitor.receive() == {"type": "ack", "id": "abc", "seq": 3}
    answer = await visitor.receive()
    assert (answer["seq"], answer["message"], answer["in_reply_to"]) == (4, "at once: hi", "abc")
    assert (await stored())[2:] == [(3, "visitor", "hi"), (4, "bot", "at once: hi")]
    assert await transactions() == 3
    row = await Message.objects.select_related("in_reply_to").aget(seq=4)
    assert row.in_reply_to is not None
    assert (row.in_reply_to.seq, row.intent, row.outcome, row.provider) == (3, "echo", "answered", "scripted")
    assert [utterance.text for utterance in adapter.asked] == ["wait"]


async def test_what_the_provider_is_asked_at_once(scripted: Script, visitors: Connect) -> None:
    utterances: list[Utterance] = []
    adapter = scripted()
    adapter.at_once = utterances.append
    visitor = await visitors()
    await visitor.hello(language="de")
    await visitor.say("eins")
    await visitor.say("zwei")

    [*_, utterance], [*_, asked] = utterances, adapter.asked
    assert (utterance.text, utterance.language) == ("zwei", "de")
    assert (utterance.session, utterance.event, utterance.time_zone) == (asked.session, "", asked.time_zone)
    assert utterance.seconds >= asked.seconds


async def test_every_tab_sees_both_once(adapter: ScriptedAdapter, visitors: Connect) -> None:
    one, other = await two_tabs(visitors)
    await begun(one, other)

    assert (await one.say("hi", id="abc"))["message"] == "at once: hi"

    theirs, answer = await other.receive(), await other.receive()
    assert (theirs["seq"], theirs["id"], answer["seq"], answer["in_reply_to"]) == (3, "abc", 4, "abc")
    assert await one.hears_nothing()
    assert await other.hears_nothing()


async def test_other_processes_are_told_of_the_reply(scripted: Script, visitors: Connect, mocker: Any) -> None:
    tell = mocker.patch.object(Events, "tell")
    scripted().at_once = hand_off
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]
    await begun(visitor)

    await visitor.say("hi")

    assert tell.call_args.args == (conversation, 4, "waiting")


async def test_everybody_is_told_of_a_commit_that_was_not_confirmed(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    tell = mocker.patch.object(Events, "tell")
    scripted().at_once = hand_off
    one, other = await two_tabs(visitors)
    conversation = (await one.hello())["conversation"]
    await begun(one, other)
    is_lost = lose_confirmation(mocker, of=lambda entry: entry.text == "hi")

    await one.send(message="hi", id="abc")

    assert (await one.receive())["type"] == "ack"
    for tab in (one, other):
        assert (await tab.receive_reply())["seq"] == 4
        assert await tab.receive() == {"type": "status", "status": "waiting"}
        assert await tab.hears_nothing()
    assert is_lost.is_set()
    assert tell.call_args.args == (conversation, 4, "waiting")


async def test_everybody_is_told_of_one_that_was_not_confirmed_in_time(
    scripted: Script, visitors: Connect, mocker: Any, deadline: Callable[[float], None]
) -> None:
    deadline(1.0)
    tell = mocker.patch.object(Events, "tell")
    mocker.patch.object(writer, "LOOK_EVERY", 0.05)
    scripted().at_once = hand_off
    tabs = await two_tabs(visitors)
    conversation = (await tabs[0].hello())["conversation"]
    await begun(*tabs)
    is_lost = lose_confirmation(mocker, of=lambda entry: entry.text == "hi")
    gate = hold_commits(mocker, of=lambda entry: is_lost.is_set())

    await tabs[0].send(message="hi", id="abc")
    assert (await tabs[0].receive_type("error"))["code"] == "try_again"
    gate.set()

    for tab in tabs:
        assert [(await tab.receive_type("message"))["seq"] for _ in range(2)] == [3, 4]
        assert await tab.receive() == {"type": "status", "status": "waiting"}
    assert tell.call_args.args == (conversation, 4, "waiting")


async def test_a_message_that_two_tabs_send_at_once_comes_once_to_each(
    adapter: ScriptedAdapter, visitors: Connect, mocker: Any
) -> None:
    tabs = await two_tabs(visitors)
    await begun(*tabs)
    come = asyncio.Queue[str]()

    def note(utterance: Utterance) -> Reply | None:
        come.put_nowait(utterance.text)
        return at_once(utterance)

    adapter.at_once = note
    gate = hold_commits(mocker)
    for tab in tabs:
        await tab.send(message="hi", id="abc")
        await come.get()
    gate.set()

    for tab in tabs:
        assert await tab.receive() == {"type": "ack", "id": "abc", "seq": 3}
        assert (await tab.receive())["seq"] == 4
        assert await tab.hears_nothing()


async def test_a_message_sent_again_is_acknowledged_again_and_answered_once(
    adapter: ScriptedAdapter, visitors: Connect
) -> None:
    visitor = await visitors()
    await begun(visitor)
    await visitor.say("hi", id="abc")

    await visitor.send(message="hi", id="abc")

    assert await visitor.receive() == {"type": "ack", "id": "abc", "seq": 3}
    assert await visitor.hears_nothing()
    assert len(await stored()) == 4


async def test_the_first_message_here_is_answered_by_its_turn(adapter: ScriptedAdapter, visitors: Connect) -> None:
    """Another process may have a turn of the conversation under way, for all this one knows."""
    visitor = await visitors()

    await visitor.say("hi")

    assert [utterance.text for utterance in adapter.asked] == ["hi"]
    assert await transactions() == 2


async def test_a_turn_that_runs_comes_first(adapter: ScriptedAdapter, visitors: Connect) -> None:
    gate = Gate()
    one, other = await two_tabs(visitors)
    await begun(one, other)
    adapter.answers = [gate.holding(reply("at last"))]
    await one.send(message="wait", id="1")
    await gate.reached.wait()

    await other.send(message="hi", id="2")
    assert (await other.receive_type("ack"))["seq"] == 4
    gate.opened.set()

    for tab in (one, other):
        replies = [await tab.receive_reply() for _ in range(2)]
        assert [(answer["seq"], answer["in_reply_to"]) for answer in replies] == [(5, "1"), (6, "2")]


async def test_a_turn_that_waits_comes_first(adapter: ScriptedAdapter, visitors: Connect) -> None:
    """The turn before it has ended, so that the last reply is there, but not to the last message."""
    visitor = await visitors()
    await begun(visitor)
    gates = [Gate(), Gate()]
    adapter.answers = [gate.holding(reply("at last")) for gate in gates]
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


async def test_a_message_that_is_being_stored_comes_first(adapter: ScriptedAdapter, visitors: Connect, mocker: Any) -> None:
    """Its turn isn't queued yet when the other message, whose reply is known, comes."""
    one, other = await two_tabs(visitors)
    await begun(one, other)
    has_come = asyncio.Event()

    def note(utterance: Utterance) -> Reply | None:
        has_come.set()
        return at_once(utterance)

    adapter.at_once = note
    gate = hold_commits(mocker)
    await one.send(message="wait", id="1")
    await has_come.wait()
    has_come.clear()
    await other.send(message="hi", id="2")
    await has_come.wait()
    gate.set()

    assert [(await one.receive_reply())["in_reply_to"] for _ in range(2)] == ["1", "2"]


async def test_both_are_stored_late_and_reach_every_tab(
    scripted: Script, visitors: Connect, mocker: Any, deadline: Callable[[float], None]
) -> None:
    deadline(1.0)
    mocker.patch.object(writer, "LOOK_EVERY", 0.05)
    scripted().at_once = hand_off
    tabs = await two_tabs(visitors)
    await begun(*tabs)
    gate = hold_commits(mocker)

    await tabs[0].send(message="hi", id="abc")
    assert (await tabs[0].receive_type("error"))["code"] == "try_again"
    gate.set()

    for tab in tabs:
        question, answer = [await tab.receive_type("message") for _ in range(2)]
        assert (question["seq"], question["id"]) == (3, "abc")
        assert (answer["seq"], answer["in_reply_to"], answer["message"]) == (4, "abc", "A colleague comes")
        assert await tab.receive() == {"type": "status", "status": "waiting"}
        assert await tab.hears_nothing()


async def test_a_message_opens_the_conversation_and_is_answered(adapter: ScriptedAdapter, visitors: Connect) -> None:
    visitor = await visitors()
    await begun(visitor)
    await visitor.send(type="end")
    assert (await visitor.receive_type("status"))["status"] == "closed"

    answer = await visitor.say("hi")

    assert answer["message"] == "at once: hi"
    assert (await visitor.receive_type("status"))["status"] == "bot"


async def test_a_hand_off_is_noted_and_told(adapter: ScriptedAdapter, visitors: Connect) -> None:
    visitor = await visitors()
    await begun(visitor)
    adapter.at_once = hand_off

    await visitor.say("hi")

    assert (await visitor.receive_type("status"))["status"] == "waiting"
    assert await transactions() == 3

    await visitor.send(type="end")

    assert (await visitor.receive_type("status"))["status"] == "closed"


async def test_staff_s_words_for_the_intent_come_before_the_provider_s(adapter: ScriptedAdapter, visitors: Connect) -> None:
    visitor = await visitors()
    await visitor.hello(language="de")
    await begun(visitor)
    assert (await visitor.say("hi"))["message"] == "at once: hi"

    await staff_writes(
        IntentReply(intent="echo", text="Staff's own", overrides=True),
        IntentReply(intent="echo", text="Von uns", overrides=True, language="de"),
    )

    for _ in range(2):  # the first goes by its turn, which reads the words
        assert (await visitor.say("hi"))["message"] == "Von uns"
    assert await transactions() == 6


@pytest.mark.parametrize("unsure", [Reply(is_fallback=True), reply("Perhaps", confidence=0.1)], ids=["unknown", "unsure"])
async def test_what_it_does_not_understand_ends_in_a_fallback(
    unsure: Reply, adapter: ScriptedAdapter, visitors: Connect
) -> None:
    await staff_writes(FallbackReply(text="Say it in other words"))
    visitor = await visitors()
    await begun(visitor)
    adapter.at_once = lambda utterance: unsure
    adapter.answers = [unsure]

    assert (await visitor.say("hi"))["message"] == "Say it in other words"
    assert len(await stored()) == 4


async def test_a_reply_that_can_t_be_stored_costs_no_message(adapter: ScriptedAdapter, visitors: Connect) -> None:
    visitor = await visitors()
    await begun(visitor)
    adapter.at_once = lambda utterance: reply("hi", entities={"no": object()})

    assert (await visitor.say("hi"))["message"] == "hi"


async def test_a_mistake_in_it_costs_no_reply(
    adapter: ScriptedAdapter, visitors: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(utterance: Utterance) -> Reply:
        raise RuntimeError(utterance.text)

    visitor = await visitors()
    await begun(visitor)
    adapter.at_once = fail

    assert (await visitor.say("a secret"))["message"] == "a secret"
    assert "RuntimeError" in caplog.text
    assert "a secret" not in caplog.text
