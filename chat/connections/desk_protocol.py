"""The wire of the desk, pure: text frames to values and values to text frames. docs/protocol.md describes it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from chat.connections import protocol
from chat.connections.protocol import cleaned, decode, is_id
from chat.values import Refused

MAX_CONVERSATION_CHARACTERS: Final = 36


class Take(msgspec.Struct, frozen=True):
    conversation: str


class GiveBack(msgspec.Struct, frozen=True):
    conversation: str


class Close(msgspec.Struct, frozen=True):
    conversation: str


class OperatorTyping(msgspec.Struct, frozen=True):
    conversation: str


class OperatorMessage(msgspec.Struct, frozen=True):
    conversation: str
    message: str
    id: str | None = None


class Ping(msgspec.Struct, frozen=True):
    pass


DeskFrame = Take | GiveBack | Close | OperatorTyping | OperatorMessage | Ping
DESK_FRAMES: Final[dict[str, type[DeskFrame]]] = {
    "take": Take,
    "give_back": GiveBack,
    "close": Close,
    "typing": OperatorTyping,
    "message": OperatorMessage,
    "ping": Ping,
}


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The operator has the conversation. by: what colleagues call the operator."""

    conversation: str
    by: str


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
    if isinstance(parsed, OperatorMessage):
        text = cleaned(parsed.message, parsed.id)
        return OperatorMessage(conversation=parsed.conversation, message=text, id=parsed.id)
    return parsed


def _conversation_of(frame: dict[str, Any]) -> str | None:
    """The public id that the frame names. None if it can't be one."""
    public_id = frame.get("conversation")
    if isinstance(public_id, str) and is_id(public_id) and len(public_id) <= MAX_CONVERSATION_CHARACTERS:
        return public_id
    return None


def encode(value: Any) -> str:
    """The value as a text frame."""
    if isinstance(value, Taken):
        frame = {"type": "taken", "conversation": value.conversation, "by": value.by}
        return msgspec.json.encode(frame).decode()
    return protocol.encode(value)
