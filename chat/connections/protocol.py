"""The wire format, pure: turns text frames into values and back. docs/protocol.md describes it, tests/golden/ has
examples."""

from __future__ import annotations

import datetime
import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from chat.text import clean, is_storable
from chat.values import (
    APOLOGIES,
    MAX_FRAME_BYTES,
    MAX_ID_CHARACTERS,
    Ack,
    Page,
    Rating,
    Ready,
    Refused,
    StatusChange,
    StoredMessage,
    Typing,
    Value,
)

MAX_SEQ: Final = 2**31 - 1

CLOSE_FLOOD: Final = 4008
CLOSE_COME_BACK: Final = 4012
CLOSE_LOGGED_OUT: Final = 4501
OUTFLOW: Final = "chat.outflow"
"""The extension of the ASGI scope by which the server gives a connection's Outflow."""


class Hello(msgspec.Struct, frozen=True):
    token: str | None = None
    after: int | None = None
    language: str | None = None
    time_zone: str | None = None


class VisitorMessage(msgspec.Struct, frozen=True):
    message: str
    id: str | None = None


class History(msgspec.Struct, frozen=True):
    before: int


class Ping(msgspec.Struct, frozen=True):
    pass


class VisitorTyping(msgspec.Struct, frozen=True):
    pass


class Feedback(msgspec.Struct, frozen=True):
    seq: int
    value: Literal["up", "down"] | None


class End(msgspec.Struct, frozen=True):
    pass


ClientFrame = Hello | VisitorMessage | History | Ping | VisitorTyping | Feedback | End
CLIENT_FRAMES: Final[dict[str, type[ClientFrame]]] = {
    "hello": Hello,
    "message": VisitorMessage,
    "history": History,
    "ping": Ping,
    "typing": VisitorTyping,
    "feedback": Feedback,
    "end": End,
}


def _no_constant(name: str) -> None:
    raise ValueError(name)


_JSON: Final = json.JSONDecoder(parse_constant=_no_constant)


def decode(text: str) -> dict[str, Any]:
    """A client's text frame as an object. Raises Refused."""
    if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise Refused("too_large")
    try:
        frame = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise Refused("bad_json") from None
    if not isinstance(frame, dict):
        raise Refused("not_an_object")
    return frame


def parse(text: str) -> ClientFrame:
    """A visitor's text frame as a value, cleaned; unknown fields are ignored. Raises Refused."""
    frame = decode(text)
    kind = frame.get("type", "message")
    frame_class = CLIENT_FRAMES.get(kind) if isinstance(kind, str) else None
    if frame_class is None:
        raise Refused("unknown_type")
    fields = {name: frame[name] for name in frame_class.__struct_fields__ if name in frame}
    try:
        parsed = msgspec.convert(fields, frame_class)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter if a field of another type is a lone surrogate
        raise _wrong_field(frame_class, frame) from None
    if isinstance(parsed, VisitorMessage):
        return VisitorMessage(message=cleaned(parsed.message, parsed.id), id=parsed.id)
    for field in ("after", "before", "seq"):
        seq = getattr(parsed, field, None)
        if seq is not None and not 0 <= seq <= MAX_SEQ:
            raise Refused("bad_field", "A sequence number is out of range.")
    return parsed


def _wrong_field(frame_class: type[ClientFrame], frame: dict[str, Any]) -> Refused:
    if frame_class is not VisitorMessage:
        return Refused("bad_field")
    id = frame.get("id")
    if id is not None and not is_id(id):
        return Refused("bad_id")
    return Refused("bad_message", id=id)


def is_id(id: object) -> bool:
    return isinstance(id, str) and 1 <= len(id) <= MAX_ID_CHARACTERS and is_storable(id)


_EMPTY: Final = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
"""White space, and what Unicode calls default ignorable: characters that nobody can see."""


def cleaned(message: str, id: str | None) -> str:
    """The text of a message as it is stored. Raises Refused if the id is none, or the text is empty."""
    if id is not None and not is_id(id):
        raise Refused("bad_id")
    text = clean(message)
    if _EMPTY.fullmatch(text):
        raise Refused("empty", id=id)
    return text


def limits(max_characters: int) -> dict[str, int]:
    """The limits that `ready` tells the client."""
    return {"message_characters": max_characters, "frame_bytes": MAX_FRAME_BYTES}


def encode(value: Value | Pong) -> str:
    """The value as a text frame."""
    return msgspec.json.encode(_FRAMES[type(value)](value)).decode()


class Pong(msgspec.Struct, frozen=True):
    pass


@functools.lru_cache(maxsize=64)  # all messages of a batch have the same time
def moment(at: datetime.datetime) -> str:
    """A time as ISO 8601 in UTC."""
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def message_fields(message: StoredMessage) -> dict[str, Any]:
    """A message as a visitor gets it."""
    return {
        "seq": message.seq,
        "sender": message.sender,
        "id": message.id,
        "message": message.text,
        "parts": message.parts,
        "in_reply_to": message.in_reply_to,
        "at": moment(message.at),
        "feedback": message.feedback,
        **({"name": message.name} if message.name else {}),
        **({"apology": True} if message.outcome in APOLOGIES else {}),
    }


def _ready(ready: Ready) -> dict[str, Any]:
    return {
        "type": "ready",
        "token": ready.token,
        "conversation": ready.conversation,
        "language": ready.language,
        "resumed": ready.resumed,
        "stored": ready.stored,
        "seq": ready.seq,
        "status": ready.status,
        "messages": list(map(message_fields, ready.messages)),
        "more": ready.more,
        "limits": limits(ready.max_characters),
    }


def _error(refused: Refused) -> dict[str, Any]:
    optional = {
        "conversation": refused.conversation,
        "id": refused.id,
        "limit": refused.limit,
        "retry_after": refused.retry_after,
        "by": refused.by,
    }
    return {
        "type": "error",
        "code": refused.code,
        "message": refused.message,
        "temporary": refused.is_temporary,
        **{name: value for name, value in optional.items() if value is not None},
    }


_FRAMES: Final[Mapping[type, Callable[[Any], dict[str, Any]]]] = {
    Ready: _ready,
    Ack: lambda ack: {"type": "ack", "id": ack.id, "seq": ack.seq},
    StoredMessage: lambda message: {"type": "message", **message_fields(message)},
    Page: lambda page: {"type": "history", "messages": list(map(message_fields, page.messages)), "more": page.more},
    StatusChange: lambda change: {"type": "status", "status": change.status},
    Typing: lambda typing: {"type": "typing", "sender": typing.sender},
    Rating: lambda rating: {"type": "feedback", "seq": rating.seq, "value": rating.value},
    Pong: lambda pong: {"type": "pong"},
    Refused: _error,
}
"""By type of value: the function that makes its frame."""
