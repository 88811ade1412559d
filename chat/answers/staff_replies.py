"""Finds the words that staff have written for an outcome or an intent, by language."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable
from typing import TypeVar

from chat.models import DeskText, FallbackReply, IntentReply
from chat.text import composed
from integrations.languages import match

T = TypeVar("T", DeskText, FallbackReply, IntentReply)

LAST_RESORT = "Sorry, I have no answer to that right now. Please put it differently, or try again later."
"""Used if staff have no active reply at all."""


def _in_language(replies: list[T], language: str) -> list[T]:
    """Those in the language that serves a conversation's, otherwise those for any language."""
    if not replies:
        return []
    written = tuple(sorted({reply.language for reply in replies if reply.language}))
    wanted = match(language, written) or ""
    return [reply for reply in replies if reply.language == wanted]


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

    def for_intent(self, intent: str, language: str, *, overriding: bool = False) -> IntentReply | None:
        """The reply to an intent, in the best matching language."""
        intent = composed(intent)
        found = [reply for reply in self.intents if composed(reply.intent) == intent and (reply.overrides or not overriding)]
        return next(iter(_in_language(found, language)), None)

    def for_desk(self, case: str, language: str) -> str:
        """The words for a case of the desk, in the best matching language. Empty if staff have written none."""
        found = [text for text in self.desk if text.case == case]
        return next((text.text for text in _in_language(found, language)), "")

    def candidates(self, outcome: str, language: str, *, overriding: bool = False) -> list[FallbackReply]:
        """The most specific matches: outcome and language, then outcome, then language, then any."""
        for wanted in (outcome, ""):
            found = [reply for reply in self.fallback if reply.outcome == wanted and (reply.overrides or not overriding)]
            if matching := _in_language(found, language):
                return matching
        return []


def draw(candidates: Iterable[FallbackReply], *, last: str, rng: random.Random) -> FallbackReply:
    """One of the candidates, by weight. Its text differs from `last` if any candidate's text does."""
    candidates = list(candidates)
    others = [reply for reply in candidates if reply.text != last] or candidates
    return rng.choices(others, weights=[reply.weight for reply in others])[0]
