"""Whatever happens to the first provider, every message has one reply in time, and the first one answers again afterwards.

The adapters, the chain and the service are real, and the providers are local servers. `make torture` runs the same with the
real pauses, more visitors and both kinds of network.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from chat import runtime
from chat.answers import breaker
from chat.models import Message, Outcome
from integrations import create
from tests.fakes.dialogflow import Answer as GoogleAnswer
from tests.fakes.dialogflow import FakeDialogflow
from tests.fakes.dialogflow import echo as as_google
from tests.fakes.dialogflow_cx import FakeDialogflowCX
from tests.fakes.dialogflow_cx import echo as as_cx
from tests.fakes.wit import Answer, FakeWit, as_wit
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

TORTURE = "TORTURE_ROUNDS" in os.environ
VISITORS, MESSAGES, DEADLINE = (30, 20, 8.0) if TORTURE else (6, 3, 3.0)
SLACK = 1.0
"""Seconds beyond the deadline. The machine may be busy."""
GOOD = (Outcome.ANSWERED, Outcome.NO_REPLY)
"""Wit.ai has no words of its own."""

Fake = Any


def every_other(bad: Any, good: Callable[[Any], Any]) -> Callable[[Any], Any]:
    number = itertools.count()
    return lambda request: good(request) if next(number) % 2 else bad


WIT: dict[str, Any] = {
    "hanging": Answer(delay=60),
    "refusing credentials": Answer({"error": "Bad auth, check token/params", "code": "no-auth"}, 400),
    "out of quota": Answer({"error": "Too many requests", "code": "rate-limit"}, 429),
    "talking garbage": Answer(raw=b"\x16\x03\x01 no HTTP\r\n\r\n"),
    "flapping": every_other(Answer("down", 503, "text/html"), as_wit),
}
GOOGLE: dict[str, Any] = {
    "hanging": GoogleAnswer(delay=60),
    "refusing credentials": GoogleAnswer(status=grpc.StatusCode.UNAUTHENTICATED),
    "out of quota": GoogleAnswer(status=grpc.StatusCode.RESOURCE_EXHAUSTED),
    "talking garbage": GoogleAnswer(b"\xff\xff\xff"),
    "flapping": every_other(GoogleAnswer(status=grpc.StatusCode.UNAVAILABLE), as_google),
}


class First:
    """The first provider: its adapter, the server behind it, and what happens to that."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fake: Fake = FakeWit() if name == "wit" else FakeDialogflow()
        self._faults, self._good = (WIT, as_wit) if name == "wit" else (GOOGLE, as_google)
        self.asked = asyncio.Event()
        self.fake.on_request = self.fake.on_call = lambda call: self.asked.set()

    def adapter(self) -> Any:
        if self.name == "wit":
            return create("wit", {"WIT_ACCESS_TOKEN": "LOCALTOKEN", "WIT_URL": self.fake.url})
        environ = {"DIALOGFLOW_PROJECT_ID": "local", "DIALOGFLOW_EMULATOR_HOST": self.fake.host}
        return create("dialogflow", environ)

    async def suffer(self, fault: str) -> None:
        if fault == "killed":
            await self.fake.stop()
        else:
            self.fake.answer = self._faults[fault]

    async def recover(self, fault: str) -> None:
        self.fake.answer = self._good
        if fault == "killed":
            await self.fake.start(self.fake.port)


@pytest_asyncio.fixture(params=["wit", "dialogflow"] if TORTURE else ["wit"])
async def first(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[First]:
    """A chat whose first provider can be made to suffer. A second one stands by for it."""
    environment = {"CHATBOT_RATE_LIMITS": "off", "CHATBOT_DEADLINE": str(DEADLINE)}
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, **environment}
    if not TORTURE:
        monkeypatch.setattr(breaker, "FIRST_PAUSE", 0.2)
        monkeypatch.setattr(breaker, "LONGEST_PAUSE", 0.2)
        monkeypatch.setattr(breaker, "LEFT_TO_OTHERS", 0.0)
    first = First(request.param)
    async with first.fake, FakeDialogflowCX(as_cx) as second:
        environ = {
            "DIALOGFLOW_CX_PROJECT_ID": "local",
            "DIALOGFLOW_CX_AGENT_ID": "local",
            "DIALOGFLOW_EMULATOR_HOST": second.host,
        }
        runtime.use(runtime.build(first.adapter(), create("dialogflow_cx", environ)))
        yield first
        await runtime.aclose()


@sync_to_async
def last_provider() -> str:
    return Message.objects.filter(sender="bot").latest("pk").provider


@sync_to_async
def replies() -> list[list[tuple[str, str, str]]]:
    """Sender, provider and outcome of each message, by conversation."""
    rows = Message.objects.order_by("conversation", "seq").values_list("conversation", "sender", "provider", "outcome")
    return [[row[1:] for row in group] for _, group in itertools.groupby(rows, key=lambda row: row[0])]


async def together(visitors: list[Visitor], talk: Callable[[Visitor], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for visitor in visitors:
            group.create_task(talk(visitor))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fault", ["killed", "hanging", "refusing credentials", "out of quota", "talking garbage", "flapping"]
)
async def test_every_message_has_one_reply_in_time_and_the_first_comes_back(first: First, fault: str) -> None:
    visitors = [Visitor() for _ in range(VISITORS)]
    slowest = 0.0

    async def say(visitor: Visitor, text: str) -> None:
        nonlocal slowest
        began = time.monotonic()
        await visitor.say(text)
        slowest = max(slowest, time.monotonic() - began)

    async def talk(visitor: Visitor) -> None:
        for number in range(MESSAGES):
            await say(visitor, f"{id(visitor)} {number}")

    async def talk_until_it_is_back(visitor: Visitor) -> None:
        while await last_provider() != first.name:
            await say(visitor, "Are you there?")
            await asyncio.sleep(0.02)

    try:
        for visitor in visitors:
            assert await visitor.connect()
        await together(visitors, lambda visitor: say(visitor, "Hello"))
        first.asked.clear()
        talking = asyncio.create_task(together(visitors, talk))
        await first.asked.wait()
        await first.suffer(fault)
        await talking
        await together(visitors, talk)
        await first.recover(fault)
        async with asyncio.timeout(60):
            await together(visitors, talk_until_it_is_back)
        assert all([await visitor.hears_nothing() for visitor in visitors])
    finally:
        await asyncio.gather(*(visitor.leave() for visitor in visitors))

    assert slowest < DEADLINE + SLACK
    conversations = await replies()
    assert len(conversations) == VISITORS
    for conversation in conversations:
        senders = [sender for sender, _, _ in conversation]
        assert senders == ["visitor", "bot"] * (len(senders) // 2)
        assert {outcome for sender, _, outcome in conversation if sender == "bot"} <= set(GOOD)
    named = {provider for conversation in conversations for sender, provider, _ in conversation if sender == "bot"}
    assert named == {first.name, "dialogflow_cx"}
