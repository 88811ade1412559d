"""The log says what happened and where. It holds no text of an exception, which may contain a visitor's text or a secret,
and no paths."""

import logging
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)


LINES = 10
"""The limit of lines that one statement in the code may write in PERIOD."""
PERIOD = 60.0
"""Seconds."""


class Sparing(logging.Filter):
    """Limits the lines of each statement, because strangers can cause many. A later line says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._written: dict[tuple[str, int], tuple[float, int]] = {}  # when the statement's period began, and its lines

    def filter(self, record: logging.LogRecord) -> bool:
        statement, now = (record.pathname, record.lineno), self._clock()
        began, lines = self._written.get(statement, (now, 0))
        if now - began >= PERIOD:
            if lines > LINES:
                record.msg, record.args = f"{record.getMessage()} ({lines - LINES} lines like it were left out.)", ()
            began, lines = now, 0
        self._written[statement] = began, lines + 1
        return lines < LINES


class Formatter(logging.Formatter):
    """An exception as its type and place."""

    def formatException(self, ei: Any) -> str:
        kind, _, trace = ei
        return f"{kind.__name__ if kind else 'No exception'} at {_place(trace)}"


def log_unexpected(error: BaseException) -> None:
    logger.error("Unexpected %s at %s", type(error).__name__, _place(error.__traceback__))


def _place(trace: TracebackType | None) -> str:
    """The calls that led there, by module and line, the innermost last."""
    frames = ((frame.f_globals.get("__name__", "?"), line) for frame, line in traceback.walk_tb(trace))
    return " > ".join(f"{module}:{line}" for module, line in frames)


def shown(text: str) -> str:
    """What a stranger sent, fit for a line of the log."""
    return ascii(text[:100])[1:-1]


class Seldom:
    """Warnings that strangers can cause: one a minute at most, with the number of those that were left out before it."""

    SECONDS = 60.0

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._next = 0.0
        self._left_out = 0

    def warning(self, message: str, *values: str) -> None:
        now = time.monotonic()
        if now < self._next:
            self._left_out += 1
            return
        more = f" ({self._left_out} more since the last such line.)" if self._left_out else ""
        self._next, self._left_out = now + self.SECONDS, 0
        self._logger.warning(message + more, *map(shown, values))
