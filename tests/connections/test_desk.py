"""The desk at the wire: who may come in, and what its frames do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from chat.connections import desk
from chat.models import Conversation
from tests.support.operator import RIGHTS, Operator, account, cookie_of, talking
from tests.support.scripted import Gate, ScriptedAdapter, reply
from tests.support.stored import stored
from tests.support.visitor import Connect, Script


async def test_an_operator_takes_answers_and_gives_back(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators(public_name="Ana")
    visitor, conversation = await talking(visitors)

    await ana.send(type="take", conversation=conversation)
    assert await ana.receive() == {"type": "taken", "conversation": conversation, "by": "Ana"}
    joined = await visitor.receive_type("message")
    assert (joined["sender"], joined["message"], joined["name"]) == ("system", "Ana has joined the conversation.", "Ana")
    assert (await visitor.receive())["status"] == "operator"

    await ana.send(type="message", conversation=conversation, id="a", message="Hello, how can I help?")
    assert await ana.receive() == {"type": "ack", "id": "a", "seq": 4}
    message = await visitor.receive()
    assert (message["sender"], message["name"], message["message"], message["id"]) == (
        "operator",
        "Ana",
        "Hello, how can I help?",
        None,
    )

    await ana.send(type="give_back", conversation=conversation)
    assert (await visitor.receive())["message"] == "Ana has left the conversation. The assistant answers again."
    assert (await visitor.receive())["status"] == "bot"
    assert (await visitor.say("are you there?"))["sender"] == "bot"


async def test_an_operator_without_a_public_name_is_a_team_member(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana.secret")
    visitor, conversation = await talking(visitors)
    await ana.send(type="message", conversation=conversation, id="a", message="Hello")
    joined, message = await visitor.receive_type("message"), await visitor.receive_type("message")
    assert joined["message"] == "Team member has joined the conversation."
    assert message["name"] == "Team member"


async def test_while_an_operator_has_the_conversation_the_bot_is_silent(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    adapter = scripted()
    ana = await operators()
    visitor, conversation = await talking(visitors)
    await ana.send(type="take", conversation=conversation)
    await ana.receive_type("taken")
    await visitor.receive_type("status")

    await visitor.send(message="for Ana", id="2")
    await visitor.receive_type("ack")
    assert await visitor.hears_nothing()

    await ana.send(type="give_back", conversation=conversation)
    await visitor.receive_type("status")
    await visitor.say("for the bot")
    assert [utterance.text for utterance in adapter.asked] == ["hi", "for the bot"]
    assert [sender for _, sender, text in await stored() if text == "for Ana"] == ["visitor"]


async def test_after_a_return_the_provider_gets_a_fresh_session(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    adapter = scripted()
    ana = await operators()
    visitor, conversation = await talking(visitors)
    for kind in ("take", "give_back"):
        await ana.send(type=kind, conversation=conversation)
        await visitor.receive_type("status")
    await visitor.say("again")
    await visitor.say("and again")

    first, second, third = [utterance.session for utterance in adapter.asked]
    assert first == conversation
    assert second not in (first, "")
    assert second == third
    assert len(second) == 36


async def test_a_reply_that_was_under_way_at_the_take_is_never_shown(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    gate = Gate()
    adapter: ScriptedAdapter = scripted(gate.holding(reply("too late")))
    ana = await operators()
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]
    await visitor.send(message="one", id="1")
    await visitor.send(message="two", id="2")
    await gate.reached.wait()
    await visitor.receive_type("typing")

    await ana.send(type="take", conversation=conversation)
    await visitor.receive_type("status")
    gate.opened.set()
    await visitor.send(message="three", id="3")
    await visitor.receive_type("ack")
    assert await visitor.hears_nothing()
    assert [utterance.text for utterance in adapter.asked] == ["one"]
    assert [sender for _, sender, _ in await stored()] == ["visitor", "visitor", "system", "visitor"]
    assert (await sync_to_async(Conversation.objects.get)()).awaiting == ""


async def test_the_first_message_is_the_take(scripted: Script, visitors: Connect, operators: Callable[..., Any]) -> None:
    scripted()
    ana, ben = await operators("ana", public_name="Ana"), await operators("ben")
    visitor, conversation = await talking(visitors)

    await ana.send(type="message", conversation=conversation, id="a", message="Hello")
    assert await ana.receive() == {"type": "ack", "id": "a", "seq": 4}
    assert (await ana.receive())["type"] == "taken"
    await ben.send(type="message", conversation=conversation, id="a", message="Hello from Ben")
    refused = await ben.receive()
    assert (refused["code"], refused["conversation"], refused["id"], refused["message"], refused["temporary"]) == (
        "taken",
        conversation,
        "a",
        "Taken by Ana.",
        False,
    )
    assert refused["by"] == "Ana"
    assert [(await visitor.receive())["type"] for _ in range(3)] == ["message", "status", "message"]
    assert await visitor.hears_nothing()


@pytest.mark.parametrize("is_first", [True, False], ids=["take and send", "send"])
async def test_who_writes_reads_it_once(
    scripted: Script, visitors: Connect, operators: Callable[..., Any], is_first: bool
) -> None:
    scripted()
    ana = await operators("ana", public_name="Ana")
    visitor, conversation = await talking(visitors)
    await ana.send(type="open", conversation=conversation)
    await ana.receive_type("opened")
    if not is_first:
        await ana.send(type="take", conversation=conversation)
        await ana.receive_type("taken")

    await ana.send(type="message", conversation=conversation, id="a", message="Hello")
    frames = [await ana.receive()]
    while frames[-1].get("message") != "Thanks":
        if frames[-1]["type"] == "ack":
            await visitor.send(message="Thanks", id="2")
        frames.append(await ana.receive())
    assert "Hello" not in [frame.get("message") for frame in frames]


async def test_a_message_is_stored_once_however_often_it_is_sent(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators()
    _, conversation = await talking(visitors)  # whose visitor's message has the id "1", too
    for _ in range(3):
        await ana.send(type="message", conversation=conversation, id="1", message="Hello")
        assert (await ana.receive_type("ack"))["seq"] == 4
    assert [text for _, sender, text in await stored() if sender == "operator"] == ["Hello"]


async def test_fifty_take_at_once_and_one_gets_it(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    desks = [await operators(f"operator {number}", public_name=f"Op {number}") for number in range(50)]
    _, conversation = await talking(visitors)

    async def take(desk: Operator) -> dict[str, Any]:
        await desk.send(type="take", conversation=conversation)
        return await desk.receive()

    answers = await asyncio.gather(*map(take, desks))

    [taken] = [answer for answer in answers if answer["type"] == "taken"]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert len(refused) == 49
    assert {(answer["code"], answer["message"]) for answer in refused} == {("taken", f"Taken by {taken['by']}.")}


async def test_the_holder_takes_again_and_nothing_happens(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators()
    visitor, conversation = await talking(visitors)
    for _ in range(2):
        await ana.send(type="take", conversation=conversation)
        await ana.receive_type("taken")
    await visitor.receive_type("status")
    assert await visitor.hears_nothing()


async def test_closing_ends_it_until_the_visitor_writes(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators(public_name="Ana")
    visitor, conversation = await talking(visitors)
    await ana.send(type="take", conversation=conversation)
    await ana.receive_type("taken")
    await visitor.receive_type("status")
    await ana.send(type="close", conversation=conversation)
    assert (await visitor.receive_type("message"))["message"] == "Ana has ended the conversation."
    assert (await visitor.receive())["status"] == "closed"

    for kind in ("take", "give_back", "close", "typing"):
        await ana.send(type=kind, conversation=conversation)
        assert (await ana.receive())["code"] == "closed"
    assert (await visitor.say("one thing more"))["sender"] == "bot"


async def test_the_visitor_ends_a_conversation_that_an_operator_has(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators()
    visitor, conversation = await talking(visitors)
    await ana.send(type="take", conversation=conversation)
    await visitor.receive_type("status")
    await visitor.send(type="end")
    assert (await visitor.receive_type("status"))["status"] == "closed"
    await ana.receive_type("taken")
    await ana.send(type="message", conversation=conversation, id="x", message="Wait")
    assert (await ana.receive())["code"] == "closed"
    assert (await sync_to_async(Conversation.objects.get)()).holder is None


async def test_typing_reaches_the_visitor_of_the_holder_alone(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana, ben = await operators("ana"), await operators("ben")
    visitor, conversation = await talking(visitors)
    await ana.send(type="typing", conversation=conversation)
    assert (await ana.receive())["code"] == "not_held"
    await ana.send(type="take", conversation=conversation)
    await ana.receive_type("taken")
    await visitor.receive_type("status")

    await ben.send(type="typing", conversation=conversation)
    assert (await ben.receive())["code"] == "taken"
    await ana.send(type="typing", conversation=conversation)
    assert await visitor.receive() == {"type": "typing", "sender": "operator"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x", "bad_json"),
        ("[]", "not_an_object"),
        ("{}", "unknown_type"),
        (json.dumps({"type": "hi"}), "unknown_type"),
        (json.dumps({"type": "open", "conversation": "nobody"}), "gone"),
        (json.dumps({"type": "open", "conversation": "nobody", "after": -1}), "bad_field"),
        (json.dumps({"type": "history", "conversation": "nobody", "before": "x"}), "bad_field"),
        (json.dumps({"type": "take"}), "bad_field"),
        (json.dumps({"type": "take", "conversation": 5}), "bad_field"),
        (json.dumps({"type": "take", "conversation": "x" * 37}), "bad_field"),
        (json.dumps({"type": "take", "conversation": "nobody"}), "gone"),
        (json.dumps({"type": "give_back", "conversation": "nobody"}), "gone"),
        (json.dumps({"type": "message", "conversation": "nobody", "id": "1"}), "bad_message"),
        (json.dumps({"type": "message", "conversation": "nobody", "id": "", "message": "x"}), "bad_id"),
        (json.dumps({"type": "message", "conversation": "nobody", "id": "1", "message": " "}), "empty"),
        (json.dumps({"type": "message", "conversation": "nobody", "id": "1", "message": "x" * 2001}), "too_long"),
        (json.dumps({"type": "message", "conversation": "nobody", "id": "1", "message": "x"}), "gone"),
        ("x" * 70_000, "too_large"),
    ],
)
async def test_bad_frames_get_an_error_and_the_socket_stays(operators: Callable[..., Any], text: str, code: str) -> None:
    ana = await operators()
    await ana.send_text(text)
    refused = await ana.receive()
    assert (refused["type"], refused["code"]) == ("error", code)
    assert await ana.hears_nothing()
    assert await stored() == []


async def test_a_right_that_is_taken_away_counts_at_once(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted()
    ana = await operators("ana")
    _, conversation = await talking(visitors)
    await ana.send(type="take", conversation=conversation)
    await ana.receive_type("taken")
    await sync_to_async(lambda: User.objects.get(username="ana").user_permissions.clear())()

    for frame in ({"type": "message", "id": "1", "message": "x"}, {"type": "give_back"}, {"type": "take"}):
        await ana.send(**{**frame, "conversation": conversation})
        assert (await ana.receive())["code"] == "forbidden"
    assert "x" not in [text for *_, text in await stored()]


async def test_a_reader_may_not_answer(scripted: Script, visitors: Connect, operators: Callable[..., Any]) -> None:
    scripted()
    reader = await operators("reader", "view_conversation")
    _, conversation = await talking(visitors)
    for frame in ({"type": "take"}, {"type": "message", "id": "1", "message": "x"}, {"type": "close"}, {"type": "typing"}):
        await reader.send(**{**frame, "conversation": conversation})
        assert (await reader.receive())["code"] == "forbidden"


async def test_a_socket_is_closed_when_its_operator_loses_the_rights(operators: Callable[..., Any], mocker: Any) -> None:
    mocker.patch.object(desk, "CHECK_EVERY", 0.05)
    ana = await operators("ana")
    await sync_to_async(lambda: User.objects.filter(username="ana").update(is_staff=False))()
    assert await ana.close_code() == 4501


async def test_a_socket_is_closed_when_its_session_is_over(operators: Callable[..., Any], mocker: Any) -> None:
    mocker.patch.object(desk, "CHECK_EVERY", 0.05)
    ana = await operators("ana")
    await sync_to_async(lambda: Session.objects.all().delete())()
    assert await ana.close_code() == 4501


async def test_logging_out_closes_the_socket_at_once(scripted: Script) -> None:
    scripted()
    client = Client()

    def log_in() -> str:
        client.force_login(account("ana", *RIGHTS))
        return f"sessionid={client.cookies['sessionid'].value}"

    operator = Operator(await sync_to_async(log_in)())
    assert await operator.connect()
    await sync_to_async(client.logout)()
    assert await operator.close_code() == 4501


async def test_who_is_not_welcome_is_refused_before_the_connection_stands(scripted: Script) -> None:
    scripted()

    def cookies() -> list[str]:
        nobody, staff = account("nobody"), account("ana", *RIGHTS)
        return [*map(cookie_of, (nobody, staff)), "sessionid=invented", ""]

    without_rights, staff, invented, none = await sync_to_async(cookies)()
    for cookie in (without_rights, invented, none):
        assert not await Operator(cookie).connect()
    for origin in (b"http://evil.example", b"http://localhost:81", b"https://localhost", None):
        assert not await Operator(staff, origin=origin).connect()
    assert await Operator(staff).connect()


async def test_a_flood_is_told_to_wait_and_then_closed(operators: Callable[..., Any]) -> None:
    ana = await operators()
    for _ in range(400):
        await ana.send(type="ping")
    codes = set()
    while (frame := await ana._socket.receive_output(20))["type"] == "websocket.send":
        codes.add(json.loads(frame["text"]).get("code"))
    assert "rate_limited" in codes
    assert frame["code"] == 4008
