"""How soon a change is at work if there are many answers. `make torture` has 15,000 examples."""

from __future__ import annotations

import asyncio
import os

from integrations import Utterance, WrittenAnswer, create
from integrations.providers.faq import classifier

ANSWERS = 1500 if "TORTURE_ROUNDS" in os.environ else 250
SUBJECTS = ("room", "bike", "table", "ticket", "key", "coat", "phone", "card", "lamp", "chair")
PLACES = [f"{first}{last}" for first in "bdfghjklmnprstvw" for last in ("arno", "elba", "iso", "una", "oro", "ylo", "ant")]


def written(number: int) -> WrittenAnswer:
    place, other = PLACES[number % len(PLACES)], PLACES[number // len(PLACES)]
    questions = tuple(f"How do I get a {subject} in {place} {other}?" for subject in SUBJECTS)
    return WrittenAnswer(language="en", title=f"{place} {other}", questions=questions, text="Ask at the desk.")


async def test_a_new_question_is_at_work_within_3_seconds_and_the_threshold_within_30() -> None:
    answers = [written(number) for number in range(ANSWERS)]
    assert len(answers) * len(SUBJECTS) > classifier.MAX_LANDMARKS
    adapter = create("faq", {})
    await adapter.learn(answers, str)
    dogs = WrittenAnswer(language="en", title="Dogs", questions=("May I bring my dog?",), text="Yes.")
    asked = Utterance(session="s", language="en", text="may i bring a dog")
    assert (await adapter.detect_intent(asked)).is_fallback

    learning = asyncio.create_task(adapter.learn([*answers, dogs], str))
    async with asyncio.timeout(3):
        while (await adapter.detect_intent(asked)).intent != "Dogs":  # noqa: ASYNC110 - as visitors do
            await asyncio.sleep(0.01)
    assert not learning.done()
    async with asyncio.timeout(30):
        await learning

    assert (await adapter.detect_intent(asked)).intent == "Dogs"
