"""What every adapter must do.

A provider's tests subclass AdapterContract and give it a Provider, which makes the network answer as told.
"""

from __future__ import annotations

import abc
import asyncio
import json
import logging
from typing import Any, ClassVar

import pytest

from integrations import (
    Adapter,
    AdapterError,
    AuthenticationFailed,
    Button,
    Card,
    ConfigurationError,
    InvalidResponse,
    Payload,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Reply,
    Text,
    Unavailable,
    Utterance,
    broken_rule,
    create,
    find,
)

VISITOR = "the visitor's secret"
OUTCOMES = {
    error.outcome for error in (ProviderTimeout, Unavailable, RateLimited, AuthenticationFailed, Rejected, InvalidResponse)
}
_odd: Any = object()
BROKEN_REPLIES: dict[str, Any] = {
    "detect_intent must return a Reply": None,
    "Reply.parts must be a tuple": Reply(parts=_odd),
    "Reply.parts must hold a Part": Reply(parts=(Text("Hello"), _odd)),
    "Text.text must be a text": Reply(parts=(Text(_odd),)),
    "Card.buttons must hold a Button": Reply(parts=(Card(title="Rooms", buttons=(_odd,)),)),
    "Button.label must be a text": Reply(parts=(Card(title="Rooms", buttons=(Button(_odd),)),)),
    "Payload.data must be JSON": Reply(parts=(Text("Hello"), Payload({"kind": [_odd]}))),
    "Reply.intent must be a text": Reply(intent=_odd),
    "Reply.confidence must be a number": Reply(intent="hours", confidence=_odd),
    "Reply.entities must be a dict": Reply(entities=_odd),
    "Every key in Reply.entities must be a text": Reply(entities={"cities": [{_odd: "Rome"}]}),
    "Reply.traits must be JSON": Reply(traits={"mood": _odd}),
}
"""What a careless adapter may return, by the rule that it breaks."""


class Provider(abc.ABC):
    """A provider whose network is a mock. Each method prepares the next calls and returns the text to say."""

    name: ClassVar[str]
    environ: ClassVar[dict[str, str]]
    required: ClassVar[tuple[str, ...]] = ()
    errors: ClassVar[tuple[type[AdapterError], ...]]

    def adapter(self) -> Adapter:
        return create(self.name, self.environ)

    @abc.abstractmethod
    def answers(self) -> str: ...

    @abc.abstractmethod
    def is_silent(self) -> str:
        """An intent without a word."""

    @abc.abstractmethod
    def fails(self, error: type[AdapterError]) -> str: ...

    @abc.abstractmethod
    def hangs(self) -> str: ...


def utterance(text: str) -> Utterance:
    return Utterance(session="5d1f2a30-8f0e-4c8e-9b1e-0c6a4f1b2d3e", language="en", text=text)


async def ask(provider: Provider, text: str) -> Reply:
    adapter = provider.adapter()
    try:
        reply = await adapter.detect_intent(utterance(text))
        assert not (rule := broken_rule(reply)), rule
        return reply
    finally:
        await adapter.aclose()


class AdapterContract:
    async def test_it_answers_with_a_reply_that_json_can_hold(self, provider: Provider) -> None:
        reply = await ask(provider, provider.answers())

        assert reply.intent
        assert reply.confidence is not None
        assert 0 <= reply.confidence <= 1
        assert json.dumps([part.as_json() for part in reply.parts])
        assert json.dumps([reply.entities, reply.traits], allow_nan=False)

    async def test_an_intent_without_words_is_a_reply_without_parts(self, provider: Provider) -> None:
        reply = await ask(provider, provider.is_silent())

        assert reply.intent
        assert reply.parts == ()

    async def test_trouble_is_the_matching_adapter_error(self, provider: Provider, error: type[AdapterError]) -> None:
        text = provider.fails(error)

        with pytest.raises(AdapterError) as caught:
            await ask(provider, text)

        assert type(caught.value) is error
        assert caught.value.outcome in OUTCOMES, f"{error.__name__}.outcome must be one of {', '.join(sorted(OUTCOMES))}."
        assert str(caught.value)
        assert VISITOR not in str(caught.value)

    async def test_it_answers_again_after_trouble(self, provider: Provider, error: type[AdapterError]) -> None:
        adapter = provider.adapter()
        with pytest.raises(error):
            await adapter.detect_intent(utterance(provider.fails(error)))

        reply = await adapter.detect_intent(utterance(provider.answers()))

        assert reply.intent
        await adapter.aclose()

    async def test_a_deadline_from_outside_ends_a_hanging_call(self, provider: Provider) -> None:
        text = provider.hangs()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await ask(provider, text)

    async def test_it_may_be_cancelled_at_every_await(self, provider: Provider) -> None:
        adapter = provider.adapter()
        text = provider.answers()
        for steps in range(100):
            asking = asyncio.create_task(adapter.detect_intent(utterance(text)))
            for _ in range(steps):
                await asyncio.sleep(0)
            if asking.done():
                break
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert asking.cancelled()

        assert (await asking).intent
        assert (await adapter.detect_intent(utterance(text))).intent
        await adapter.aclose()

    async def test_many_may_ask_at_once(self, provider: Provider) -> None:
        adapter = provider.adapter()
        text = provider.answers()

        replies = await asyncio.gather(*(adapter.detect_intent(utterance(text)) for _ in range(20)))

        assert {reply.intent for reply in replies} == {replies[0].intent}
        await adapter.aclose()

    async def test_it_logs_nothing_of_the_visitor(self, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "integrations")
        provider.answers()

        await ask(provider, VISITOR)

        own = [record.getMessage() for record in caplog.records if record.name.startswith(("integrations", "wit"))]
        assert not any(VISITOR in message for message in own)

    async def test_the_check_asks_once_and_is_content(self, provider: Provider) -> None:
        provider.answers()
        adapter = provider.adapter()

        await adapter.check()

        await adapter.aclose()

    async def test_closing_twice_or_unused_is_harmless(self, provider: Provider) -> None:
        adapter = provider.adapter()
        await adapter.aclose()
        await adapter.detect_intent(utterance(provider.answers()))
        await adapter.aclose()
        await adapter.aclose()

    @pytest.mark.parametrize("closing", [True, False])
    def test_it_serves_two_loops_one_after_the_other(self, provider: Provider, closing: bool) -> None:
        adapter = provider.adapter()
        text = provider.answers()

        async def turn() -> Reply:
            reply = await adapter.detect_intent(utterance(text))
            if closing:
                await adapter.aclose()
            return reply

        assert asyncio.run(turn()) == asyncio.run(turn())
        asyncio.run(adapter.aclose())

    def test_missing_variables_are_named_all_at_once(self, provider: Provider) -> None:
        try:
            create(provider.name, {})
            named = []
        except ConfigurationError as error:
            named = [problem.variable for problem in error.problems]

        assert named == list(provider.required)

    def test_every_variable_carries_the_provider_s_name(self, provider: Provider) -> None:
        for variable in find(provider.name).options_class.variables():
            assert variable.startswith(f"{provider.name.split('_')[0].upper()}_")
