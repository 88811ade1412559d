"""A visitor talks with the bot over a WebSocket: consumer, service and storage together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chat import runtime
from chat.answers import timeouts
from chat.models import Conversation, FallbackReply, IntentReply, Message
from integrations import (
    AuthenticationFailed,
    InvalidResponse,
    Payload,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Reply,
    Unavailable,
)
from tests.support.scripted import Gate, ScriptedAdapter, reply
from tests.support.stored import staff_writes, stored
from tests.support.visitor import Connect, Script, Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def last_reply() -> Message:
    message = Message.objects.filter(sender="bot").order_by("seq").last()
    assert message is not None
    return message


def configure(settings: Any, **variables: str) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, **variables}


# The usual way


async def test_the_simplest_client_is_answered(scripted: Script, visitors: Connect) -> None:
    scripted(reply("Hello!", intent="greeting", confidence=0.9))
    visitor = await visitors()

    await visitor.send(message="hi")
    ready, ack, message = [await visitor.receive() for _ in range(3)]

    assert (ready["type"], ready["resumed"], ready["seq"], ready["messages"]) == ("ready", False, 0, [])
    assert (ack["type"], ack["seq"]) == ("ack", 1)
    assert (message["type"], message["seq"], message["sender"], message["message"]) == ("message", 2, "bot", "Hello!")
    assert message["parts"] == [{"type": "text", "text": "Hello!"}]
    assert message["in_reply_to"] == ack["id"]
    assert await stored() == [(1, "visitor", "hi"), (2, "bot", "Hello!")]


async def test_the_reply_is_stored_with_how_it_came_about(scripted: Script, visitors: Connect) -> None:
    scripted(reply("Nine.", intent="hours", confidence=0.9, entities={"day": "monday"}))
    visitor = await visitors()
    await visitor.say("when?", id="abc")

    message = await last_reply()

    assert (message.outcome, message.intent, message.confidence, message.provider) == ("answered", "hours", 0.9, "scripted")
    assert message.entities == {"day": "monday"}
    assert message.latency_ms is not None
    assert (await Message.objects.aget(client_id="abc")).pk == message.in_reply_to_id


async def test_what_the_provider_is_asked(scripted: Script, visitors: Connect, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    adapter = scripted()
    visitor = await visitors((b"accept-language", b"xx, de-AT;q=0.9, en;q=0.8"))
    ready = await visitor.hello()
    await visitor.say("Wo?")

    [utterance] = adapter.asked
    assert (utterance.text, utterance.event, utterance.session) == ("Wo?", "", ready["conversation"])
    assert (utterance.language, utterance.time_zone) == ("de", "Europe/Berlin")


async def test_each_visitor_has_a_session_of_their_own(scripted: Script, visitors: Connect) -> None:
    adapter = scripted()
    for _ in range(2):
        await (await visitors()).say("hi")

    assert len({utterance.session for utterance in adapter.asked}) == 2


@pytest.mark.parametrize(
    ("hello", "header", "language"),
    [
        ({"language": "fr"}, b"de", "fr"),
        ({"language": "fr-CA"}, b"de", "fr"),
        ({"language": "xx"}, b"de", "de"),
        ({}, b"xx", "en"),
        ({}, b"", "en"),
    ],
)
async def test_the_language_is_the_hello_s_then_the_browser_s_then_the_default(
    scripted: Script, visitors: Connect, hello: dict[str, str], header: bytes, language: str
) -> None:
    adapter = scripted()
    visitor = await visitors((b"accept-language", header))
    ready = await visitor.hello(**hello)
    await visitor.say("hi")

    assert adapter.asked[0].language == language
    assert (await Conversation.objects.aget()).language == language
    assert ready["language"] == language
    again = await (await visitors()).hello(token=ready["token"])
    assert again["language"] == language  # that of the conversation, even if this browser prefers another


async def test_another_language_is_answered_in_from_the_next_connection_on(scripted: Script, visitors: Connect) -> None:
    adapter = scripted()
    visitor = await visitors()
    ready = await visitor.hello(language="fr")
    await visitor.say("hi")
    assert (await visitor.hello(language="de"))["language"] == "fr"

    visitor = await visitors()
    assert (await visitor.hello(language="de", token=ready["token"]))["language"] == "de"
    await visitor.say("hi again")
    assert [utterance.language for utterance in adapter.asked] == ["fr", "de"]


async def test_typing_is_shown_only_when_the_reply_takes_a_while(
    scripted: Script, visitors: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeouts, "TYPING_AFTER", 0)
    gate = Gate()
    scripted(gate.holding(reply("done")), reply("at once"))
    visitor, back = await visitors(), await visitors()
    token = (await visitor.hello())["token"]
    await visitor.send(message="slow")
    assert (await visitor.receive_type("typing")) == {"type": "typing", "sender": "bot"}
    await back.hello(token=token)
    assert (await back.receive()) == {"type": "typing", "sender": "bot"}
    gate.opened.set()
    await visitor.receive_reply()
    await back.receive_reply()
    await back.send(type="hello")
    await back.receive_type("ready")
    assert await back.hears_nothing()

    monkeypatch.setattr(timeouts, "TYPING_AFTER", 60)
    await visitor.send(message="quick")
    assert [(await visitor.receive())["type"] for _ in range(2)] == ["ack", "message"]


async def test_two_bubbles_are_one_message_with_two_parts(scripted: Script, visitors: Connect) -> None:
    scripted(reply("One.", "Two."))

    message = await (await visitors()).say("hi")

    assert message["message"] == "One.\nTwo."
    assert [part["text"] for part in message["parts"]] == ["One.", "Two."]


async def test_a_hand_off_is_noted_and_told(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted(reply("One moment.", handoff=True))
    visitor = await visitors()
    await visitor.say("a human, please")

    assert await visitor.receive() == {"type": "status", "status": "waiting"}
    assert (await Conversation.objects.aget()).status == "waiting"


# Nothing is written before it is needed


async def test_opening_the_chat_writes_nothing(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello()
    await visitor.send(type="ping")
    assert await visitor.receive() == {"type": "pong"}

    assert await Conversation.objects.acount() == 0


# Words for every outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply("What?", is_fallback=True), "no_match"),
        (reply("Perhaps.", confidence=0.1), "low_confidence"),
        (reply(), "no_reply"),
        (Reply(), "no_match"),
        (Reply(parts=(Payload({"a": 1}),)), "no_match"),
        (ProviderTimeout(), "timeout"),
        (Unavailable(), "unavailable"),
        (RateLimited(), "rate_limited"),
        (AuthenticationFailed(), "authentication"),
        (Rejected(), "rejected"),
        (InvalidResponse(), "invalid_response"),
        (RuntimeError("secret text"), "internal"),
        (asyncio.CancelledError(), "internal"),
        (lambda utterance: None, "internal"),
    ],
)
async def test_every_outcome_ends_in_a_reply(
    scripted: Script, visitors: Connect, caplog: pytest.LogCaptureFixture, answer: Any, outcome: str
) -> None:
    await staff_writes(FallbackReply(outcome=outcome, text="Words of the staff", overrides=True))
    scripted(answer)

    message = await (await visitors()).say("private words")

    assert message["message"] == "Words of the staff"
    assert (await last_reply()).outcome == outcome
    assert "private words" not in caplog.text
    assert "secret text" not in caplog.text


@pytest.mark.parametrize("kind", ["fallback", "intent"])
async def test_what_staff_put_below_their_words_comes_with_them(scripted: Script, visitors: Connect, kind: str) -> None:
    parts = [
        {"type": "quick_replies", "replies": [{"label": "Prices", "message": "Prices"}]},
        {"type": "link", "label": "Rooms", "url": "https://www.example.com/rooms"},
    ]
    words = {"text": "Words of the staff", "parts": parts}
    if kind == "intent":
        await staff_writes(IntentReply(intent="rooms", **words))
    else:
        await staff_writes(FallbackReply(outcome="no_match", **words))
    scripted(reply(intent="rooms") if kind == "intent" else reply(is_fallback=True))

    message = await (await visitors()).say("hi")

    assert message["parts"] == [{"type": "text", "text": "Words of the staff"}, *parts]
    assert message["message"] == "Words of the staff\nPrices\nRooms"


async def test_a_provider_that_hangs_ends_in_a_reply_within_the_deadline(
    scripted: Script, visitors: Connect, deadline: Callable[[float], None]
) -> None:
    deadline(0.1)
    await staff_writes(FallbackReply(outcome="timeout", text="Too slow"))
    scripted(Gate().holding(reply("never")))

    assert (await (await visitors()).say("hi"))["message"] == "Too slow"
    assert (await last_reply()).outcome == "timeout"


async def test_an_empty_table_ends_in_the_sentence_in_code(scripted: Script, visitors: Connect) -> None:
    await staff_writes()
    scripted(Unavailable())

    assert (await (await visitors()).say("hi"))["message"] == "Sorry, I have no answer to that right now. " + (
        "Please put it differently, or try again later."
    )


async def test_an_edited_reply_is_used_at_the_next_message(scripted: Script, visitors: Connect) -> None:
    await staff_writes(FallbackReply(text="Before"))
    scripted(Unavailable(), Unavailable())
    visitor = await visitors()
    assert (await visitor.say("hi"))["message"] == "Before"

    await staff_writes(FallbackReply(text="After"))
    runtime.read_anew()

    assert (await visitor.say("hi"))["message"] == "After"


async def test_the_last_fallback_is_not_repeated_when_there_is_another(scripted: Script, visitors: Connect) -> None:
    await staff_writes(FallbackReply(text="One", weight=100), FallbackReply(text="Two", weight=100))
    scripted(*[Unavailable()] * 6)
    visitor = await visitors()

    heard = [(await visitor.say("hi"))["message"] for _ in range(6)]

    assert all(before != after for before, after in pairwise(heard))


async def test_an_intent_reply_speaks_for_a_provider_that_only_classifies(scripted: Script, visitors: Connect) -> None:
    await staff_writes(
        IntentReply(intent="hours", language="de", text="Ab neun."), IntentReply(intent="hours", text="At nine.")
    )
    scripted(reply(intent="hours"))
    visitor = await visitors()
    await visitor.hello(language="de")

    assert (await visitor.say("wann?"))["message"] == "Ab neun."


# The welcome


async def test_the_first_hello_is_greeted_once(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_WELCOME_EVENT="WELCOME")
    adapter = scripted(reply("Welcome!"))
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    greeting = await visitor.receive_reply()
    assert (greeting["seq"], greeting["message"], greeting["in_reply_to"]) == (1, "Welcome!", None)

    again = await visitors()
    ready = await again.hello(token=token)

    assert [message["message"] for message in ready["messages"]] == ["Welcome!"]
    assert await again.hears_nothing()
    assert [(utterance.event, utterance.text) for utterance in adapter.asked] == [("WELCOME", "")]
    assert (await Conversation.objects.aget()).welcomed


@pytest.mark.parametrize("answer", [Unavailable(), RuntimeError(), reply(), reply("?", is_fallback=True)])
async def test_a_welcome_that_fails_is_silent(scripted: Script, visitors: Connect, settings: Any, answer: Any) -> None:
    configure(settings, CHATBOT_WELCOME_EVENT="WELCOME")
    scripted(answer)
    visitor = await visitors()
    await visitor.hello()

    assert (await visitor.say("hi"))["message"] == "hi"
    assert await stored() == [(1, "visitor", "hi"), (2, "bot", "hi")]


async def test_a_message_without_hello_is_not_greeted(scripted: Script, visitors: Connect, settings: Any) -> None:
    configure(settings, CHATBOT_WELCOME_EVENT="WELCOME")
    adapter = scripted()
    await (await visitors()).say("hi")

    assert [utterance.event for utterance in adapter.asked] == [""]


# Refusals


async def test_a_bad_first_frame_is_answered_by_ready_and_an_error(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()

    await visitor.send_text("nonsense")

    assert [(await visitor.receive())["type"] for _ in range(2)] == ["ready", "error"]
    assert (await visitor.say("hi"))["message"] == "hi"


async def test_binary_is_refused(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.send_bytes(b"\x00")

    assert (await visitor.receive_type("error"))["code"] == "binary"


async def test_a_message_over_the_provider_s_limit_is_refused_before_any_call(
    scripted: Script, visitors: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptedAdapter, "max_characters", 5)
    adapter = scripted()
    visitor = await visitors()
    assert (await visitor.hello())["limits"]["message_characters"] == 5

    await visitor.send(message="😀" * 6, id="abc")
    error = await visitor.receive()

    assert (error["code"], error["limit"], error["id"], error["temporary"]) == ("too_long", 5, "abc", False)
    assert "6 characters; at most 5" in error["message"]
    assert (await visitor.say("😀" * 5))["message"] == "😀" * 5
    assert len(adapter.asked) == 1


async def test_an_unexpected_error_of_ours_is_told_in_words(scripted: Script, visitors: Connect, mocker: Any) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello()
    mocker.patch.object(runtime.current().writer, "write", side_effect=RuntimeError("private"))

    await visitor.send(message="hi", id="abc")
    error = await visitor.receive()

    assert (error["code"], error["temporary"]) == ("internal", True)
    assert "private" not in error["message"]


async def test_a_message_that_can_t_be_stored_is_not_acknowledged(
    scripted: Script, visitors: Connect, mocker: Any, deadline: Callable[[float], None]
) -> None:
    deadline(1.0)
    scripted()
    visitor = await visitors()
    await visitor.hello()
    broken = mocker.patch("chat.storage.batch._commit_together", side_effect=OSError)

    await visitor.send(message="hi", id="abc")
    error = await visitor.receive()
    assert (error["code"], error["temporary"], error["id"]) == ("try_again", True, "abc")

    mocker.stop(broken)
    assert (await visitor.say("hi", id="abc"))["in_reply_to"] == "abc"


async def test_a_visitor_who_can_t_be_met_is_told_to_come_back(scripted: Script, visitors: Connect, mocker: Any) -> None:
    scripted()
    first = await visitors()
    token = (await first.hello())["token"]
    await first.say("hi")
    broken = mocker.patch("chat.storage.reader._snapshot", side_effect=OperationalError)
    visitor = await visitors()

    await visitor.send(type="hello", token=token)

    error = await visitor.receive()
    assert (error["code"], error["temporary"]) == ("try_again", True)
    assert await visitor.close_code() == 4012
    mocker.stop(broken)
    assert (await (await visitors()).hello(token=token))["resumed"]


# Who may connect


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (b"http://localhost", True),
        (b"https://shop.example.com", True),
        (b"http://shop.example.com", False),
        (b"https://shop.example.com:444", False),
        (b"https://shop.example.com/", False),
        (b"https://evil@shop.example.com", False),
        (b"https://localhost", False),
        (b"http://localhost:8000", False),
        (b"null", False),
        (b"", False),
        (None, False),
    ],
)
async def test_only_pages_of_known_origins_may_connect(
    settings: Any, scripted: Script, origin: bytes | None, welcome: bool
) -> None:
    configure(settings, CHATBOT_ALLOWED_ORIGINS="https://shop.example.com")
    scripted()
    visitor = Visitor(origin=origin)

    assert await visitor.connect() is welcome
    await visitor.leave()


async def test_a_repeated_origin_is_refused(scripted: Script) -> None:
    scripted()
    assert not await Visitor((b"origin", b"http://localhost")).connect()


async def test_clients_without_origin_come_in_by_a_setting(scripted: Script, settings: Any) -> None:
    configure(settings, CHATBOT_ALLOW_MISSING_ORIGIN="on")
    scripted()
    visitor = Visitor(origin=None)

    assert await visitor.connect()
    await visitor.leave()


async def test_another_address_is_refused(scripted: Script) -> None:
    scripted()
    assert not await Visitor(path="/ws/other/").connect()


async def test_turns_run_side_by_side_for_many_visitors(scripted: Script, visitors: Connect) -> None:
    scripted()
    everyone = [await visitors() for _ in range(20)]

    heard = await asyncio.gather(*(visitor.say(str(number)) for number, visitor in enumerate(everyone)))

    assert [message["message"] for message in heard] == [str(number) for number in range(20)]
