"""The wire of the desk, pure: text frames to values and values to text frames. docs/protocol.md describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from chat.connections import protocol
from chat.connections.protocol import MAX_SEQ, cleaned, decode, is_id
from chat.conversations.desk import Opened
from chat.delivery.desks import Changes
from chat.models import Sender
from chat.storage.desk import Row
from chat.storage.desk_notes import NoteLine, Suggestion
from chat.storage.operators import Operator
from chat.values import NewNote, Page, Rating, Refused, StatusChange, StoredMessage, Typing

MAX_CONVERSATION_CHARACTERS: Final = 36


class Hello(msgspec.Struct, frozen=True):
    pass


class Bots(msgspec.Struct, frozen=True):
    pass


class Open(msgspec.Struct, frozen=True):
    conversation: str
    after: int | None = None


class History(msgspec.Struct, frozen=True):
    conversation: str
    before: int


class Take(msgspec.Struct, frozen=True):
    conversation: str


class GiveBack(msgspec.Struct, frozen=True):
    conversation: str


class PassOn(msgspec.Struct, frozen=True):
    """to: the colleague's key, None for the queue."""

    conversation: str
    to: int | None


class Notes(msgspec.Struct, frozen=True):
    conversation: str


class AddNote(msgspec.Struct, frozen=True):
    conversation: str
    text: str


class Suggestions(msgspec.Struct, frozen=True):
    language: str


class Presence(msgspec.Struct, frozen=True):
    away: bool


class Colleagues(msgspec.Struct, frozen=True):
    pass


class Close(msgspec.Struct, frozen=True):
    conversation: str


class OperatorTyping(msgspec.Struct, frozen=True):
    conversation: str


class OperatorMessage(msgspec.Struct, frozen=True):
    conversation: str
    message: str
    id: str | None = None
    parts: list[dict[str, Any]] = []


class Ping(msgspec.Struct, frozen=True):
    pass


DeskFrame = (
    Hello
    | Bots
    | Open
    | History
    | Take
    | GiveBack
    | PassOn
    | Close
    | OperatorTyping
    | OperatorMessage
    | Notes
    | AddNote
    | Suggestions
    | Presence
    | Colleagues
    | Ping
)
DESK_FRAMES: Final[dict[str, type[DeskFrame]]] = {
    "hello": Hello,
    "bots": Bots,
    "open": Open,
    "history": History,
    "take": Take,
    "give_back": GiveBack,
    "pass": PassOn,
    "close": Close,
    "typing": OperatorTyping,
    "message": OperatorMessage,
    "notes": Notes,
    "note": AddNote,
    "suggestions": Suggestions,
    "presence": Presence,
    "colleagues": Colleagues,
    "ping": Ping,
}


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to hello: who the operator is, and what may be sent."""

    operator: Operator
    max_characters: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The operator has the conversation. by: what colleagues call the operator."""

    conversation: str
    by: str


class PresenceNow(msgspec.Struct, frozen=True):
    away: bool


class ColleaguesList(msgspec.Struct, frozen=True, kw_only=True):
    """The others who have an open desk and may answer."""

    operators: list[Operator]


class NotesList(msgspec.Struct, frozen=True, kw_only=True):
    conversation: str
    notes: list[NoteLine]


class SuggestionsList(msgspec.Struct, frozen=True, kw_only=True):
    language: str
    suggestions: list[Suggestion]


class BotsList(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Row]


def parse(text: str) -> DeskFrame:
    """A desk's text frame as a value, cleaned. Unknown fields are ignored. Raises Refused."""
    frame = decode(text)
    kind = frame.get("type")
    frame_class = DESK_FRAMES.get(kind) if isinstance(kind, str) else None
    conversation = _conversation_of(frame)
    if frame_class is None:
        raise Refused("unknown_type", conversation=conversation)
    try:
        return _convert(frame_class, frame, conversation)
    except Refused as refused:
        refused.conversation = conversation
        raise


