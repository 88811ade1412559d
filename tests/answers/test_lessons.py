"""What staff write under Answers reaches the chat by itself, whichever process they write it in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from chat import runtime
from chat.answers import lessons
from chat.models import Answer
from integrations import Reply, Text, Utterance, WrittenAnswer
from tests.support.scripted import ScriptedAdapter

pytestmark = pytest.mark.django_db(transaction=True)


class Learner(ScriptedAdapter):
    """Notes each lesson, and fails as often as told."""

    takes_answers = True

    def __init__(self) -> None:
        super().__init__()
        self.lessons: asyncio.Queue[list[tuple[str, tuple[str, ...], str]]] = asyncio.Queue()
        self.failures: list[Exception] = []
        self.did_you_mean = ""

    async def learn(self, answers: Sequence[WrittenAnswer], did_you_mean: Callable[[str], str]) -> None:
        self.did_you_mean = did_you_mean("fr")
        await self.lessons.put([(answer.title, answer.questions, answer.text) for answer in answers])
        if self.failures:
            raise self.failures.pop()

    async def detect_intent(self, utterance: Utterance) -> Reply:
        return Reply(parts=(Text("learnt"),))

    async def lesson(self) -> list[tuple[str, tuple[str, ...], str]]:
        async with asyncio.timeout(20):
            return await self.lessons.get()


@pytest_asyncio.fixture
async def learner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Learner]:
    monkeypatch.setattr(lessons, "INTERVAL", 0.01)
    monkeypatch.setattr(lessons, "AFTER_FAILURE", 0.01)
    learner = Learner()
    runtime.use(runtime.build(learner))
    yield learner
    await runtime.aclose()


def write(title: str, text: str = "From nine to five.", **fields: object) -> Answer:
    fields = {"language": "en", "questions": "When are you open?\n\n  Opening   hours ", **fields}
    return Answer.objects.create(title=title, text=text, **fields)


async def test_a_process_learns_what_is_there_and_then_each_change(learner: Learner) -> None:
    assert await learner.lesson() == []

    answer = await sync_to_async(write)("Hours")
    assert await learner.lesson() == [("Hours", ("When are you open?", "Opening hours"), "From nine to five.")]
    answer.text = "Always."
    await answer.asave()
    assert [text for _, _, text in await learner.lesson()] == ["Always."]
    answer.active = False
    await answer.asave(update_fields=["active"])
    assert await learner.lesson() == []
    answer.active = True
    await answer.asave(update_fields=["active"])
    assert len(await learner.lesson()) == 1
    await answer.adelete()
    assert await learner.lesson() == []
    assert learner.did_you_mean == "Vouliez-vous dire :"


async def test_what_has_not_changed_is_not_learnt_again(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    await learner.lesson()
    looks = asyncio.Semaphore(0)
    state = lessons.state

    def look() -> tuple[int, int]:
        looks.release()
        return state()

    monkeypatch.setattr(lessons, "state", look)
    for _ in range(3):
        await looks.acquire()

    assert learner.lessons.empty()


async def test_trouble_is_told_until_it_is_over(learner: Learner) -> None:
    await learner.lesson()
    current = runtime.current().lessons
    assert current
    learner.failures = [RuntimeError("no memory")] * 2
    await sync_to_async(write)("Hours")

    await learner.lesson()
    await learner.lesson()
    assert current.trouble == "RuntimeError: no memory"
    await learner.lesson()
    await sync_to_async(write)("Parking")
    await learner.lesson()  # the lesson before is over
    assert not current.trouble


async def test_a_database_that_is_away_is_asked_again(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    await learner.lesson()
    read, failures = lessons.read, [OSError()]

    def fail_once() -> list[WrittenAnswer]:
        if failures:
            raise failures.pop()
        return read()

    monkeypatch.setattr(lessons, "read", fail_once)
    await sync_to_async(write)("Hours")

    assert len(await learner.lesson()) == 1
