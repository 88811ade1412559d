"""A slow call is announced, a call that is too slow is cancelled, and all others are left alone."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from chat.answers import timeouts
from chat.answers.timeouts import CallCancelled, CallTimer


class Told:
    """The slow calls, in the order in which they were announced."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.changed = asyncio.Event()

    def when_slow(self, name: str) -> Callable[[], None]:
        def tell() -> None:
            self.names.append(name)
            self.changed.set()

        return tell

    async def hears(self, *names: str) -> None:
        while self.names != list(names):
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 5)


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "TYPING_AFTER", 0.02)


async def returned(value: str) -> str:
    return value


async def until_set(event: asyncio.Event) -> str:
    await event.wait()
    return "answer"


async def forever() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_a_quick_call_returns_and_nobody_is_told() -> None:
    told, waiting = Told(), CallTimer()
    assert await waiting.wait(returned("answer"), 5, told.when_slow("quick")) == "answer"

    gate = asyncio.Event()
    slow = asyncio.create_task(waiting.wait(until_set(gate), 5, told.when_slow("slow")))
    await told.hears("slow")
    gate.set()
    assert await slow == "answer"


async def test_each_slow_call_is_told_of_once_in_the_order_of_their_beginning() -> None:
    told, gate, waiting = Told(), asyncio.Event(), CallTimer()
    calls = [asyncio.create_task(waiting.wait(until_set(gate), 5, told.when_slow(name))) for name in "abc"]
    await told.hears("a", "b", "c")
    calls.append(asyncio.create_task(waiting.wait(until_set(gate), 5, told.when_slow("d"))))
    await told.hears("a", "b", "c", "d")
    gate.set()
    assert await asyncio.gather(*calls) == ["answer"] * 4


async def test_a_call_that_takes_too_long_is_cut_off_and_its_task_goes_on() -> None:
    told, waiting = Told(), CallTimer()

    async def turn() -> str:
        with pytest.raises(TimeoutError):
            await waiting.wait(forever(), 0.04, told.when_slow("late"))
        await asyncio.sleep(0)  # a leftover cancellation would end it here
        return "went on"

    task = asyncio.create_task(turn())
    assert await asyncio.wait_for(task, 5) == "went on"
    assert task.cancelling() == 0
    assert told.names == ["late"]


async def test_a_call_with_less_time_than_that_is_cut_off_without_a_word() -> None:
    told, waiting = Told(), CallTimer()
    with pytest.raises(TimeoutError):
        await waiting.wait(forever(), 0.01, told.when_slow("short"))
    assert told.names == []


async def test_a_call_may_answer_although_it_is_cut_off() -> None:
    waiting = CallTimer()

    async def stubborn() -> str:
        try:
            return await forever()
        except asyncio.CancelledError:
            return "answer"

    assert await waiting.wait(stubborn(), 0.01, lambda: None) == "answer"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def failing_group() -> None:
    """Python 3.11's TaskGroup leaves its task one cancellation if a child fails while it waits for the others."""

    async def fail() -> None:
        await asyncio.sleep(0)
        raise RuntimeError

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())


@pytest.mark.parametrize("in_same_call", [True, False])
async def test_a_cancellation_that_a_group_left_makes_no_difference(in_same_call: bool) -> None:
    waiting = CallTimer()

    async def call(hangs: bool) -> str:
        with contextlib.suppress(ExceptionGroup):
            await failing_group()
        return await forever() if hangs else "answer"

    async def turns() -> None:
        if not in_same_call:
            assert await waiting.wait(call(False), 5, lambda: None) == "answer"
        with pytest.raises(TimeoutError):
            await waiting.wait(call(True) if in_same_call else forever(), 0.01, lambda: None)
        assert await waiting.wait(returned("next"), 5, lambda: None) == "next"

    await asyncio.wait_for(asyncio.create_task(turns()), 5)


async def test_a_call_that_is_cancelled_from_within_has_failed_and_no_more() -> None:
    waiting = CallTimer()
    shared = asyncio.create_task(forever())

    async def call() -> str:
        return await shared

    async def turn() -> str:
        with pytest.raises(CallCancelled):
            await waiting.wait(call(), 5, shared.cancel)
        return "went on"

    assert await asyncio.wait_for(asyncio.create_task(turn()), 5) == "went on"


async def test_the_end_of_the_turn_itself_is_no_timeout() -> None:
    told, waiting = Told(), CallTimer()
    task = asyncio.create_task(waiting.wait(forever(), 5, told.when_slow("ended")))
    await told.hears("ended")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_fails_for_one_slow_call_is_nothing_to_the_others() -> None:
    told, gate, waiting = Told(), asyncio.Event(), CallTimer()
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)

    def fail() -> None:
        raise RuntimeError

    calls = [
        asyncio.create_task(waiting.wait(forever(), 0.05, fail)),
        asyncio.create_task(waiting.wait(until_set(gate), 5, fail)),
    ]
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(calls[0], 5)
    later = asyncio.create_task(waiting.wait(until_set(gate), 5, told.when_slow("later")))
    await told.hears("later")
    gate.set()
    assert await asyncio.gather(calls[1], later) == ["answer", "answer"]
