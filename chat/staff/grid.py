"""The fallback replies as a grid: a row for each situation, a column for each language."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from chat import conf
from chat.answers.staff_replies import Replies
from chat.models import FallbackReply, Outcome
from chat.staff import languages

ANY_SITUATION = _("Any situation")
SITUATIONS = {
    Outcome.NO_MATCH: _("The bot found no meaning in the message."),
    Outcome.LOW_CONFIDENCE: _("The bot has a guess, but doesn't trust it."),
    Outcome.NO_REPLY: _("The meaning is clear, but nobody has written an answer."),
    Outcome.TIMEOUT: _("The service behind the bot took too long."),
    Outcome.UNAVAILABLE: _("The service is down or overloaded."),
    Outcome.RATE_LIMITED: _("Too many questions for your contract with the service."),
    Outcome.AUTHENTICATION: _("The access to the service is set up wrongly."),
    Outcome.REJECTED: _("The service can't take this message."),
    Outcome.INVALID_RESPONSE: _("The service sent something unusable."),
    Outcome.INTERNAL: _("A fault in the chat itself."),
    "": _("For what has no reply of its own."),
}
"""What happened, by outcome. The commonest comes first."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """The replies for exactly one situation and language.

    amount: of replies in use. off: of others. only: the reply's key if there is exactly one. instead: what visitors read
    if none is in use. is_missing: whether that is a gap that somebody should fill.
    """

    outcome: str
    language: str
    amount: int
    off: int
    only: int | None
    overrides: bool
    instead: str
    is_missing: bool


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    what: str
    cells: list[Cell]


@dataclasses.dataclass(frozen=True)
class Grid:
    """languages: the columns' names."""

    languages: list[str]
    rows: list[Row]

    @property
    def missing(self) -> list[tuple[str, str, Cell]]:
        """The gaps, each with its situation's name and its language's."""
        return [
            (row.name, language, cell)
            for row in self.rows
            for language, cell in zip(self.languages, row.cells, strict=True)
            if cell.is_missing
        ]


def grid(replies: Iterable[FallbackReply]) -> Grid:
    """All of the replies, also those that are switched off. Languages that the chat doesn't speak come last."""
    replies = list(replies)
    used = Replies(fallback=tuple(reply for reply in replies if _is_used(reply)))
    tags = list(dict.fromkeys(["", *conf.options().languages, *sorted({reply.language for reply in replies})]))
    rows = [
        Row(_name(outcome), str(what), [_cell(replies, used, outcome, tag) for tag in tags])
        for outcome, what in SITUATIONS.items()
    ]
    return Grid([languages.name(tag) for tag in tags], rows)


def _cell(replies: list[FallbackReply], used: Replies, outcome: str, language: str) -> Cell:
    here = [reply for reply in replies if (reply.outcome, reply.language) == (outcome, language)]
    own = [reply for reply in here if _is_used(reply)]
    others = [] if own else used.candidates(outcome, language)
    # A language without any reply of its own is nobody's gap: its visitors read those for any language.
    is_kept = language and any(reply.language == language for reply in used.fallback)
    return Cell(
        outcome=outcome,
        language=language,
        amount=len(own),
        off=len(here) - len(own),
        only=here[0].pk if len(here) == 1 else None,
        overrides=any(reply.overrides for reply in own),
        instead=_instead(others, outcome),
        is_missing=bool(outcome) and not own and (bool(is_kept) or not others),
    )


def _instead(others: list[FallbackReply], outcome: str) -> str:
    """Where the words come from that visitors read. Empty for the program's own sentence."""
    if not others:
        return ""
    return languages.name(others[0].language) if others[0].outcome == outcome else str(ANY_SITUATION)


def _name(outcome: str) -> str:
    return str(Outcome(outcome).label if outcome else ANY_SITUATION)


def _is_used(reply: FallbackReply) -> bool:
    return reply.active and reply.weight > 0
