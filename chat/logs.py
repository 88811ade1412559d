"""The log says what happened and where. It holds no text of an exception, which may contain a visitor's text or a secret,
and no paths."""

import logging
import traceback
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)


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