def _convert(frame_class: type[DeskFrame], frame: dict[str, Any], conversation: str | None) -> DeskFrame:
    if "conversation" in frame_class.__struct_fields__ and conversation is None:
        raise Refused("bad_field")
    fields = {name: frame[name] for name in frame_class.__struct_fields__ if name in frame}
    try:
        parsed = msgspec.convert(fields, frame_class)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter for a lone surrogate where no text belongs
        if frame_class is not OperatorMessage:
            raise Refused("bad_field") from None
        id = frame.get("id")
        if id is not None and not is_id(id):
            raise Refused("bad_id") from None
        raise Refused("bad_message", id=id) from None
    for field in ("after", "before"):
        if not 0 <= (getattr(parsed, field, None) or 0) <= MAX_SEQ:
            raise Refused("bad_field", "A sequence number is out of range.")
    if isinstance(parsed, OperatorMessage):
        text = cleaned(parsed.message, parsed.id)
        return msgspec.structs.replace(parsed, message=text)
    if isinstance(parsed, AddNote):
        return AddNote(conversation=parsed.conversation, text=cleaned(parsed.text, None))
    return parsed


def _conversation_of(frame: dict[str, Any]) -> str | None:
    """The public id that the frame names. None if it can't be one."""
    public_id = frame.get("conversation")
    if isinstance(public_id, str) and is_id(public_id) and len(public_id) <= MAX_CONVERSATION_CHARACTERS:
        return public_id
    return None


def encode(value: Any, conversation: str | None = None) -> str:
    """The value as a text frame. conversation: the public id of the one that it belongs to, if it doesn't say so itself."""
    if type(value) not in _FRAMES:
        return protocol.encode(value)
    frame = _FRAMES[type(value)](value)
    if conversation is not None:
        frame["conversation"] = conversation
    return msgspec.json.encode(frame).decode()


def _message(message: StoredMessage) -> dict[str, Any]:
    fields = protocol.message_fields(message)
    if message.sender == Sender.BOT:
        fields |= {"intent": message.intent, "outcome": message.outcome, "confidence": message.confidence}
    return fields


def _row(row: Row) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(row),
        "since": protocol.moment(row.since) if row.since else None,
        "at": protocol.moment(row.at),
    }


def _opened(opened: Opened) -> dict[str, Any]:
    facts = opened.facts
    return {
        "type": "opened",
        **_row(facts.row),
        "key": facts.key,
        "origin": facts.origin,
        "began": protocol.moment(facts.began),
        "earlier": [{"key": one.key, "words": one.words, "at": protocol.moment(one.at)} for one in facts.earlier],
        "messages": list(map(_message, opened.messages)),
        "more": opened.more,
        "after": opened.after,
    }


def _welcome(welcome: Welcome) -> dict[str, Any]:
    operator = welcome.operator
    return {
        "type": "ready",
        "operator": {
            "key": operator.key,
            "name": operator.name,
            "label": operator.label,
            "rights": sorted(operator.rights),
            "away": operator.away,
        },
        "limits": protocol.limits(welcome.max_characters),
    }


_FRAMES: Final[Mapping[type, Callable[[Any], dict[str, Any]]]] = {
    Welcome: _welcome,
    Taken: lambda taken: {"type": "taken", "conversation": taken.conversation, "by": taken.by},
    Changes: lambda changes: {
        "type": "list",
        "rows": list(map(_row, changes.rows)),
        "gone": changes.gone,
        "waiting": changes.waiting,
        "all": changes.is_all,
        "late": changes.is_late,
    },
    BotsList: lambda bots: {"type": "bots", "rows": list(map(_row, bots.rows))},
    PresenceNow: lambda presence: {"type": "presence", "away": presence.away},
    ColleaguesList: lambda found: {
        "type": "colleagues",
        "operators": [{"key": one.key, "label": one.label, "away": one.away} for one in found.operators],
    },
    NewNote: lambda note: {"type": "note"},
    NotesList: lambda found: {
        "type": "notes",
        "conversation": found.conversation,
        "notes": [
            {"key": note.key, "by": note.by, "text": note.text, "at": protocol.moment(note.at)} for note in found.notes
        ],
    },
    SuggestionsList: lambda found: {
        "type": "suggestions",
        "language": found.language,
        "suggestions": list(map(msgspec.structs.asdict, found.suggestions)),
    },
    Opened: _opened,
    StoredMessage: lambda message: {"type": "message", **_message(message)},
    Page: lambda page: {"type": "history", "messages": list(map(_message, page.messages)), "more": page.more},
    StatusChange: lambda change: {"type": "status", "status": change.status},
    Typing: lambda typing: {"type": "typing", "sender": typing.sender},
    Rating: lambda rating: {"type": "feedback", "seq": rating.seq, "value": rating.value},
}
"""By type of value: its frame. Others have the frame that visitors get."""
