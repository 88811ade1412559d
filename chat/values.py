"""What a conversation sends to its participants. A connection encodes these values, and a terminal prints them."""

from __future__ import annotations

import datetime
from typing import Any, Final

import msgspec

MAX_PAGE_BYTES: Final = 256 * 1024
"""The size of all messages of one page, as JSON."""
PAGE_MESSAGES: Final = 50
MAX_FRAME_BYTES: Final = 64 * 1024
"""The limit for a client's frame. The server sends no frame over 1 MiB."""
MAX_ID_CHARACTERS: Final = 64

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
    "forbidden": (False, "Your account may not do this. Ask whoever manages accounts for the right to answer."),
    "gone": (False, "The conversation was deleted, or there has never been one with this id."),
    "closed": (False, "The conversation has ended."),
    "taken": (False, "Somebody else has this conversation."),
    "not_held": (False, "Nobody has this conversation. Take it first."),
    "nobody": (False, "This colleague has no open desk, or may not answer."),
    "internal": (True, "Something went wrong on the server. Try again in a moment."),
}
"""Error code -> whether it is temporary (the same request may succeed later), and the sentence for people."""


class Refused(Exception):
    """A request was refused. The connection stays open. It is also a value, which can be sent.

    id: the client's, of the refused message. limit: the limit that was exceeded. retry_after: seconds.
    conversation: the public id, for an operator, who has several. by: what colleagues call whoever has it.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        id: str | None = None,
        limit: int | None = None,
        retry_after: float | None = None,
        conversation: str | None = None,
        by: str | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or ERRORS[code][1]
        self.id = id
        self.limit = limit
        self.retry_after = retry_after
        self.conversation = conversation
        self.by = by

    @property
    def is_temporary(self) -> bool:
        return ERRORS[self.code][0]


APOLOGIES: Final = frozenset(
    {"timeout", "unavailable", "rate_limited", "authentication", "rejected", "invalid_response", "internal"}
)
"""The outcomes (chat.models.Outcome) of a turn in which something failed. Their replies answer nothing."""


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A committed message.

    at: in UTC. id: the client's, set on a visitor's message. in_reply_to: the client's id of the message that this answers.
    feedback: the visitor's opinion, "up" or "down". name: the operator's public name, set on what an operator wrote or did.
    intent, outcome, confidence: how the bot's reply came about, which only staff see.
    """

    seq: int
    sender: str
    text: str
    at: datetime.datetime
    parts: list[dict[str, Any]] = []
    id: str | None = None
    in_reply_to: str | None = None
    feedback: str | None = None
    name: str = ""
    intent: str = ""
    outcome: str = ""
    confidence: float | None = None


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as its visitor sees it on return.

    stored: whether it has a row. more: whether there are older messages than these.
    """

    token: str
    conversation: str
    language: str
    resumed: bool
    stored: bool
    seq: int
    status: str
    messages: list[StoredMessage]
    more: bool
    max_characters: int


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor's message is committed."""

    id: str
    seq: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Older messages. more: whether there are even older ones."""

    messages: list[StoredMessage]
    more: bool


class StatusChange(msgspec.Struct, frozen=True):
    status: str


class Typing(msgspec.Struct, frozen=True):
    sender: str


class NewNote(msgspec.Struct, frozen=True):
    """Somebody has written a note about the conversation. Only desks are told."""


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The visitor's opinion of a reply: "up", "down", or None for nothing."""

    seq: int
    value: str | None


Value = Ready | Ack | StoredMessage | Page | StatusChange | Typing | Rating | NewNote | Refused
