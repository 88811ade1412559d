"""The wire, pure: bytes in, frames out. docs/protocol.md is its description, tests/golden/ its examples."""

from __future__ import annotations

import datetime
import functools
import json
import re
from typing import Any, Final, Literal

import msgspec

MAX_FRAME_BYTES: Final = 64 * 1024
MAX_PAGE_BYTES: Final = 256 * 1024
"""What the messages of one ready or history frame may weigh together; the server sends no frame over 1 MiB."""
PAGE_MESSAGES: Final = 50
MAX_REPLY_BYTES: Final = 32 * 1024
"""What the parts of one reply may weigh; what a provider sends beyond it is left out."""
MAX_TEXT_CHARACTERS: Final = 8000
MAX_DEPTH: Final = 50
"""Of what a provider's reply may hold; deeper, encoders and databases refuse it."""
MAX_ID_CHARACTERS: Final = 64
MAX_SEQ: Final = 2**31 - 1

CLOSE_FLOOD: Final = 4008
CLOSE_COME_BACK: Final = 4012

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")

ERRORS: Final = {
    "bad_json": (False, "The frame is not valid JSON."),
    "not_an_object": (False, "The frame is not a JSON object."),
    "unknown_type": (False, "The frame's type is unknown."),
    "bad_field": (False, "A field of the frame has the wrong type or is missing."),
    "bad_id": (False, f"The id must be a text of 1 to {MAX_ID_CHARACTERS} characters."),
    "bad_message": (False, "The message must be a text."),
    "empty": (False, "The message is empty."),
    "too_long": (False, "The message is too long."),
    "too_large": (False, f"The frame is larger than {MAX_FRAME_BYTES // 1024} KiB."),
    "binary": (False, "Only text frames are understood."),
    "rate_limited": (True, "Too much was sent in a short time. Wait a moment and send it again."),
    "busy": (True, "Too many messages are waiting for an answer. Send it again in a moment."),
    "try_again": (True, "The database can't be reached. Try again in a moment."),
    "draining": (True, "The server is about to restart. Send it again in a moment."),
    "internal": (True, "Something went wrong on the server. Try again in a moment."),
}
"""Error code -> whether it is temporary (the same frame may succeed later), and the sentence for people."""


class Refused(Exception):
    """A frame that can't be served; it becomes an error frame and the connection stays open."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        id: str | None = None,
        limit: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or ERRORS[code][1]
        self.id = id
        self.limit = limit
        self.retry_after = retry_after


class Hello(msgspec.Struct, frozen=True):
    token: str | None = None
    after: int | None = None
    language: str | None = None


class VisitorMessage(msgspec.Struct, frozen=True):
    message: str
    id: str | None = None


class History(msgspec.Struct, frozen=True):
    before: int


class Ping(msgspec.Struct, frozen=True):
    pass


class Typing(msgspec.Struct, frozen=True):
    pass


class Feedback(msgspec.Struct, frozen=True):
    seq: int
    value: Literal["up", "down"] | None


class End(msgspec.Struct, frozen=True):
    pass


ClientFrame = Hello | VisitorMessage | History | Ping | Typing | Feedback | End
CLIENT_FRAMES: Final[dict[str, type[ClientFrame]]] = {
    "hello": Hello,
    "message": VisitorMessage,
    "history": History,
    "ping": Ping,
    "typing": Typing,
    "feedback": Feedback,
    "end": End,
}


def _no_constant(name: str) -> None:
    raise ValueError(name)


_JSON: Final = json.JSONDecoder(parse_constant=_no_constant)


def parse(text: str) -> ClientFrame:
    """A client's text frame as a value, cleaned; unknown fields are ignored. Raises Refused."""
    if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise Refused("too_large")
    try:
        frame = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise Refused("bad_json") from None
    if not isinstance(frame, dict):
        raise Refused("not_an_object")
    kind = frame.get("type", "message")
    frame_class = CLIENT_FRAMES.get(kind) if isinstance(kind, str) else None
    if frame_class is None:
        raise Refused("unknown_type")
    fields = {name: frame[name] for name in frame_class.__struct_fields__ if name in frame}
    try:
        parsed = msgspec.convert(fields, frame_class)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter for a lone surrogate where no text belongs
        raise _wrong_field(frame_class, frame) from None
    if isinstance(parsed, VisitorMessage):
        return _cleaned(parsed)
    for field in ("after", "before", "seq"):
        seq = getattr(parsed, field, None)
        if seq is not None and not 0 <= seq <= MAX_SEQ:
            raise Refused("bad_field", "A sequence number is out of range.")
    return parsed


