"""Feedback on a reply is stored, shown in every tab, and can be taken back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chat.models import Conversation, Message
from chat.storage import reader
from tests.support.visitor import Connect, Script, Visitor, two_tabs

pytestmark = pytest.mark.django_db(transaction=True)

MISSING = "The conversation has no reply with this sequence number."


@sync_to_async
def kept() -> list[str | None]:
    """The feedback on each message, in order."""
    return list(Message.objects.order_by("conversation", "seq").values_list("feedback", flat=True))


async def feedback(visitor: Visitor, seq: int, value: str | None) -> dict[str, Any]:
    """Give feedback and return the server's answer."""
    await visitor.send(type="feedback", seq=seq, value=value)
    return await visitor.receive()


async def test_feedback_is_kept_and_every_tab_sees_it(scripted: Script, visitors: Connect) -> None:
    scripted()
    tabs = await two_tabs(visitors)
    await tabs[0].send(message="hi")
    for tab in tabs:
        assert (await tab.receive_reply())["feedback"] is None

    await tabs[0].send(type="feedback", seq=2, value="down")

    for tab in tabs:
        assert await tab.receive() == {"type": "feedback", "seq": 2, "value": "down"}
        assert await tab.hears_nothing()
    assert await kept() == [None, "down"]


async def test_feedback_stands_on_the_message_on_return(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    token = (await visitor.hello())["token"]
    await visitor.say("hi")
    await feedback(visitor, 2, "up")

    again = await visitors()
    ready = await again.hello(token=token)
    await again.send(type="history", before=3)
    page = await again.receive_type("history")

    assert [message["feedback"] for message in ready["messages"]] == [None, "up"]
    assert [message["feedback"] for message in page["messages"]] == [None, "up"]


async def test_feedback_can_be_given_again_changed_and_taken_back(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")

    for value in ("up", "up", "down", None, None):
        assert await feedback(visitor, 2, value) == {"type": "feedback", "seq": 2, "value": value}
        assert await kept() == [None, value]


async def test_feedback_changes_nothing_else_that_staff_see(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    before = await Conversation.objects.values().aget()

    await feedback(visitor, 2, "down")

    assert await Conversation.objects.values().aget() == before


async def test_an_operator_s_reply_takes_feedback(scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    await Message.objects.filter(seq=2).aupdate(sender="operator")

    assert (await feedback(visitor, 2, "up"))["type"] == "feedback"
    assert await kept() == [None, "up"]


@pytest.mark.parametrize("seq", [0, 1, 3, 4, 2**31 - 1], ids=["zero", "own", "notice", "next", "last"])
async def test_only_replies_take_feedback(scripted: Script, visitors: Connect, seq: int) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    await visitor.send(type="end")
    await visitor.receive_type("status")

    error = await feedback(visitor, seq, "up")

    assert (error["code"], error["message"], error["temporary"]) == ("bad_field", MISSING, False)
    assert await kept() == [None, None, None]


async def test_nobody_gives_feedback_in_a_conversation_of_others(scripted: Script, visitors: Connect) -> None:
    scripted()
    await (await visitors()).say("hi")
    stranger = await visitors()
    await stranger.hello()

    assert (await feedback(stranger, 2, "down"))["code"] == "bad_field"
    assert await kept() == [None, None]


async def test_feedback_counts_like_any_frame(scripted: Script, visitors: Connect, settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_RATE_LIMITS": "on"}
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    for _ in range(200):
        await visitor.send(type="feedback", seq=2, value="up")

    assert (await visitor.receive_type("error"))["code"] == "rate_limited"


async def test_a_database_that_is_away_is_tried_again_later(scripted: Script, visitors: Connect, mocker: Any) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    mocker.patch.object(reader, "_note_feedback", side_effect=OperationalError)

    error = await feedback(visitor, 2, "up")

    assert (error["code"], error["temporary"]) == ("try_again", True)
    assert await visitor.hears_nothing()


async def test_feedback_that_waits_for_the_database_holds_nobody_else_up(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    scripted()
    visitor = await visitors()
    await visitor.say("hi")
    gate = threading.Event()
    note = reader._note_feedback
    mocker.patch.object(reader, "_note_feedback", lambda *args: gate.wait(10) and note(*args))
    await visitor.send(type="feedback", seq=2, value="up")

    assert (await (await visitors()).say("quick"))["message"] == "quick"
    gate.set()

    assert (await visitor.receive())["type"] == "feedback"
