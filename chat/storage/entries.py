"""What the writer stores, and what it returns."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import msgspec

from chat.storage.status import SENDERS, Kind, Reason


class NotStored(Exception):
    """The database stored nothing in time. Nothing was acknowledged, and trying again may help."""


class Unstorable(NotStored):
    """The database refuses this entry. Trying again doesn't help. The log says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConversationRef:
    """Which conversation an entry belongs to. For the first entry, its row is made of these values."""

    public_id: str
    language: str
    origin: str = ""
    time_zone: str = ""


class Entry(msgspec.Struct, kw_only=True):
    """One message to be stored. Fields that have a column's name are stored in it.

    client_id: a visitor's message is stored once per client_id.
    in_reply_to_id, in_reply_to_seq: the key and the seq of the message that a reply answers. A second reply is refused.
    seen: the seq up to which its visitor has seen the conversation. If that has fewer messages, it was deleted.
    is_miss: the bot didn't understand, in a way that counts. tells_absence: it says that nobody is there.
    author, name: the key and the public name of the operator who adds it. to: for HAND_ON, the key of the next operator.
    """

    conversation: ConversationRef
    kind: Kind
    text: str
    parts: list[dict[str, Any]] = []
    client_id: str | None = None
    in_reply_to_id: int | None = None
    in_reply_to_seq: int = 0
    intent: str = ""
    confidence: float | None = None
    entities: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    outcome: str = ""
    provider: str = ""
    latency_ms: int | None = None
    seen: int = 0
    author: int | None = None
    name: str = ""
    to: int | None = None
    is_miss: bool = False
    tells_absence: bool = False

    @property
    def sender(self) -> str:
        return SENDERS[self.kind]


class Stored(msgspec.Struct, kw_only=True):
    """A message that has just been committed: its row's key, its seq, and the conversation's status after it.

    moved: another process took the visitor's message before this one.
    returned: the seq at which an operator last gave the conversation back, 0 if none ever had it.
    misses, told_at: as in the conversation's row.
    """

    key: int
    seq: int
    at: datetime.datetime
    status: str
    moved: bool = False
    returned: int = 0
    misses: int = 0
    told_at: int = 0


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """The message was stored before, or the message has its reply already. Key and seq are the stored one's.

    last_seq, status: of the conversation, now.
    """

    key: int
    seq: int
    last_seq: int
    status: str


class Refusal(msgspec.Struct, frozen=True):
    """The entry can't be added to its conversation. Trying again doesn't help.

    holder: the key of the operator who has the conversation.
    """

    reason: Reason
    holder: int | None = None


Result = Stored | Repeat | Refusal
