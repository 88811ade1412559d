"""What operators have beside a conversation: notes, ready-made answers, and the admin's history. All of it blocks."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from chat.models import Conversation, IntentReply, Note, ReadyAnswer
from chat.storage import operators

MAX_NOTES = 100


class NoteLine(msgspec.Struct, frozen=True, kw_only=True):
    """by: what colleagues call the author."""

    key: int
    by: str
    text: str
    at: datetime.datetime


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A text that an operator may insert.

    parts: what comes below it. intent: whether it is the bot's answer to an intent of this name.
    """

    name: str
    text: str
    intent: bool
    parts: list[dict[str, Any]] = []


def notes(public_id: str) -> list[NoteLine]:
    """The last notes about a conversation, in order."""
    found = Note.objects.filter(conversation__public_id=public_id).select_related("author__operator").order_by("-pk")
    return [
        NoteLine(key=note.pk, by=operators.label(note.author) if note.author else "", text=note.text, at=note.created_at)
        for note in found[:MAX_NOTES]
    ][::-1]


def add_note(public_id: str, author: int, text: str) -> bool:
    """False if there is no such conversation."""
    conversation = Conversation.objects.filter(public_id=public_id).first()
    if conversation is not None:
        Note.objects.create(conversation=conversation, author_id=author, text=text)
    return conversation is not None


def suggestions(language: str) -> list[Suggestion]:
    """The ready-made answers and the intent replies for a language, those for any language after them."""
    wanted = [language, language.split("-")[0], ""]
    found: list[tuple[ReadyAnswer | IntentReply, str]] = [
        *((one, one.name) for one in ReadyAnswer.objects.filter(language__in=wanted)),
        *((one, one.intent) for one in IntentReply.objects.filter(language__in=wanted, active=True)),
    ]
    found.sort(key=lambda pair: (isinstance(pair[0], IntentReply), wanted.index(pair[0].language), pair[1].casefold()))
    return [
        Suggestion(name=name, text=one.text, intent=isinstance(one, IntentReply), parts=one.parts) for one, name in found
    ]


def log(author: int, public_id: str, what: str) -> None:
    """Note in the admin's history what an operator did."""
    conversation = Conversation.objects.filter(public_id=public_id).first()
    if conversation is None:
        return
    LogEntry.objects.create(
        user_id=author,
        content_type=ContentType.objects.get_for_model(Conversation),
        object_id=str(conversation.pk),
        object_repr=public_id,
        action_flag=CHANGE,
        change_message=what,
    )
