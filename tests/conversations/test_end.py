"""A visitor ends the conversation, and opens it again by writing."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils.translation import get_language

from chat import runtime
from chat.models import Conversation
from chat.sites import strings
from chat.storage import batch, writer
from chat.storage.entries import ConversationRef, Entry, Result
from chat.storage.reader import State
from chat.storage.status import Kind
from tests.support.scripted import Gate, reply
from tests.support.stored import stored
from tests.support.visitor import Connect, Script, Visitor, two_tabs

pytestmark = pytest.mark.django_db(transaction=True)

ENDED = "The conversation has ended."
CLOSED = {"type": "status", "status": "closed"}
OPEN = {"type": "status", "status": "bot"}


async def end(visitor: Visitor) -> None:
    await visitor.send(type="end")
    assert await visitor.receive_type("status") == CLOSED


async def status() -> str:
    return (await Conversation.objects.aget()).status


async def test_every_tab_sees_the_end(scripted: Script, visitors: Connect) -> None:
    adapter = scripted()
    one, other = await two_tabs(visitors)
    await one.say("hi")
    await other.receive_reply()

    await one.send(type="end")

    for tab in (one, other):
        notice = await tab.receive()
        assert (notice["type"], notice["seq"], notice["sender"], notice["message"]) == ("message", 3, "system", ENDED)
        assert (notice["id"], notice["in_reply_to"], notice["parts"], notice["feedback"]) == (None, None, [], None)
        assert await tab.receive() == CLOSED
        assert await tab.hears_nothing()
    assert await stored() == [(1, "visitor", "hi"), (2, "bot", "hi"), (3, "system", ENDED)]
    assert await status() == "closed"
    await runtime.drain()
    assert len(adapter.asked) == 1


async def test_who_comes_back_finds_the_conversation_closed(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    await visitor.say("hi")
    await end(visitor)

    ready = await (await visitors()).hello(token=token, after=2)

    assert (ready["status"], [message["message"] for message in ready["messages"]]) == ("closed", [ENDED])


@pytest.mark.parametrize(
    ("language", "spoken"), [("de", "de"), ("de-AT", "de"), ("en", "en"), ("nl", "en")], ids=["own", "region", "en", "other"]
)
async def test_the_notice_speaks_the_conversation_s_language(
    scripted: Script, visitors: Connect, settings: Any, mocker: Any, language: str, spoken: str
) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_LANGUAGES": "es,de,de-AT,en,nl"}
    mocker.patch.object(strings, "gettext", lambda text: f"{get_language()}: {text}")
    scripted()
    visitor = await visitors()
    await visitor.hello(language=language)
    await visitor.say("hi")

    await visitor.send(type="end")

    assert (await visitor.receive_reply())["message"] == f"{spoken}: {ENDED}"


async def test_a_conversation_without_messages_ends_without_being_stored(scripted: Script, visitors: Connect) -> None:
    scripted()
    tabs = await two_tabs(visitors)

    await tabs[0].send(type="end")

    for tab in tabs:
        assert await tab.receive() == CLOSED
        assert await tab.hears_nothing()
    assert not await Conversation.objects.aexists()

    await tabs[1].send(message="hi")
    for tab in tabs:
        assert await tab.receive_type("status") == OPEN
    assert await status() == "bot"


async def test_the_end_may_be_the_first_frame(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()

    await visitor.send(type="end")

    assert (await visitor.receive())["type"] == "ready"
    assert await visitor.receive() == CLOSED


async def test_a_closed_conversation_is_not_ended_again(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    await end(visitor)

    await visitor.send(type="end")

    assert await visitor.receive() == CLOSED
    assert await visitor.hears_nothing()
    assert len(await stored()) == 3


async def test_who_ends_what_another_process_has_ended_gets_its_notice(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]
    await visitor.say("hi")
    address = ConversationRef(public_id=conversation, language="en")
    await sync_to_async(batch.commit)([Entry(conversation=address, kind=Kind.END, text="Ended elsewhere")], {})

    await visitor.send(type="end")

    assert (await visitor.receive_reply())["message"] == "Ended elsewhere"
    assert await visitor.receive() == CLOSED
    assert len(await stored()) == 3


async def test_two_tabs_that_end_at_once_get_one_notice(scripted: Script, visitors: Connect) -> None:
    scripted()
    tabs = await two_tabs(visitors)
    await tabs[0].say("hi")

    for tab in tabs:
        await tab.send(type="end")

    assert await tabs[0].receive_type("status") == CLOSED
    assert [(await tabs[1].receive_type("status")) for _ in tabs] == [CLOSED, CLOSED]  # the second is the answer to its own
    assert await tabs[0].hears_nothing()
    assert [text for _, sender, text in await stored() if sender == "system"] == [ENDED]


async def test_writing_opens_it_again_in_every_tab(scripted: Script, visitors: Connect) -> None:
    scripted()
    one, other = await two_tabs(visitors)
    await one.say("hi")
    await end(one)
    assert await other.receive_type("status") == CLOSED

    await other.send(message="one more thing", id="abc")

    for tab in (one, other):
        assert await tab.receive_type("status") == OPEN
        assert (await tab.receive_reply())["in_reply_to"] == "abc"
        assert await tab.hears_nothing()
    assert await status() == "bot"


async def test_who_comes_back_to_a_closed_conversation_opens_it_by_writing(scripted: Script, visitors: Connect) -> None:
    scripted()
    first = await visitors()
    token = (await first.hello())["token"]
    await first.say("hi")
    await end(first)
    await first.leave()
    visitor = await visitors()
    assert (await visitor.hello(token=token))["status"] == "closed"

    await visitor.send(message="again")

    assert await visitor.receive_type("status") == OPEN
    assert await status() == "bot"


async def test_a_message_sent_again_opens_nothing(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi", id="abc")
    await end(visitor)

    await visitor.send(message="hi", id="abc")

    assert await visitor.receive() == {"type": "ack", "id": "abc", "seq": 1}
    assert await visitor.hears_nothing()
    assert await status() == "closed"


async def test_a_visitor_who_writes_without_having_ended_hears_of_no_status(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello()

    for _ in range(2):
        await visitor.send(message="hi")
        assert [(await visitor.receive())["type"] for _ in range(2)] == ["ack", "message"]
    assert await visitor.hears_nothing()


@pytest.mark.parametrize("handoff", [False, True], ids=["reply", "handoff"])
async def test_a_reply_on_its_way_comes_after_the_end_and_opens_nothing(
    scripted: Script, visitors: Connect, handoff: bool
) -> None:
    gate = Gate()
    scripted(gate.holding(reply("Here it is", handoff=handoff)))
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    await visitor.send(message="hi")
    await gate.reached.wait()
    await end(visitor)

    gate.opened.set()

    answer = await visitor.receive_reply()
    assert (answer["seq"], answer["message"]) == (3, "Here it is")
    await runtime.drain()
    assert await status() == "closed"
    assert (await (await visitors()).hello(token=token))["status"] == "closed"
    await visitor.send(type="ping")
    while (frame := await visitor.receive())["type"] != "pong":
        assert frame == CLOSED


async def test_a_drain_refuses_the_end(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    await runtime.drain()

    await visitor.send(type="end")

    error = await visitor.receive()
    assert (error["code"], error["temporary"]) == ("draining", True)
    assert await status() == "bot"


async def test_a_drain_waits_until_the_end_is_stored(scripted: Script, visitors: Connect, mocker: Any) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    reached, gate = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def commit(entries: list[Entry], known: batch.Known) -> list[Result | Exception]:
        loop.call_soon_threadsafe(reached.set)
        gate.wait(10)
        return batch.commit(entries, known)

    mocker.patch.object(writer, "commit", commit)
    await visitor.send(type="end")
    await reached.wait()

    draining = asyncio.create_task(runtime.drain())
    assert not (await asyncio.wait({draining}, timeout=0.1))[0]
    gate.set()
    await draining

    assert await status() == "closed"


async def test_a_database_that_is_away_is_tried_again_later(
    scripted: Script, visitors: Connect, mocker: Any, deadline: Any
) -> None:
    deadline(1.0)
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    mocker.patch.object(batch, "_commit_together", side_effect=OperationalError)

    await visitor.send(type="end")

    error = await visitor.receive()
    assert (error["code"], error["temporary"]) == ("try_again", True)
    mocker.stopall()
    assert await status() == "bot"


async def test_an_end_that_comes_too_late_does_not_close_what_was_opened_again(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    scripted()
    one, other = await two_tabs(visitors)
    await one.say("hi")
    await end(one)
    reader = runtime.current().reader
    read = reader.state
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slow(public_id: str) -> State | None:
        found = await read(public_id)
        reached.set()
        await gate.wait()
        return found

    mocker.patch.object(reader, "state", slow)
    await one.send(type="end")
    await reached.wait()
    await other.send(message="again")
    while (await other.receive_type("message"))["message"] != "again":
        pass
    gate.set()

    for tab in (one, other):
        await tab.send(type="ping")
        told = []
        while (frame := await tab.receive())["type"] != "pong":
            told += [frame["status"]] if frame["type"] == "status" else []
        assert told[-1:] in ([], ["bot"])  # or the other has read it already
    assert await status() == "bot"


async def test_a_provider_ends_the_conversation_after_its_words(scripted: Script, visitors: Connect) -> None:
    scripted(reply("Goodbye", end=True))
    visitor = await visitors()

    assert (await visitor.say("bye"))["message"] == "Goodbye"

    assert await visitor.receive() == CLOSED
    assert await status() == "closed"


async def test_a_reply_that_hands_over_does_not_end_the_conversation(
    staffed: None, scripted: Script, visitors: Connect
) -> None:
    scripted(reply("One moment", end=True, handoff=True))
    visitor = await visitors()

    assert (await visitor.say("help"))["message"] == "One moment"

    assert await visitor.receive() == {"type": "status", "status": "waiting"}


async def test_an_end_that_the_provider_is_not_sure_of_ends_nothing(scripted: Script, visitors: Connect) -> None:
    scripted(reply("Goodbye", end=True, confidence=0.1))
    visitor = await visitors()

    await visitor.say("by the way")

    assert await visitor.hears_nothing()
    assert await status() == "bot"
