"""What the writer is given to store, and what becomes of it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import msgspec


class NotStored(Exception):
    """The database took nothing in time; nothing was acknowledged."""


class Superfluous(NotStored):
    """There is no place for it: the conversation was deleted meanwhile, has been greeted before, or has nothing to end."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Address:
    """Which conversation a message belongs to, and what its row is made of if this is the first message."""

    public_id: str
    language: str
    origin: str = ""


class Entry(msgspec.Struct, kw_only=True):
    """One message to be stored.

    client_id: a visitor's message is stored once per client_id.
    in_reply_to: the key of the message that this one answers; whoever answers second loses.
    welcome: the greeting, stored once per conversation.
    continues: the visitor has seen messages before it, so that a conversation without a row is one that was deleted.
    status: what the conversation's status becomes; empty: it stays. Only an open conversation with messages can be closed,
    and one that is closed stays so until its visitor writes.
    """

    address: Address
    sender: str
    text: str
    parts: list[dict[str, Any]] = []
    client_id: str | None = None
    in_reply_to: int | None = None
    intent: str = ""
    confidence: float | None = None
    entities: dict[str, Any] = {}
    outcome: str = ""
    provider: str = ""
    latency_ms: int | None = None
    welcome: bool = False
    continues: bool = False
    status: str = ""


class Stored(msgspec.Struct):
    """A committed message and its row's key, and the conversation's status with it.

    new: False where it had been stored before; nothing was written, and the status is empty.
    moved: another process took the visitor's message before this one.
    """

    key: int
    seq: int
    at: datetime.datetime
    new: bool
    status: str = ""
    moved: bool = False


Result = Stored | Exception