def _wrong_field(frame_class: type[ClientFrame], frame: dict[str, Any]) -> Refused:
    if frame_class is not VisitorMessage:
        return Refused("bad_field")
    id = frame.get("id")
    if id is not None and not _is_id(id):
        return Refused("bad_id")
    return Refused("bad_message", id=id)


def _is_id(id: object) -> bool:
    return isinstance(id, str) and 1 <= len(id) <= MAX_ID_CHARACTERS and not _UNSTORABLE.search(id)


def _cleaned(frame: VisitorMessage) -> VisitorMessage:
    if frame.id is not None and not _is_id(frame.id):
        raise Refused("bad_id")
    text = clean(frame.message)
    if not text.strip():
        raise Refused("empty", id=frame.id)
    return VisitorMessage(message=text, id=frame.id)


def clean(text: str) -> str:
    """Text that every database, provider and browser takes.

    NUL and lone surrogates become U+FFFD, line ends become a line feed, other control characters are dropped.
    """
    if text.isprintable():  # the common case, and much quicker to see
        return text
    text = _UNSTORABLE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def clean_json(value: Any, depth: int = MAX_DEPTH) -> Any:
    """`clean` for every text of a JSON value; lists and objects more than `depth` deep become null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [clean_json(item, depth - 1) for item in value] if depth else None
    if isinstance(value, dict):
        return {clean(key): clean_json(item, depth - 1) for key, item in value.items()} if depth else None
    return value


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A committed message as the wire shows it.

    at: in UTC. id: the client's, on a visitor's message. in_reply_to: the client's id of the message that this one answers.
    feedback: what the visitor thinks of it, "up" or "down".
    """

    seq: int
    sender: str
    text: str
    at: datetime.datetime
    parts: list[dict[str, Any]] = []
    id: str | None = None
    in_reply_to: str | None = None
    feedback: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "sender": self.sender,
            "id": self.id,
            "message": self.text,
            "parts": self.parts,
            "in_reply_to": self.in_reply_to,
            "at": _moment(self.at),
            "feedback": self.feedback,
        }

    def size(self) -> int:
        """Bytes on the wire."""
        return len(msgspec.json.encode(self.as_json()))


@functools.lru_cache(maxsize=64)  # all messages of a batch have one time
def _moment(at: datetime.datetime) -> str:
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _frame(type: str, **fields: Any) -> str:
    return msgspec.json.encode({"type": type, **fields}).decode()


def limits(max_characters: int) -> dict[str, int]:
    """What a client may send, as it is told."""
    return {"message_characters": max_characters, "frame_bytes": MAX_FRAME_BYTES}


def ready(
    *,
    token: str,
    conversation: str,
    language: str,
    resumed: bool,
    seq: int,
    status: str,
    messages: list[StoredMessage],
    more: bool,
    max_characters: int,
) -> str:
    return _frame(
        "ready",
        token=token,
        conversation=conversation,
        language=language,
        resumed=resumed,
        seq=seq,
        status=status,
        messages=[message.as_json() for message in messages],
        more=more,
        limits=limits(max_characters),
    )


def ack(*, id: str, seq: int) -> str:
    return _frame("ack", id=id, seq=seq)


def typing(*, sender: str) -> str:
    return _frame("typing", sender=sender)


def message(stored: StoredMessage) -> str:
    return msgspec.json.encode({"type": "message", **stored.as_json()}).decode()


def history(messages: list[StoredMessage], *, more: bool) -> str:
    return _frame("history", messages=[message.as_json() for message in messages], more=more)


def pong() -> str:
    return _frame("pong")


def status(status: str) -> str:
    return _frame("status", status=status)


def feedback(*, seq: int, value: str | None) -> str:
    return _frame("feedback", seq=seq, value=value)


def error(refused: Refused) -> str:
    """An error frame.

    id: the client's, of the message that was refused. limit: the number that it passed. retry_after: seconds.
    """
    optional = {"id": refused.id, "limit": refused.limit, "retry_after": refused.retry_after}
    return _frame(
        "error",
        code=refused.code,
        message=refused.message,
        temporary=ERRORS[refused.code][0],
        **{name: value for name, value in optional.items() if value is not None},
    )
