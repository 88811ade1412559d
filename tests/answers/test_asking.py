"""How many calls go through while the provider answers, and how they end."""

from __future__ import annotations

import pytest

from chat.answers.asking import Asking
from chat.answers.breaker import FAILURES_TO_OPEN, State
from chat.answers.calls import Calls
from chat.ratelimit import Store
from integrations import ProviderTimeout, RateLimited, Rejected, Unavailable
from tests.support.asked import COUNTED, FAIR, Asked, hello
from tests.support.scripted import Gate, ScriptedAdapter, reply

# --- Caps ------------------------------------------------------------------------------------------------------------


async def test_a_full_cap_answers_at_once_and_opens_nothing() -> None:
    asked = Asked()
    calls = [await asked.begin() for _ in range(asked.breaker.max_calls)]
    assert asked.breaker.condition.calls == 100

    assert await asked.outcomes(FAILURES_TO_OPEN) == ["Unavailable"] * FAILURES_TO_OPEN
    assert asked.breaker.condition.failures == 0

    await calls[0].cancel()
    await calls[1].finish()
    assert await asked.outcomes(1) == ["answered"]
    for call in calls[2:]:
        await call.cancel()
    assert asked.breaker.condition.calls == 0


async def test_calls_over_a_minute_s_limit_are_not_made() -> None:
    asked = Asked(calls=Calls(3, Store(), "p"))

    assert await asked.outcomes(5) == ["answered"] * 3 + ["_NoneLeft"] * 2
    assert len(asked.provider.asked) == 3
    assert asked.state == State.CLOSED
    assert asked.breaker.condition.failures == 0


async def test_without_a_limit_there_is_none() -> None:
    assert await Asked().outcomes(1000) == ["answered"] * 1000


async def test_a_call_that_is_not_made_uses_up_no_quota() -> None:
    calls = Calls(FAILURES_TO_OPEN + 1, Store(), "p")
    asked = Asked(calls=calls)
    await asked.open()
    await asked.outcomes(10)

    assert await calls.left() == 1


# --- How a call ends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [*COUNTED, RateLimited, Rejected, RuntimeError])
async def test_what_the_adapter_raises_is_raised(error: type[Exception]) -> None:
    with pytest.raises(error, match="as it is"):
        await Asked(error("as it is")).ask()


async def test_a_deadline_is_a_timeout_of_the_provider_with_a_breaker_or_without() -> None:
    for breaker in (None, Asked().breaker):
        asking = Asking(ScriptedAdapter(Gate().holding(reply("never"))), breaker=breaker, calls=None, fair_seconds=FAIR)
        with pytest.raises(ProviderTimeout):
            await asking.ask(hello(seconds=0.01), lambda: None)


async def test_without_a_breaker_it_is_asked_however_often_it_has_failed() -> None:
    provider = ScriptedAdapter(*[Unavailable("down")] * 3 * FAILURES_TO_OPEN)
    asking = Asking(provider, breaker=None, calls=None, fair_seconds=FAIR)
    for _ in range(3 * FAILURES_TO_OPEN):
        with pytest.raises(Unavailable):
            await asking.ask(hello(), lambda: None)

    assert await asking.ask(hello(), lambda: None) == reply("hello")
    assert len(provider.asked) == 3 * FAILURES_TO_OPEN + 1
