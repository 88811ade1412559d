"""Finding messages by their words, and showing where the words are."""

from __future__ import annotations

import functools
import operator
import re
import unicodedata
from collections.abc import Iterable

from django.db import connection
from django.db.models import BooleanField, F, Func, Min, Q, QuerySet, Value
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import smart_split, unescape_string_literal

from chat.models import Message

BEFORE = 40
"""Characters that a snippet shows before the first word found."""
SNIPPET = 160
"""Characters of a snippet."""


class Glob(Func):
    """SQLite's GLOB: it is case-sensitive, and a set of letters matches one letter."""

    template = "%(expressions)s"
    arg_joiner = " GLOB "
    output_field = BooleanField()


def words_of(query: str) -> list[str]:
    """What a query asks for. Words in quotes are one."""
    return [_unquoted(word) for word in smart_split(query)]


def with_words(words: Iterable[str]) -> QuerySet[Message]:
    """The messages that contain each of the words, in no order."""
    return Message.objects.filter(*map(_contains, words)).order_by()


def first_hits(conversations: Iterable[int], words: list[str]) -> dict[int, Message]:
    """The first message of each conversation that contains the words, by the conversation's key."""
    found = with_words(words).filter(conversation__in=list(conversations))
    first = found.values("conversation").annotate(first=Min("id")).values("first")
    return {message.conversation_id: message for message in Message.objects.filter(pk__in=first)}


def snippet(text: str, words: list[str]) -> SafeString:
    """The text around the first of the words. Every word in it is marked."""
    forms = sorted({form for word in words for form in _forms(word)}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)
    found = pattern.search(text)
    start = max(0, found.start() - BEFORE) if found else 0
    if found and start:  # with a whole word, if there is one
        start = text.find(" ", start, found.start()) + 1 or start
    end = start + SNIPPET
    piece, place, marked = text[start:end], 0, []
    for match in pattern.finditer(piece):
        marked.append((piece[place : match.start()], match[0]))
        place = match.end()
    return format_html(
        "{}{}{}{}",
        "…" if start else "",
        format_html_join("", "{}<mark>{}</mark>", marked),
        piece[place:],
        "…" if end < len(text) else "",
    )


def _forms(word: str) -> set[str]:
    """Old rows may hold a letter and its accent apart."""
    return {unicodedata.normalize(form, word) for form in ("NFC", "NFD")}


def _contains(word: str) -> Q:
    """Matches messages with the word, in capitals or small letters."""
    return functools.reduce(operator.or_, (Q(_contains_form(form)) for form in sorted(_forms(word))))


def _contains_form(word: str) -> Q | Glob:
    if connection.vendor != "sqlite" or word.isascii():
        return Q(text__icontains=word)
    # SQLite's LIKE ignores the case of ASCII letters only, so the pattern names both cases of every letter.
    return Glob(F("text"), Value(f"*{''.join(map(_either_case, word))}*"))


def _either_case(character: str) -> str:
    cases = {case for case in (character, character.lower(), character.upper()) if len(case) == 1}
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 or character in "*?[" else character


def _unquoted(word: str) -> str:
    return unescape_string_literal(word) if word[0] in "\"'" and word[0] == word[-1] and len(word) > 2 else word
