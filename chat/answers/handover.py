"""When a person is asked for: what the bot says then, and whether the conversation waits."""

from __future__ import annotations

import re
import time
import zoneinfo
from collections.abc import Callable

import msgspec
from django.utils import timezone

from chat import words
from chat.answers.staff_replies import Replies
from chat.cache import Cache
from chat.storage.entries import ConversationRef
from chat.storage.staffing import Staffing

QUIET = 600
"""Seconds in which a visitor isn't told again that nobody is there, unless the visitor asks again."""
ADDRESS_WITHIN = 86_400
"""Seconds after that in which an address that the visitor writes is noted."""

_ADDRESS = re.compile(r"[^\s@<>(),;:\"]{1,64}@[^\s@<>(),;:\"]{1,180}\.[^\s@<>(),;:\".]{2,}")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """text: what the bot says, empty for the provider's own words. waits: the conversation waits for a person now."""

    text: str = ""
    waits: bool = False


class Handover:
    def __init__(
        self,
        *,
        staffing: Cache[Staffing],
        replies: Cache[Replies],
        max_misses: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """max_misses: how often in a row the bot may not understand before a person is asked for, 0 for always."""
        self._staffing = staffing
        self._replies = replies
        self._max_misses = max_misses
        self._clock = clock

    async def is_offered(self) -> bool:
        """Whether visitors may ask for a person: somebody has the right to answer."""
        return (await self._staffing.current()).exists

    def is_one_too_many(self, misses: int) -> bool:
        """Whether a person is asked for after so many misses in a row."""
        return 0 < self._max_misses <= misses

    async def answer(self, conversation: ConversationRef, *, told_at: int, has_words: bool, insists: bool) -> Answer | None:
        """A person is asked for. Return None if it is a reply like any other: nobody may answer at all, or the visitor has
        just been told that nobody is there.

        told_at: as in the conversation's row. has_words: the provider has sent words of its own. insists: the visitor has
        asked for it in words that leave no doubt.
        """
        staffing = await self._staffing.current()
        if not staffing.exists:
            return None
        now = timezone.now()
        if staffing.is_there(conversation.origin, now):
            return Answer(text="" if has_words else await self.say("asked", conversation), waits=True)
        if self._clock() - told_at < QUIET and not insists:
            return None
        opens = staffing.opens(conversation.origin, now)
        if opens is None:
            return Answer(text=await self.say("absent", conversation))
        if conversation.time_zone:
            opens = opens.astimezone(zoneinfo.ZoneInfo(conversation.time_zone))
        day = words.day_and_time(opens, now, conversation.language)
        return Answer(text=await self.say("absent_until", conversation, time=day))

    def address_in(self, text: str, told_at: int) -> str:
        """The e-mail address that a visitor leaves after reading that nobody is there. Empty if it is none."""
        if self._clock() - told_at > ADDRESS_WITHIN:
            return ""
        found = _ADDRESS.search(text)
        return found[0].rstrip(".")[:254] if found else ""

    async def say(self, case: str, conversation: ConversationRef, **values: str) -> str:
        """What visitors read in a case of the desk."""
        own = (await self._replies.current()).for_desk(case, conversation.language)
        return words.notice(case, conversation.language, own, **values)
