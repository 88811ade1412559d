"""When the breaker opens, and how it closes again."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest

from chat.answers.breaker import FAILURES_TO_OPEN, FIRST_PAUSE, LEFT_TO_OTHERS, LONGEST_PAUSE, State
from integrations import AdapterError, AuthenticationFailed, RateLimited, Rejected, Unavailable
from tests.support.asked import COUNTED, FAIR, Asked
from tests.support.scripted import Answer, reply

# --- The breaker opens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", COUNTED)
async def test_failures_in_a_row_open_it_and_the_provider_is_left_alone(error: type[AdapterError]) -> None:
    asked = Asked(*[error("no")] * FAILURES_TO_OPEN)

    assert await asked.outcomes(FAILURES_TO_OPEN + 3) == [error.__name__] * FAILURES_TO_OPEN + ["Unavailable"] * 3
    assert len(asked.provider.asked) == FAILURES_TO_OPEN


async def test_a_timeout_of_the_adapter_s_own_counts() -> None:
    asked = Asked(*[TimeoutError()] * FAILURES_TO_OPEN)

    await asked.outcomes(FAILURES_TO_OPEN)

    assert (asked.state, asked.breaker.condition.cause) == (State.OPEN, "timeout")


async def test_a_text_that_always_fails_counts_once() -> None:
    """A visitor who sends it again and again doesn't turn the bot off for the others."""
    asked = Asked(*[Unavailable("it chokes on this")] * 50)

    assert await asked.outcomes(50, visitor="one", text="the same") == ["Unavailable"] * 50

    assert len(asked.provider.asked) == 50
    assert (asked.state, asked.breaker.condition.failures) == (State.CLOSED, 1)


async def test_five_texts_of_one_visitor_open_it() -> None:
    asked = Asked(*[Unavailable("down")] * FAILURES_TO_OPEN)

    await asked.outcomes(FAILURES_TO_OPEN, visitor="one")

    assert asked.state == State.OPEN


async def test_an_answer_between_failures_keeps_it_closed() -> None:
    row: list[Answer] = [Unavailable("down")] * (FAILURES_TO_OPEN - 1)
    asked = Asked(*row, reply("hello"), *row)

    await asked.outcomes(2 * len(row) + 1)

    assert asked.state == State.CLOSED
    assert asked.breaker.condition.failures == len(row)


@pytest.mark.parametrize("error", [Rejected("this text"), RuntimeError("a mistake")])
async def test_what_is_not_the_provider_s_trouble_counts_as_nothing(error: Exception) -> None:
    asked = Asked(*[error] * 3 * FAILURES_TO_OPEN)

    assert await asked.outcomes(3 * FAILURES_TO_OPEN) == [type(error).__name__] * 3 * FAILURES_TO_OPEN
    assert asked.breaker.condition.failures == 0


async def test_a_quota_that_is_used_up_opens_it_at_once() -> None:
    asked = Asked(RateLimited("no more"))

    assert await asked.outcomes(3) == ["RateLimited"] * 3
    assert len(asked.provider.asked) == 1


async def test_a_quota_that_is_used_up_opens_it_even_while_others_are_still_answered() -> None:
    asked = Asked()
    limited = await asked.begin(RateLimited("no more"))
    await asked.outcomes(1)

    await limited.finish()

    assert asked.state == State.OPEN


async def test_any_failure_of_a_probe_keeps_it_open() -> None:
    asked = Asked(RateLimited("no more"))
    await asked.outcomes(1)

    assert await asked.probe(Unavailable("down")) == "Unavailable"

    assert asked.state == State.OPEN
    assert asked.breaker.condition.cause == "unavailable"


async def test_calls_that_their_deadline_cut_off_count_as_timeouts() -> None:
    asked = Asked()
    calls = [await asked.begin(seconds=FAIR) for _ in range(FAILURES_TO_OPEN)]

    for call in calls:
        await call.is_cut_off()

    assert (asked.state, asked.breaker.condition.cause) == (State.OPEN, "timeout")


