"""A database that stores only when the test lets it, or fails before it can confirm."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import OperationalError

from chat.storage import batch, writer
from chat.storage.entries import Entry, Result

Which = Callable[[Entry], bool]
"""Identifies a batch by its first entry."""


def hold_commits(mocker: Any, of: Which = lambda entry: True) -> threading.Event:
    """Let these batches wait until the event is set."""
    gate = threading.Event()

    def commit(entries: list[Entry], known: batch.Known) -> list[Result | Exception]:
        assert not of(entries[0]) or gate.wait(10)
        return batch.commit(entries, known)

    mocker.patch.object(writer, "commit", commit)
    return gate


def lose_confirmation(mocker: Any, of: Which) -> threading.Event:
    """Once, lose the connection between the commit of such a batch and its confirmation. The retry finds its own messages.
    The event is set when the connection is lost."""
    commit, is_lost = batch._commit_together, threading.Event()

    def lose(entries: list[Entry], known: batch.Known) -> list[Result | Exception]:
        results = commit(entries, known)
        if of(entries[0]) and not is_lost.is_set():
            is_lost.set()
            raise OperationalError
        return results

    mocker.patch.object(batch, "_commit_together", lose)
    return is_lost
