"""Logging of what nobody expected."""

import logging
import traceback

logger = logging.getLogger(__name__)


def log_unexpected(error: BaseException) -> None:
    """The message of an unexpected exception may hold a visitor's text; its type and place are enough."""
    logger.error("Unexpected %s:\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