async def test_calls_that_had_little_time_count_as_nothing() -> None:
    asked = Asked()
    calls = [await asked.begin(seconds=FAIR - 0.01) for _ in range(2 * FAILURES_TO_OPEN)]

    for call in calls:
        await call.is_cut_off()

    assert asked.breaker.condition.failures == 0


async def test_turns_that_are_cancelled_count_as_nothing_however_long_they_took() -> None:
    asked = Asked()
    calls = [await asked.begin() for _ in range(2 * FAILURES_TO_OPEN)]
    asked.clock.now += 3600

    for call in calls:
        await call.cancel()

    assert asked.breaker.condition.failures == 0


async def test_hung_calls_count_as_nothing_if_others_were_answered_meanwhile() -> None:
    asked = Asked()
    hung = [await asked.begin(seconds=0.2) for _ in range(30)]
    await asked.outcomes(1)

    for call in hung:
        await call.is_cut_off()

    assert await asked.outcomes(1) == ["answered"]


# --- The way back ----------------------------------------------------------------------------------------------------


async def test_an_open_one_says_when_it_tries_again_and_why_it_is_open() -> None:
    asked = Asked()
    await asked.open(AuthenticationFailed("no-auth"))

    with pytest.raises(Unavailable, match=r"failed \(authentication\): the next try is in 5\.0 seconds"):
        await asked.ask()


async def test_after_the_pause_an_answer_closes_it() -> None:
    asked = Asked()
    await asked.open()

    asked.clock.now += FIRST_PAUSE
    assert asked.state == State.HALF_OPEN

    assert await asked.outcomes(2) == ["answered"] * 2
    condition = asked.breaker.condition
    assert (condition.breaker, condition.failures, condition.cause) == (State.CLOSED, 0, "")


async def test_one_probe_at_a_time_goes_through() -> None:
    asked = Asked()
    await asked.open()
    asked.clock.now += FIRST_PAUSE
    probe = await asked.begin()

    assert await asked.outcomes(20) == ["Unavailable"] * 20
    assert asked.state == State.HALF_OPEN

    assert await probe.finish() == "answered"
    assert await asked.outcomes(1) == ["answered"]
    assert len(asked.provider.asked) == 2


@pytest.mark.parametrize("is_cut_off", [False, True])
async def test_a_probe_that_is_given_up_makes_room_for_another(is_cut_off: bool) -> None:
    asked = Asked()
    await asked.open()
    asked.clock.now += FIRST_PAUSE
    probe = await asked.begin(seconds=FAIR if is_cut_off else 20)

    await (probe.is_cut_off() if is_cut_off else probe.cancel())

    assert asked.state == (State.OPEN if is_cut_off else State.HALF_OPEN)
    asked.clock.now += LONGEST_PAUSE
    assert await asked.outcomes(1) == ["answered"]


@pytest.mark.parametrize("error", [Rejected("this text"), RuntimeError("a mistake")])
async def test_a_probe_that_says_nothing_about_the_provider_leaves_the_next_call_to_probe(error: Exception) -> None:
    asked = Asked()
    await asked.open()

    assert await asked.probe(error) == type(error).__name__

    assert asked.state == State.HALF_OPEN
    assert await asked.outcomes(1) == ["answered"]


async def test_the_pause_grows_up_to_a_bound_and_begins_anew_after_an_answer() -> None:
    asked = Asked()

    async def pauses(probes: int) -> list[float]:
        await asked.open()
        lengths = [await pause()]
        for _ in range(probes):
            await asked.probe(Unavailable("still down"))
            lengths.append(await pause())
        return lengths

    async def pause() -> float:
        """How long no call goes through, to a tenth of a second."""
        tenths = 0
        while asked.state == State.OPEN:
            asked.clock.now += 0.1
            tenths += 1
        return round(tenths / 10)

    assert await pauses(4) == [FIRST_PAUSE, 2 * FIRST_PAUSE, *[LONGEST_PAUSE] * 3]
    assert await asked.probe(reply("hello")) == "answered"
    assert await pauses(1) == [FIRST_PAUSE, 2 * FIRST_PAUSE]


