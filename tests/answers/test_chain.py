"""Providers that stand by for another: who is asked, for how long, and who is said to have answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from chat import conf, runtime
from chat.answers.breaker import FAILURES_TO_OPEN
from chat.answers.chain import Chain, links
from chat.models import Message, Outcome
from chat.ratelimit import Store
from integrations import (
    AdapterError,
    AuthenticationFailed,
    ConfigurationError,
    InvalidResponse,
    ProviderTimeout,
    RateLimited,
    Rejected,
    Reply,
    Unavailable,
    Utterance,
)
from tests.support.scripted import Answer, Gate, ScriptedAdapter, reply
from tests.support.visitor import Visitor


def provider(name: str, *answers: Answer, **attributes: Any) -> ScriptedAdapter:
    kind = type(name, (ScriptedAdapter,), {"name": name, "has_events": False, **attributes})
    adapter = kind(*answers)
    assert isinstance(adapter, ScriptedAdapter)
    return adapter


@pytest_asyncio.fixture
async def chain(settings: Any) -> AsyncIterator[Callable[..., Chain]]:
    store = Store("")

    def build(*adapters: ScriptedAdapter, **variables: str) -> Chain:
        settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, **variables}
        return Chain(links(adapters, conf.options(), store), conf.options())

    yield build
    await store.aclose()


def asked(text: str = "hello", **fields: Any) -> Utterance:
    return Utterance(**{"session": "s", "language": "en", "text": text, "seconds": 8.0, **fields})


async def ask(chain: Chain, utterance: Utterance | None = None) -> tuple[str, Outcome]:
    answered = await chain.ask(utterance or asked(), lambda: None, has_call=None)
    return answered.adapter.name, answered.outcome


@pytest.mark.parametrize("error", [ProviderTimeout, Unavailable, RateLimited, AuthenticationFailed, InvalidResponse])
async def test_a_provider_that_can_not_answer_hands_on_to_the_next(
    chain: Callable[..., Chain], error: type[AdapterError]
) -> None:
    assert await ask(chain(provider("first", error("down")), provider("next"))) == ("next", Outcome.ANSWERED)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Reply(is_fallback=True), Outcome.NO_MATCH),
        (reply("Perhaps.", confidence=0.2), Outcome.LOW_CONFIDENCE),
        (Rejected("too long"), Outcome.REJECTED),
        (reply("Yes."), Outcome.ANSWERED),
    ],
)
async def test_what_the_provider_itself_says_hands_on_to_nobody(
    chain: Callable[..., Chain], answer: Answer, outcome: Outcome
) -> None:
    assert await ask(chain(provider("first", answer), provider("next"))) == ("first", outcome)


async def test_a_mistake_in_an_adapter_hands_on_to_nobody(chain: Callable[..., Chain]) -> None:
    with pytest.raises(ZeroDivisionError):
        await ask(chain(provider("first", ZeroDivisionError()), provider("next")))
    assert await ask(chain(provider("first", lambda _: "no reply"), provider("next"))) == ("first", Outcome.INTERNAL)


async def test_if_all_fail_the_last_one_s_outcome_counts(chain: Callable[..., Chain]) -> None:
    errors = (Unavailable, RateLimited, ProviderTimeout)
    failing = [provider(str(place), error("down")) for place, error in enumerate(errors)]

    assert await ask(chain(*failing)) == ("2", Outcome.TIMEOUT)


async def test_each_gets_its_share_of_the_deadline(chain: Callable[..., Chain]) -> None:
    first, second, last = provider("1", Unavailable("")), provider("2", Unavailable("")), provider("3")

    await ask(chain(first, second, last, CHATBOT_STANDBY_SHARE="0.7"), asked(seconds=10.0))

    seconds = [adapter.asked[0].seconds for adapter in (first, second, last)]
    assert seconds == pytest.approx([7, 7, 10], abs=0.5)


async def test_one_that_hangs_leaves_the_rest_of_the_deadline_to_the_next(chain: Callable[..., Chain]) -> None:
    first, last = provider("first", Gate().holding(reply("never"))), provider("last")
    loop = asyncio.get_running_loop()
    began = loop.time()

    assert await ask(chain(first, last), asked(seconds=0.5)) == ("last", Outcome.ANSWERED)
    assert loop.time() - began < 0.5
    assert last.asked[0].seconds < 0.25


async def test_the_visitor_is_told_once_that_it_takes_long(chain: Callable[..., Chain]) -> None:
    told: list[None] = []

    async def slow(utterance: Utterance) -> Reply:
        await asyncio.sleep(0.4)
        raise Unavailable("down")

    await chain(provider("first", slow), provider("last", slow)).ask(asked(), lambda: told.append(None), has_call=None)

    assert len(told) == 1


async def test_an_open_breaker_costs_no_call_and_the_first_comes_back_by_itself(chain: Callable[..., Chain]) -> None:
    first, last = provider("first", *[Unavailable("down")] * FAILURES_TO_OPEN), provider("last")
    built = chain(first, last)
    for number in range(FAILURES_TO_OPEN + 2):
        assert await ask(built, asked(str(number), session=str(number))) == ("last", Outcome.ANSWERED)
    assert len(first.asked) == FAILURES_TO_OPEN
    assert built.answering is last

    breaker = built.first.breaker
    assert breaker
    breaker._clock = lambda: float("inf")  # the pause is over

    assert await ask(built, asked("again", session="new")) == ("first", Outcome.ANSWERED)
    assert built.answering is first


async def test_the_last_one_is_always_asked(chain: Callable[..., Chain]) -> None:
    failures = [Unavailable("down")] * FAILURES_TO_OPEN
    last = provider("last", *failures)
    built = chain(provider("first", *failures), last)
    for number in range(FAILURES_TO_OPEN):
        await ask(built, asked(str(number), session=str(number)))

    assert await ask(built) == ("last", Outcome.ANSWERED)


async def test_thresholds_are_each_provider_s_own(chain: Callable[..., Chain]) -> None:
    unsure = reply("Perhaps.", confidence=0.4)

    built = chain(provider("first", Unavailable("down")), provider("last", unsure, min_confidence=0.3))

    assert await ask(built) == ("last", Outcome.ANSWERED)


async def test_the_strictest_limit_is_the_chain_s(chain: Callable[..., Chain]) -> None:
    assert chain(provider("1", max_characters=280), provider("2"), provider("3", max_characters=256)).max_characters == 256
    assert chain(provider("1"), provider("2")).max_characters is None


async def test_an_event_goes_only_to_those_that_have_events(chain: Callable[..., Chain]) -> None:
    first, last = provider("first"), provider("last", has_events=True)
    built = chain(first, last)

    assert built.has_events
    assert await ask(built, asked("", event="WELCOME")) == ("last", Outcome.ANSWERED)
    assert not first.asked


@pytest.mark.parametrize("answer", [Reply(is_fallback=True), reply("Perhaps.", confidence=0.2), Rejected("too long")])
@pytest.mark.parametrize("is_on", [True, False])
async def test_staff_s_answers_are_tried_for_what_is_not_understood_if_that_is_on(
    chain: Callable[..., Chain], answer: Answer, is_on: bool
) -> None:
    staffs = provider("staffs", takes_answers=True)
    built = chain(provider("first", answer), staffs, CHATBOT_STANDBY_ON_NO_MATCH="on" if is_on else "off")

    name, _ = await ask(built)

    assert name == ("staffs" if is_on else "first")


@pytest.mark.parametrize("staffs", [Reply(is_fallback=True), reply("Hm.", confidence=0.2), Unavailable("down")])
async def test_if_staff_s_answers_do_not_help_the_first_reply_counts(chain: Callable[..., Chain], staffs: Answer) -> None:
    first, last = provider("first", Reply(is_fallback=True)), provider("staffs", staffs, takes_answers=True)
    built = chain(first, last, CHATBOT_STANDBY_ON_NO_MATCH="on")

    assert await ask(built) == ("first", Outcome.NO_MATCH)


async def test_a_reply_that_hands_over_stays(chain: Callable[..., Chain]) -> None:
    first = provider("first", Reply(is_fallback=True, handoff=True))

    built = chain(first, provider("staffs", takes_answers=True), CHATBOT_STANDBY_ON_NO_MATCH="on")

    assert await ask(built) == ("first", Outcome.NO_MATCH)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CHATBOT_STANDBY": "eliza"}, "CHATBOT_STANDBY names no provider. It must be one of echo, faq,"),
        (
            {"CHATBOT_STANDBY": "wit,faq,wit"},
            "CHATBOT_STANDBY names a provider that is asked already (wit). Name each once.",
        ),
        ({"CHATBOT_STANDBY": "echo"}, "CHATBOT_STANDBY names a provider that is asked already (echo)."),
        ({"CHATBOT_STANDBY": "faq,wit"}, "WIT_ACCESS_TOKEN is not set."),
        ({"CHATBOT_STANDBY_SHARE": "1"}, "CHATBOT_STANDBY_SHARE must be a number from 0.1 to 0.9."),
    ],
)
def test_a_mistake_in_the_variables_is_named(variables: dict[str, str], said: str, settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = variables

    with pytest.raises(ConfigurationError) as caught:
        conf.create_adapters()

    assert said in str(caught.value)


@pytest.mark.django_db(transaction=True)
async def test_the_message_says_who_answered() -> None:
    runtime.use(runtime.build(provider("first", Unavailable("down")), provider("next", reply("Here I am."))))
    visitor = Visitor()
    assert await visitor.connect()
    try:
        assert (await visitor.say("hello"))["message"] == "Here I am."
    finally:
        await visitor.leave()
        await runtime.aclose()

    stored = await Message.objects.aget(sender="bot")
    assert (stored.provider, stored.text, stored.outcome) == ("next", "Here I am.", "answered")
