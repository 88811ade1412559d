"""What each kind of entry does to a conversation's status."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from chat.models import Sender, Status


class Kind(enum.StrEnum):
    """What an entry is."""

    MESSAGE = "message"
    """A visitor's message."""
    REPLY = "reply"
    HANDOFF = "handoff"
    """A reply that asks for a person."""
    FAREWELL = "farewell"
    """A reply that ends the conversation."""
    WELCOME = "welcome"
    """The bot's greeting, which answers no message."""
    END = "end"
    """The notice that the visitor has ended the conversation."""
    TAKE = "take"
    """The notice that an operator has joined. From here on nothing awaits the bot."""
    OPERATOR = "operator"
    """An operator's message."""
    RETURN = "return"
    """The notice that the operator has left and the bot answers again."""
    HAND_ON = "hand_on"
    """The notice that another operator takes over."""
    QUEUE = "queue"
    """The notice that the operator has given the conversation back to the queue."""
    LOST = "lost"
    """The notice that the operator has been gone for too long, and the conversation waits again."""
    MISSED = "missed"
    """The notice that no operator has taken the conversation in time."""
    CLOSE = "close"
    """The notice that the operator has ended the conversation."""


class Reason(enum.Enum):
    """Why an entry can't be added to a conversation."""

    DELETED = "the conversation was deleted"
    GREETED = "the conversation was greeted before"
    NOTHING_TO_END = "the conversation is closed, or nothing was said"
    SETTLED = "the message doesn't await a reply any more"
    TAKEN = "an operator holds the conversation"
    FREE = "no operator holds the conversation"
    CLOSED = "the conversation is closed"


SENDERS: Final[Mapping[Kind, str]] = {
    Kind.MESSAGE: Sender.VISITOR.value,
    Kind.REPLY: Sender.BOT.value,
    Kind.HANDOFF: Sender.BOT.value,
    Kind.FAREWELL: Sender.BOT.value,
    Kind.WELCOME: Sender.BOT.value,
    Kind.END: Sender.SYSTEM.value,
    Kind.TAKE: Sender.SYSTEM.value,
    Kind.OPERATOR: Sender.OPERATOR.value,
    Kind.RETURN: Sender.SYSTEM.value,
    Kind.HAND_ON: Sender.SYSTEM.value,
    Kind.QUEUE: Sender.SYSTEM.value,
    Kind.LOST: Sender.SYSTEM.value,
    Kind.MISSED: Sender.SYSTEM.value,
    Kind.CLOSE: Sender.SYSTEM.value,
}

_BOT, _WAITING, _OPERATOR, _CLOSED = (
    status.value for status in (Status.BOT, Status.WAITING, Status.OPERATOR, Status.CLOSED)
)
_NOT_HELD: Final = {_BOT: Reason.FREE, _WAITING: Reason.FREE, _CLOSED: Reason.CLOSED}
_STAYS = {_BOT: _BOT, _WAITING: _WAITING, _OPERATOR: _OPERATOR, _CLOSED: _CLOSED}

NEXT: Final[Mapping[Kind, Mapping[str, str | Reason]]] = {
    Kind.MESSAGE: {**_STAYS, _CLOSED: _BOT},
    Kind.REPLY: _STAYS,
    Kind.WELCOME: _STAYS,
    Kind.HANDOFF: {**_STAYS, _BOT: _WAITING},
    Kind.FAREWELL: {**_STAYS, _BOT: _CLOSED, _WAITING: _CLOSED},
    Kind.END: {_BOT: _CLOSED, _WAITING: _CLOSED, _OPERATOR: _CLOSED, _CLOSED: Reason.NOTHING_TO_END},
    Kind.TAKE: {_BOT: _OPERATOR, _WAITING: _OPERATOR, _OPERATOR: Reason.TAKEN, _CLOSED: Reason.CLOSED},
    Kind.OPERATOR: {**_NOT_HELD, _OPERATOR: _OPERATOR},
    Kind.RETURN: {**_NOT_HELD, _OPERATOR: _BOT},
    Kind.HAND_ON: {**_NOT_HELD, _OPERATOR: _OPERATOR},
    Kind.QUEUE: {**_NOT_HELD, _OPERATOR: _WAITING},
    Kind.LOST: {**_NOT_HELD, _OPERATOR: _WAITING},
    Kind.MISSED: {_BOT: Reason.FREE, _WAITING: _BOT, _OPERATOR: Reason.TAKEN, _CLOSED: Reason.CLOSED},
    Kind.CLOSE: {**_NOT_HELD, _OPERATOR: _CLOSED},
}
"""By kind of entry and status: the next status, or why the entry can't be added. Only a visitor's message opens a closed
conversation."""

OF_THE_HOLDER: Final = frozenset({Kind.OPERATOR, Kind.RETURN, Kind.HAND_ON, Kind.QUEUE, Kind.LOST, Kind.CLOSE})
"""What needs the author to be the operator who holds the conversation."""


def next_status(kind: Kind, status: str, *, is_holder: bool) -> str | Reason:
    """The status after an entry, or why it has no place. is_holder: whether the conversation's operator adds it."""
    if kind in OF_THE_HOLDER and status == _OPERATOR and not is_holder:
        return Reason.TAKEN
    return NEXT[kind][status]