def test_processes_do_not_probe_in_step() -> None:
    async def probe_at(seed: int) -> float:
        asked = Asked(rng=random.Random(seed))
        await asked.open()
        while asked.state == State.OPEN:
            asked.clock.now += 0.01
        return asked.clock.now - 1000

    times = [asyncio.run(probe_at(seed)) for seed in range(20)]

    assert len(set(times)) > 10
    assert all(0.7 * FIRST_PAUSE < time < 1.01 * FIRST_PAUSE for time in times)


async def test_credentials_that_are_refused_are_tried_again_and_again() -> None:
    asked = Asked()
    await asked.open(AuthenticationFailed("no-auth"))
    for _ in range(50):
        await asked.probe(AuthenticationFailed("no-auth"))

    assert await asked.probe(reply("hello")) == "answered"


async def test_an_answer_to_an_older_call_does_not_close_it() -> None:
    asked = Asked()
    late = await asked.begin()
    await asked.open()

    assert await late.finish() == "answered"

    assert asked.state == State.OPEN
    assert asked.breaker.condition.failures == FAILURES_TO_OPEN


async def test_failures_of_older_calls_neither_prolong_the_pause_nor_open_it_again() -> None:
    asked = Asked()
    late = [await asked.begin(Unavailable("down")) for _ in range(2 * FAILURES_TO_OPEN)]
    await asked.open()
    for call in late[:FAILURES_TO_OPEN]:
        await call.finish()
    asked.clock.now += FIRST_PAUSE
    assert await asked.outcomes(1) == ["answered"]

    for call in late[FAILURES_TO_OPEN:]:
        await call.finish()

    assert await asked.outcomes(1) == ["answered"]


async def test_opening_and_closing_are_logged_once_and_without_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat.answers.breaker")
    asked = Asked()
    await asked.open()
    await asked.outcomes(10)
    await asked.probe(reply("hello"))

    assert [record.getMessage() for record in caplog.records] == [
        "The provider scripted is not asked for 5.0 seconds: unavailable, 5 texts failed in a row.",
        "The provider scripted answers again.",
    ]


async def test_the_probe_is_left_to_visitors_whose_last_call_did_not_fail() -> None:
    asked = Asked(*[Unavailable("it chokes on this")] * FAILURES_TO_OPEN)
    await asked.outcomes(FAILURES_TO_OPEN, visitor="one")
    asked.provider.asked.clear()
    asked.clock.now += FIRST_PAUSE

    assert await asked.outcomes(3, visitor="one") == ["Unavailable"] * 3
    assert not asked.provider.asked

    assert await asked.outcomes(1, visitor="another") == ["answered"]
    assert asked.state == State.CLOSED
    assert await asked.outcomes(1, visitor="one") == ["answered"]


@pytest.mark.parametrize("error", [Rejected("this text"), RuntimeError("a mistake")])
async def test_a_visitor_whose_last_call_failed_in_any_way_is_no_probe(error: Exception) -> None:
    asked = Asked(error)
    await asked.outcomes(1, visitor="one")
    await asked.open()
    asked.clock.now += FIRST_PAUSE

    assert await asked.outcomes(1, visitor="one") == ["Unavailable"]
    assert not asked.provider.asked


async def test_a_lone_visitor_probes_a_little_later() -> None:
    asked = Asked(*[Unavailable("down")] * FAILURES_TO_OPEN)
    await asked.outcomes(FAILURES_TO_OPEN, visitor="one")

    asked.clock.now += FIRST_PAUSE + LEFT_TO_OTHERS

    assert await asked.outcomes(1, visitor="one") == ["answered"]
