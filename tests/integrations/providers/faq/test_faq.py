"""The provider `faq`, from what staff write to its replies."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from pytest_mock import MockerFixture

from integrations import Link, QuickReplies, Reply, Text, Unavailable, Utterance, WrittenAnswer, create
from integrations.providers.faq import adapter as module
from integrations.providers.faq.adapter import FaqAdapter
from integrations.providers.faq.training import TrainingFailed


def written(title: str, *questions: str, text: str = "", language: str = "en") -> WrittenAnswer:
    return WrittenAnswer(language=language, title=title, questions=questions, text=text or f"About {title}.")


HOURS = written("Opening hours", "When are you open?", "What are your opening hours?", text="From nine to five.")
PARKING = written("Parking", "Where can I park?", "Is there a car park?", text="Behind the house.")


async def taught(*answers: WrittenAnswer) -> FaqAdapter:
    adapter = create("faq", {})
    assert isinstance(adapter, FaqAdapter)
    await learn(adapter, *answers)
    return adapter


async def learn(adapter: FaqAdapter, *answers: WrittenAnswer) -> None:
    await adapter.learn(answers, lambda language: f"Did you mean ({language}):")


async def ask(adapter: FaqAdapter, text: str, language: str = "en") -> Reply:
    return await adapter.detect_intent(Utterance(session="s", language=language, text=text))


async def test_a_question_in_other_words_gets_its_answer() -> None:
    reply = await ask(await taught(HOURS, PARKING), "what are the opening hours please")

    assert reply.parts == (Text("From nine to five."),)
    assert reply.intent == "Opening hours"
    assert reply.confidence is not None
    assert 0.5 <= reply.confidence <= 1
    assert not reply.is_fallback


async def test_a_question_that_nothing_fits_is_not_understood() -> None:
    reply = await ask(await taught(HOURS, PARKING), "Who invented jazz")

    assert (reply.is_fallback, reply.parts, reply.intent) == (True, (), "")


async def test_a_guess_stays_below_the_threshold() -> None:
    adapter = await taught(HOURS, PARKING)

    reply = await ask(adapter, "is it open")

    assert reply.intent == "Opening hours"
    assert reply.confidence is not None
    assert 0.25 <= reply.confidence < adapter.min_confidence == 0.5


async def test_two_answers_that_are_nearly_as_likely_are_offered() -> None:
    adapter = await taught(
        written("Room prices", "How much is it?", "What does a room cost?"),
        written("Parking fees", "How much is it?", "What does parking cost?"),
        HOURS,
    )

    reply = await ask(adapter, "how much is it")

    (part,) = reply.parts
    assert isinstance(part, QuickReplies)
    assert part.title == "Did you mean (en):"
    assert {button.label for button in part.replies} == {"Room prices", "Parking fees"}
    pressed = await ask(adapter, part.replies[1].message)
    assert (pressed.intent, pressed.confidence) == (part.replies[1].label, 1.0)
    assert pressed.parts == (Text(f"About {pressed.intent}."),)


async def test_at_most_three_are_offered() -> None:
    adapter = await taught(*(written(f"Fee {number}", "How much is it?") for number in range(5)))

    (part,) = (await ask(adapter, "How much is it?")).parts

    assert isinstance(part, QuickReplies)
    assert len(part.replies) == 3


async def test_a_title_is_found_whatever_its_capitals_and_blanks() -> None:
    assert (await ask(await taught(HOURS, PARKING), "  opening  HOURS ")).confidence == 1.0


async def test_a_language_is_served_by_its_base_and_by_no_other() -> None:
    german = written("Öffnungszeiten", "Wann haben Sie geöffnet?", language="de", text="Von neun bis fünf.")
    swiss = written("Öffnungszeiten", "Wann haben Sie geöffnet?", language="de-CH", text="Grüezi, von neun bis fünf.")
    adapter = await taught(german, HOURS)

    assert (await ask(adapter, "wann haben sie geöffnet", "de-AT")).parts == (Text("Von neun bis fünf."),)
    assert (await ask(adapter, "wann haben sie geöffnet", "en")).is_fallback
    assert (await ask(adapter, "When are you open?", "fr")).is_fallback
    await learn(adapter, german, swiss)
    assert (await ask(adapter, "wann haben sie geöffnet", "de-ch")).parts == (Text("Grüezi, von neun bis fünf."),)
    assert (await ask(adapter, "When are you open?", "en")).is_fallback


async def test_new_words_need_no_training(mocker: MockerFixture) -> None:
    adapter = await taught(HOURS, PARKING)
    mocker.patch.object(module, "study_apart", side_effect=AssertionError)

    await learn(adapter, written(HOURS.title, *HOURS.questions, text="Always."), PARKING)

    assert (await ask(adapter, "when are you open")).parts == (Text("Always."),)


async def test_what_is_below_an_answer_comes_with_it_and_needs_no_training(mocker: MockerFixture) -> None:
    below = Link("Prices", "https://www.example.com/prices")
    adapter = await taught(msgspec.structs.replace(HOURS, parts=(below,)), PARKING)
    assert (await ask(adapter, "opening hours")).parts == (Text("From nine to five."), below)
    mocker.patch.object(module, "study_apart", side_effect=TrainingFailed("no training"))

    await learn(adapter, HOURS, PARKING)

    assert (await ask(adapter, "opening hours")).parts == (Text("From nine to five."),)


async def test_the_old_model_answers_while_the_new_one_is_learnt_and_if_that_fails(mocker: MockerFixture) -> None:
    adapter = await taught(HOURS, PARKING)
    learning = asyncio.Event()

    async def fail(*lesson: Any) -> None:
        learning.set()
        await asyncio.sleep(0)
        raise TrainingFailed("no memory")

    mocker.patch.object(module, "study_apart", fail)
    task = asyncio.create_task(learn(adapter, written(HOURS.title, "Is it open?", text="Always."), PARKING))
    await learning.wait()
    meanwhile = await ask(adapter, "when are you open")
    with pytest.raises(TrainingFailed):
        await task
    afterwards = await ask(adapter, "when are you open")

    assert meanwhile.parts == afterwards.parts == (Text("Always."),)


async def test_the_first_question_waits_for_the_first_lesson() -> None:
    adapter = create("faq", {})
    assert isinstance(adapter, FaqAdapter)
    asked = asyncio.create_task(ask(adapter, "when are you open"))
    await asyncio.sleep(0)

    await learn(adapter, HOURS)

    assert (await asked).intent == "Opening hours"


async def test_without_answers_nothing_is_understood_and_the_check_says_what_to_do() -> None:
    adapter = await taught()

    assert (await ask(adapter, "when are you open")).is_fallback
    with pytest.raises(Unavailable, match="Write one in the admin under Answers"):
        await adapter.check()
    await learn(adapter, HOURS)
    await adapter.check()


async def test_its_intents_are_the_titles() -> None:
    assert await (await taught(PARKING, HOURS)).list_intents() == ["Opening hours", "Parking"]
