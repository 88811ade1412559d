"""From an outcome and a language to the words that staff have written for it.

The replies live in memory and are read anew when they are older than MAX_AGE, or at once after an edit in this
process: an edit made in another process is at work within two seconds.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable

from chat.models import FallbackReply, IntentReply

logger = logging.getLogger(__name__)

MAX_AGE = 1.0
"""Seconds."""
READ_WITHIN = 1.0
"""Seconds that a turn waits for a newer version of what it has."""
LAST_RESORT = "Sorry, I have no answer to that right now. Please put it differently, or try again later."
"""Said where staff have no active reply at all."""


def _languages(language: str) -> list[str]:
    """Best match first: "pt-BR" is served by replies in pt-BR, then pt, then any language."""
    return [language, language.split("-")[0], ""]


@dataclasses.dataclass(frozen=True)
class Replies:
    """The active replies at one moment."""

    fallback: tuple[FallbackReply, ...] = ()
    intents: tuple[IntentReply, ...] = ()

    @classmethod
    def load(cls) -> Replies:
        """Read from the database; blocks."""
        return cls(
            tuple(FallbackReply.objects.filter(active=True, weight__gt=0)),
            tuple(IntentReply.objects.filter(active=True)),
        )

    def for_intent(self, intent: str, language: str, *, overriding: bool = False) -> str | None:
        """The words for an intent, in the best matching language."""
        for wanted in _languages(language):
            for reply in self.intents:
                if reply.intent == intent and reply.language == wanted and (reply.overrides or not overriding):
                    return reply.text
        return None

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
    """The text of one of the candidates, by weight; never the one with the text `last` when there is another."""
    candidates = list(candidates)
    others = [reply for reply in candidates if reply.text != last] or candidates
    return rng.choices(others, weights=[reply.weight for reply in others])[0].text


class ReplyCache:
    """The replies in memory, shared by all turns of the process."""

    def __init__(self, load: Callable[[], Awaitable[Replies]], clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._replies = Replies()
        self._loaded_at = float("-inf")
        self._loading: asyncio.Task[None] | None = None

    def invalidate(self) -> None:
        """Forget what was read; called from any thread."""
        self._loaded_at = float("-inf")

    async def current(self) -> Replies:
        """The replies, at most MAX_AGE old; the ones at hand when the database can't be read."""
        if self._clock() - self._loaded_at > MAX_AGE:
            if self._loading is None or self._loading.done():
                self._loading = asyncio.create_task(self._reload())
            await asyncio.wait({self._loading}, timeout=READ_WITHIN)
        return self._replies

    async def _reload(self) -> None:
        started = self._clock()
        self._loaded_at = started
        try:
            self._replies = await self._load()
        except Exception as error:  # noqa: BLE001 - words at hand beat none
            self.invalidate()
            logger.warning("The staff's replies can't be read (%s); the ones read before are used.", type(error).__name__)
