"""Finds the words that staff have written for an outcome or an intent, by language."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable

from chat.models import DeskText, FallbackReply, IntentReply

LAST_RESORT = "Sorry, I have no answer to that right now. Please put it differently, or try again later."
"""Used if staff have no active reply at all."""


def _languages(language: str) -> list[str]:
    """Best match first: for "pt-BR" these are pt-BR, pt, and any language."""
    return [language, language.split("-")[0], ""]


@dataclasses.dataclass(frozen=True)
class Replies:
    """The active replies at one moment."""

    fallback: tuple[FallbackReply, ...] = ()
    intents: tuple[IntentReply, ...] = ()
    desk: tuple[DeskText, ...] = ()

    @classmethod
    def load(cls) -> Replies:
        """Read from the database. Blocks."""
        return cls(
            tuple(FallbackReply.objects.filter(active=True, weight__gt=0)),
            tuple(IntentReply.objects.filter(active=True)),
            tuple(DeskText.objects.filter(active=True)),
        )

    def for_intent(self, intent: str, language: str, *, overriding: bool = False) -> str | None:
        """The words for an intent, in the best matching language."""
        for wanted in _languages(language):
            for reply in self.intents:
                if reply.intent == intent and reply.language == wanted and (reply.overrides or not overriding):
                    return reply.text
        return None

    def for_desk(self, case: str, language: str) -> str:
        """The words for a case of the desk, in the best matching language. Empty if staff have written none."""
        for wanted in _languages(language):
            for text in self.desk:
                if text.case == case and text.language == wanted:
                    return text.text
        return ""

    def candidates(self, outcome: str, language: str, *, overriding: bool = False) -> list[FallbackReply]:
        """The most specific matches: outcome and language, then outcome, then language, then any."""
        languages = _languages(language)
        cases = [
            *((outcome, wanted) for wanted in languages),
            *(("", wanted) for wanted in languages),
        ]
        for wanted_outcome, wanted_language in cases:
            found = [
                reply
                for reply in self.fallback
                if (reply.outcome, reply.language) == (wanted_outcome, wanted_language)
                and (reply.overrides or not overriding)
            ]
            if found:
                return found
        return []


def draw(candidates: Iterable[FallbackReply], *, last: str, rng: random.Random) -> str:
    """The text of one of the candidates, by weight. It differs from `last` if any candidate's text does."""
    candidates = list(candidates)
    others = [reply for reply in candidates if reply.text != last] or candidates
    return rng.choices(others, weights=[reply.weight for reply in others])[0].text
