"""The provider on this machine: it answers from questions and answers that staff write."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence

import msgspec

from integrations.base import Adapter, Reply, Unavailable, Utterance, WrittenAnswer
from integrations.languages import match
from integrations.options import Options
from integrations.parts import Button, QuickReplies, Text
from integrations.providers.faq.training import Trained, study_apart

NEARLY = 0.8
"""An answer whose score is at least this share of the best one's is nearly as likely."""
MAX_CHOICES = 3
ENOUGH = 0.5
"""The confidence of a score at the threshold."""
NOTHING = 0.25
"""Below this confidence the best answer isn't even a guess."""


class Candidate(msgspec.Struct, frozen=True):
    """An answer, the classifier's score, and from it how sure it is that the question wants this answer, 0 to 1."""

    answer: WrittenAnswer
    score: float
    confidence: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Language:
    """What is known in one language. answers: in the order of the model's numbers."""

    answers: tuple[WrittenAnswer, ...]
    trained: Trained

    def candidates(self, question: str) -> list[Candidate]:
        """The answers, the most likely first. A title stands for its answer, since a press of a button says it."""
        asked = _key(question)
        if named := [answer for answer in self.answers if _key(answer.title) == asked]:
            return [Candidate(answer, 1.0, 1.0) for answer in named]
        scores = self.trained.model.scores(question)
        order = scores.argsort()[::-1]
        found = ((self.answers[number], float(scores[number])) for number in order)
        return [Candidate(answer, score, self._confidence(score)) for answer, score in found]

    def _confidence(self, score: float) -> float:
        """From 0 at no score over ENOUGH at the threshold to 1 at a score of 1."""
        threshold = self.trained.threshold
        above = ENOUGH + (1 - ENOUGH) * (score - threshold) / (1 - threshold)
        return min(1.0, max(0.0, ENOUGH * score / threshold if score < threshold else above))

    def choices(self, candidates: Sequence[Candidate]) -> list[WrittenAnswer]:
        """The best answer, and those that are nearly as likely."""
        return [each.answer for each in candidates[:MAX_CHOICES] if each.score >= NEARLY * candidates[0].score]

    def with_words_of(self, answers: Sequence[WrittenAnswer]) -> Language:
        """The same model with these answers' words, for answers that it knows."""
        said = {answer.title: answer for answer in answers}
        known = ((answer, said.get(answer.title, answer)) for answer in self.answers)
        renewed = (msgspec.structs.replace(answer, text=now.text, parts=now.parts) for answer, now in known)
        return dataclasses.replace(self, answers=tuple(renewed))


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaqOptions(Options):
    pass


class FaqAdapter(Adapter):
    name = "faq"
    options_class = FaqOptions
    min_confidence = ENOUGH
    takes_answers = True

    def __init__(self, options: FaqOptions) -> None:
        self.languages: dict[str, Language] = {}
        self._has_learnt = asyncio.Event()
        self._did_you_mean: Callable[[str], str] = lambda language: "Did you mean:"

    async def learn(self, answers: Sequence[WrittenAnswer], did_you_mean: Callable[[str], str]) -> None:
        self._did_you_mean = did_you_mean
        groups: dict[str, list[WrittenAnswer]] = {}
        for answer in sorted(answers, key=lambda answer: answer.title):
            groups.setdefault(answer.language, []).append(answer)
        # Words are at work at once, also of answers whose questions have still to be learnt.
        self.languages = {
            language: known.with_words_of(groups[language])
            for language, known in self.languages.items()
            if language in groups
        }
        for language, group in groups.items():
            known = self.languages.get(language)
            if known is None or _lesson(known.answers) != _lesson(group):
                examples = [question for answer in group for question in answer.questions]
                numbers = [number for number, answer in enumerate(group) for _ in answer.questions]
                trained = await study_apart(examples, numbers)
                self.languages[language] = Language(answers=tuple(group), trained=trained)
        self._has_learnt.set()

    async def detect_intent(self, utterance: Utterance) -> Reply:
        await self._has_learnt.wait()
        language = self._language(utterance.language)
        if language is None:
            return Reply(is_fallback=True, confidence=0.0)
        candidates = language.candidates(utterance.text)
        best = candidates[0]
        if best.confidence < NOTHING:
            return Reply(is_fallback=True, confidence=best.confidence)
        choices = language.choices(candidates)
        if best.confidence < ENOUGH or len(choices) == 1:
            return Reply(
                parts=(Text(best.answer.text), *best.answer.parts), intent=best.answer.title, confidence=best.confidence
            )
        buttons = tuple(Button(answer.title, message=answer.title) for answer in choices)
        question = QuickReplies(title=self._did_you_mean(utterance.language), replies=buttons)
        return Reply(parts=(question,), intent=best.answer.title, confidence=best.confidence)

    async def list_intents(self) -> list[str]:
        return sorted({answer.title for language in self.languages.values() for answer in language.answers})

    async def check(self) -> None:
        await self._has_learnt.wait()
        if not self.languages:
            raise Unavailable(
                "There are no answers yet. Write one in the admin under Answers, and the chat uses it at once."
            )

    def _language(self, tag: str) -> Language | None:
        """What is known in the language that serves a tag best: "pt" serves "pt-BR" if that has no answers of its own."""
        served = match(tag, tuple(self.languages))
        return self.languages[served] if served else None


def _lesson(answers: Sequence[WrittenAnswer]) -> list[tuple[str, tuple[str, ...]]]:
    """What a model learns of answers."""
    return [(answer.title, answer.questions) for answer in answers]


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
