"""Whatever an adapter returns or raises, its visitor reads words of the staff's."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError

from chat.models import FallbackReply, Message
from chat.storage import batch
from chat.storage.entries import Entry
from integrations import AdapterError, Card, Reply, Text, Unavailable
from integrations.testing import BROKEN_REPLIES
from tests.support.scripted import reply
from tests.support.stored import staff_writes
from tests.support.visitor import Connect, Script

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def last_outcome() -> str:
    return Message.objects.filter(sender="bot").latest("seq").outcome


class OfItsOwn(Unavailable):
    outcome = "tired"


class Unreadable(Card):
    def as_json(self) -> dict[str, Any]:
        raise RuntimeError("secret text")


@pytest.mark.parametrize(
    "answer",
    [
        *(pytest.param(lambda utterance, answer=answer: answer, id=rule) for rule, answer in BROKEN_REPLIES.items()),
        pytest.param(OfItsOwn("no such outcome"), id="an outcome that nobody knows"),
        pytest.param(AdapterError("no outcome"), id="no outcome"),
        pytest.param(Reply(parts=(Text("Hello"), Unreadable())), id="a part that fails when it is stored"),
    ],
)
async def test_whatever_an_adapter_returns_ends_in_the_staff_s_words(
    scripted: Script, visitors: Connect, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    await staff_writes(FallbackReply(outcome="internal", text="Words of the staff", overrides=True))
    scripted(answer)
    visitor = await visitors()

    assert (await visitor.say("private words"))["message"] == "Words of the staff"
    assert await last_outcome() == "internal"
    assert (await visitor.say("hi"))["message"] == "hi"
    assert "private words" not in caplog.text
    assert "secret text" not in caplog.text


async def test_the_log_names_the_rule_that_a_reply_breaks(
    scripted: Script, visitors: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    scripted(reply("private words", intent=None))  # type: ignore[arg-type]

    await (await visitors()).say("hi")

    assert "The provider scripted returned a reply that can't be used: Reply.intent must be a text" in caplog.text
    assert "private words" not in caplog.text


async def test_a_reply_that_the_database_refuses_ends_in_the_staff_s_words(
    scripted: Script, visitors: Connect, mocker: Any
) -> None:
    await staff_writes(FallbackReply(outcome="internal", text="Words of the staff"))
    commit = batch._commit_together

    def refuse(entries: list[Entry], known: batch.Known) -> Any:
        if any(entry.intent == "odd" for entry in entries):
            raise DataError
        return commit(entries, known)

    mocker.patch.object(batch, "_commit_together", refuse)
    scripted(reply("Hello", intent="odd"))

    answer = await (await visitors()).say("hi", id="abc")

    assert (answer["message"], answer["in_reply_to"]) == ("Words of the staff", "abc")
