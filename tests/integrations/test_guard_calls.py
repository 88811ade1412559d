"""What the guard lets through while the provider answers: how many calls, and everything else as it is."""

from __future__ import annotations

from integrations import Adapter, Breaker, Guard
from integrations.guard import FAILURES_TO_OPEN
from tests.integrations.guarded import PATIENCE, Clock, Guarded
from tests.integrations.test_contract import Dialogflow, Echo, ProviderContract, Wit, pytest_generate_tests  # noqa: F401
from tests.scripted import ScriptedAdapter

# --- Caps ------------------------------------------------------------------------------------------------------------


async def test_a_full_cap_answers_at_once_and_opens_nothing() -> None:
    guarded = Guarded()
    calls = [await guarded.begin() for _ in range(guarded.guard.max_calls)]
    assert guarded.guard.condition.calls == 100

    assert await guarded.outcomes(FAILURES_TO_OPEN) == ["Unavailable"] * FAILURES_TO_OPEN
    assert guarded.guard.condition.failures == 0

    await calls[0].cancel()
    await calls[1].finish()
    assert await guarded.outcomes(1) == ["answered"]
    for call in calls[2:]:
        await call.cancel()
    assert guarded.guard.condition.calls == 0


async def test_the_calls_of_any_minute_are_limited() -> None:
    guarded = Guarded(calls_per_minute=3)
    await guarded.outcomes(1)
    guarded.clock.now += 30
    assert await guarded.outcomes(4) == ["answered"] * 2 + ["RateLimited"] * 2
    assert guarded.guard.condition.calls_left == 0

    guarded.clock.now += 30
    assert guarded.guard.condition.calls_left == 1
    assert await guarded.outcomes(2) == ["answered", "RateLimited"]
    assert guarded.breaker == Breaker.CLOSED


async def test_without_a_limit_there_is_none() -> None:
    guarded = Guarded()

    assert await guarded.outcomes(1000) == ["answered"] * 1000
    assert guarded.guard.condition.calls_left is None


async def test_a_call_that_is_not_made_uses_up_no_quota() -> None:
    guarded = Guarded(calls_per_minute=FAILURES_TO_OPEN + 1)
    await guarded.open()
    await guarded.outcomes(10)

    assert guarded.guard.condition.calls_left == 1


# --- An adapter like any other ---------------------------------------------------------------------------------------


async def test_it_stands_for_the_adapter_behind_it() -> None:
    class Behind(ScriptedAdapter):
        max_characters = 12
        max_calls = 2
        closed = 0

        async def list_intents(self) -> list[str]:
            return ["greet"]

        async def aclose(self) -> None:
            self.closed += 1

    behind = Behind()
    guard: Adapter = Guard(behind, patience=PATIENCE)

    assert (guard.name, guard.max_characters, guard.has_events) == ("scripted", 12, True)
    assert (guard.min_confidence, guard.max_calls, guard.options_class) == (0.5, 2, behind.options_class)
    assert await guard.list_intents() == ["greet"]
    await guard.aclose()
    assert behind.closed == 1


async def test_a_check_asks_the_provider_whatever_the_breaker_says() -> None:
    guarded = Guarded()
    await guarded.open()

    await guarded.guard.check()

    assert len(guarded.provider.asked) == 1
    assert guarded.breaker == Breaker.OPEN


class HourlyClock(Clock):
    """It leaps past every pause, as the contract asks again right after trouble."""

    def __call__(self) -> float:
        self.now += 3600
        return self.now


def guarded(adapter: Adapter) -> Adapter:
    return Guard(adapter, patience=PATIENCE, clock=HourlyClock())


class GuardedEcho(Echo):
    def adapter(self) -> Adapter:
        return guarded(super().adapter())


class GuardedDialogflow(Dialogflow):
    def adapter(self) -> Adapter:
        return guarded(super().adapter())


class GuardedWit(Wit):
    def adapter(self) -> Adapter:
        return guarded(super().adapter())


class TestGuardedEcho(ProviderContract):
    provider_class = GuardedEcho


class TestGuardedDialogflow(ProviderContract):
    provider_class = GuardedDialogflow


class TestGuardedWit(ProviderContract):
    provider_class = GuardedWit
