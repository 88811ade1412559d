"""Chooses the words that the visitor reads, from the provider's reply and the staff's replies. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from chat.answers.staff_replies import Replies
from chat.models import FallbackReply, Outcome
from chat.text import clean, clean_json
from integrations import Part, Payload, Reply, Text
from integrations.parts import MAX_TEXT_CHARACTERS

MAX_REPLY_BYTES = 32 * 1024
"""The size of all parts of one reply. What goes beyond it is left out."""


def outcome_of(reply: Reply, min_confidence: float) -> Outcome:
    """The outcome of a reply. The threshold counts only for replies with an intent: small talk has none."""
    if reply.is_fallback:
        return Outcome.NO_MATCH
    if reply.intent and reply.confidence is not None and reply.confidence < min_confidence:
        return Outcome.LOW_CONFIDENCE
    return Outcome.ANSWERED


def is_believed(outcome: Outcome) -> bool:
    """Whether the provider's words and intent are used."""
    return outcome in (Outcome.ANSWERED, Outcome.NO_MATCH)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The words, or the fallback replies to draw from (none: the sentence in code).

    payloads: what the provider sent besides the words, for pages that understand it.
    """

    outcome: Outcome
    words: tuple[Part, ...] | None = None
    candidates: tuple[FallbackReply, ...] = ()
    payloads: tuple[Part, ...] = ()


def choose(replies: Replies, reply: Reply, outcome: Outcome, language: str) -> Choice:
    """Choose in this order: a staff reply that overrides, the provider's own words, the staff's words for the intent,
    the staff's words for the outcome. If the confidence is low, nothing of the provider's reply is used."""
    parts, intent = (reply.parts, reply.intent) if is_believed(outcome) else ((), "")
    payloads = tuple(part for part in parts if isinstance(part, Payload))

    if intent and (own := replies.for_intent(intent, language, overriding=True)):
        return Choice(outcome=outcome, words=(*own.said, *payloads))
    if outcome != Outcome.ANSWERED and (found := replies.candidates(outcome, language, overriding=True)):
        return Choice(outcome=outcome, candidates=tuple(found), payloads=payloads)
    if any(map(_is_visible, parts)):
        return Choice(outcome=outcome, words=parts)
    if intent and (own := replies.for_intent(intent, language)):
        return Choice(outcome=outcome, words=(*own.said, *payloads))
    if outcome == Outcome.ANSWERED:
        outcome = Outcome.NO_REPLY if intent else Outcome.NO_MATCH
    found = replies.candidates(outcome, language, overriding=True) or replies.candidates(outcome, language)
    return Choice(outcome=outcome, candidates=tuple(found), payloads=payloads)


def _is_visible(part: Part) -> bool:
    return bool(part.text.strip()) if isinstance(part, Text) else not isinstance(part, Payload)


def storable_parts(parts: Iterable[Part]) -> tuple[str, list[dict[str, Any]]]:
    """The plain text, one line per bubble, and the parts as JSON. Both are cleaned, and the parts fit into MAX_REPLY_BYTES.

    A part that alone is larger becomes its plain text.
    """
    lines: list[str] = []
    stored: list[dict[str, Any]] = []
    size = 0
    for part in parts:
        line = clean(part.plain)
        as_json = {"type": "text", "text": line} if isinstance(part, Text) else clean_json(part.as_json())
        weight = _weight(as_json)
        if weight > MAX_REPLY_BYTES:
            part = Text(line)
            line, as_json = part.text, part.as_json()
            weight = _weight(as_json)
        if isinstance(part, Text) and not line.strip():
            continue
        size += weight
        if size > MAX_REPLY_BYTES:
            break
        stored.append(as_json)
        if line := line.strip():
            lines.append(line)
    return "\n".join(lines)[: 2 * MAX_TEXT_CHARACTERS], stored


def storable_json(values: dict[str, Any]) -> dict[str, Any]:
    """Entities or traits, cleaned. Empty if they are larger than a reply may be."""
    if not values:
        return {}
    cleaned: dict[str, Any] = clean_json(values)
    return cleaned if _weight(cleaned) <= MAX_REPLY_BYTES else {}


def _weight(value: Any) -> int:
    return len(msgspec.json.encode(value))
