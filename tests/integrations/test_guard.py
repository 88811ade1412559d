"""When the guard's breaker opens, and how it closes again."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest

from integrations import AdapterError, AuthenticationFailed, Breaker, Guard, RateLimited, Rejected, Unavailable
from integrations.guard import FAILURES_TO_OPEN, FIRST_PAUSE, LONGEST_PAUSE
from tests.integrations.guarded import COUNTED, HELLO, PATIENCE, Guarded
from tests.scripted import Answer, reply

# --- The breaker opens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", COUNTED)
async def test_failures_in_a_row_open_it_and_the_provider_is_left_alone(error: type[AdapterError]) -> None:
    guarded = Guarded(*[error("no")] * FAILURES_TO_OPEN)

    assert await guarded.outcomes(FAILURES_TO_OPEN + 3) == [error.__name__] * FAILURES_TO_OPEN + ["Unavailable"] * 3
    assert len(guarded.provider.asked) == FAILURES_TO_OPEN


async def test_a_timeout_of_the_adapter_s_own_counts() -> None:
    guarded = Guarded(*[TimeoutError()] * FAILURES_TO_OPEN)

    await guarded.outcomes(FAILURES_TO_OPEN)

    assert (guarded.breaker, guarded.guard.condition.cause) == (Breaker.OPEN, "timeout")


async def test_an_answer_between_failures_keeps_it_closed() -> None:
    row: list[Answer] = [Unavailable("down")] * (FAILURES_TO_OPEN - 1)
    guarded = Guarded(*row, reply("hello"), *row)

    await guarded.outcomes(2 * len(row) + 1)

    assert guarded.breaker == Breaker.CLOSED
    assert guarded.guard.condition.failures == len(row)


@pytest.mark.parametrize("error", [Rejected("this text"), RuntimeError("a mistake")])
async def test_what_is_not_the_provider_s_trouble_counts_as_nothing(error: Exception) -> None:
    guarded = Guarded(*[error] * 3 * FAILURES_TO_OPEN)

    assert await guarded.outcomes(3 * FAILURES_TO_OPEN) == [type(error).__name__] * 3 * FAILURES_TO_OPEN
    assert guarded.guard.condition.failures == 0


async def test_a_quota_that_is_used_up_opens_it_at_once() -> None:
    guarded = Guarded(RateLimited("no more"))

    assert await guarded.outcomes(3) == ["RateLimited"] * 3
    assert len(guarded.provider.asked) == 1


async def test_a_quota_that_is_used_up_opens_it_even_while_others_are_still_answered() -> None:
    guarded = Guarded()
    limited = await guarded.begin(RateLimited("no more"))
    await guarded.outcomes(1)

    await limited.finish()

    assert guarded.breaker == Breaker.OPEN


async def test_any_failure_of_a_probe_keeps_it_open() -> None:
    guarded = Guarded(RateLimited("no more"))
    await guarded.outcomes(1)

    assert await guarded.probe(Unavailable("down")) == "Unavailable"

    assert guarded.breaker == Breaker.OPEN
    assert guarded.guard.condition.cause == "unavailable"


async def test_calls_that_a_deadline_cut_off_count_as_timeouts() -> None:
    guarded = Guarded()
    calls = [await guarded.begin() for _ in range(FAILURES_TO_OPEN)]
    guarded.clock.now += PATIENCE

    for call in calls:
        await call.cancel()

    assert (guarded.breaker, guarded.guard.condition.cause) == (Breaker.OPEN, "timeout")


async def test_calls_that_were_given_up_early_count_as_nothing() -> None:
    guarded = Guarded()
    calls = [await guarded.begin() for _ in range(2 * FAILURES_TO_OPEN)]
    guarded.clock.now += PATIENCE - 0.1

    for call in calls:
        await call.cancel()

    assert guarded.guard.condition.failures == 0


async def test_hung_calls_count_as_nothing_where_others_were_answered_meanwhile() -> None:
    guarded = Guarded()
    hung = [await guarded.begin() for _ in range(30)]
    await guarded.outcomes(1)
    guarded.clock.now += 8

    for call in hung:
        await call.cancel()

    assert await guarded.outcomes(1) == ["answered"]


# --- The way back ----------------------------------------------------------------------------------------------------


async def test_an_open_one_says_when_it_tries_again_and_why_it_is_open() -> None:
    guarded = Guarded()
    await guarded.open(AuthenticationFailed("no-auth"))

    with pytest.raises(Unavailable, match=r"authentication; the next try is in 5\.0 seconds"):
        await guarded.guard.detect_intent(HELLO)


async def test_after_the_pause_an_answer_closes_it() -> None:
    guarded = Guarded()
    await guarded.open()

    guarded.clock.now += FIRST_PAUSE
    assert guarded.breaker == Breaker.HALF_OPEN

    assert await guarded.outcomes(2) == ["answered"] * 2
    condition = guarded.guard.condition
    assert (condition.breaker, condition.failures, condition.cause) == (Breaker.CLOSED, 0, "")


async def test_one_probe_at_a_time_goes_through() -> None:
    guarded = Guarded()
    await guarded.open()
    guarded.clock.now += FIRST_PAUSE
    probe = await guarded.begin()

    assert await guarded.outcomes(20) == ["Unavailable"] * 20
    assert guarded.breaker == Breaker.HALF_OPEN

    assert await probe.finish() == "answered"
    assert await guarded.outcomes(1) == ["answered"]
    assert len(guarded.provider.asked) == 2


@pytest.mark.parametrize("given_up_after", [0, PATIENCE])
async def test_a_probe_that_is_cancelled_makes_room_for_another(given_up_after: float) -> None:
    guarded = Guarded()
    await guarded.open()
    guarded.clock.now += FIRST_PAUSE
    probe = await guarded.begin()
    guarded.clock.now += given_up_after

    await probe.cancel()

    assert guarded.breaker == (Breaker.OPEN if given_up_after else Breaker.HALF_OPEN)
    guarded.clock.now += LONGEST_PAUSE
    assert await guarded.outcomes(1) == ["answered"]


@pytest.mark.parametrize("error", [Rejected("this text"), RuntimeError("a mistake")])
async def test_a_probe_that_says_nothing_about_the_provider_leaves_the_next_call_to_probe(error: Exception) -> None:
    guarded = Guarded()
    await guarded.open()

    assert await guarded.probe(error) == type(error).__name__

    assert guarded.breaker == Breaker.HALF_OPEN
    assert await guarded.outcomes(1) == ["answered"]


async def test_the_pause_grows_up_to_a_bound_and_begins_anew_after_an_answer() -> None:
    guarded = Guarded()

    async def pauses(probes: int) -> list[float]:
        await guarded.open()
        lengths = [await pause()]
        for _ in range(probes):
            await guarded.probe(Unavailable("still down"))
            lengths.append(await pause())
        return lengths

    async def pause() -> float:
        """How long nobody is let through, to a tenth of a second."""
        tenths = 0
        while guarded.breaker == Breaker.OPEN:
            guarded.clock.now += 0.1
            tenths += 1
        return round(tenths / 10)

    assert await pauses(4) == [FIRST_PAUSE, 2 * FIRST_PAUSE, *[LONGEST_PAUSE] * 3]
    assert await guarded.probe(reply("hello")) == "answered"
    assert await pauses(1) == [FIRST_PAUSE, 2 * FIRST_PAUSE]


def test_processes_do_not_probe_in_step() -> None:
    async def probe_at(seed: int) -> float:
        guarded = Guarded()
        guarded.guard = Guard(guarded.provider, patience=PATIENCE, clock=guarded.clock, rng=random.Random(seed))
        await guarded.open()
        while guarded.breaker == Breaker.OPEN:
            guarded.clock.now += 0.01
        return guarded.clock.now - 1000

    times = [asyncio.run(probe_at(seed)) for seed in range(20)]

    assert len(set(times)) > 10
    assert all(0.7 * FIRST_PAUSE < time < 1.01 * FIRST_PAUSE for time in times)


async def test_credentials_that_are_refused_are_tried_again_and_again() -> None:
    guarded = Guarded()
    await guarded.open(AuthenticationFailed("no-auth"))
    for _ in range(50):
        await guarded.probe(AuthenticationFailed("no-auth"))

    assert await guarded.probe(reply("hello")) == "answered"


async def test_an_answer_to_an_older_call_does_not_close_it() -> None:
    guarded = Guarded()
    late = await guarded.begin()
    await guarded.open()

    assert await late.finish() == "answered"

    assert guarded.breaker == Breaker.OPEN
    assert guarded.guard.condition.failures == FAILURES_TO_OPEN


async def test_failures_of_older_calls_neither_prolong_the_pause_nor_open_it_again() -> None:
    guarded = Guarded()
    late = [await guarded.begin(Unavailable("down")) for _ in range(2 * FAILURES_TO_OPEN)]
    await guarded.open()
    for call in late[:FAILURES_TO_OPEN]:
        await call.finish()
    guarded.clock.now += FIRST_PAUSE
    assert await guarded.outcomes(1) == ["answered"]

    for call in late[FAILURES_TO_OPEN:]:
        await call.finish()

    assert await guarded.outcomes(1) == ["answered"]


async def test_opening_and_closing_are_logged_once_and_without_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "integrations.guard")
    guarded = Guarded()
    await guarded.open()
    await guarded.outcomes(10)
    await guarded.probe(reply("hello"))

    assert [record.getMessage() for record in caplog.records] == [
        "The provider scripted is not asked for 5.0 seconds: unavailable, 5 failures in a row.",
        "The provider scripted answers again.",
    ]
