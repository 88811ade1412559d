"""What the processes of one test run make once and share. tests/conftest.py begins and ends the run."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

VARIABLE = "CHAT_TEST_RUN"


def begin() -> None:
    """Make the run's folder, which the processes that this one starts find by an environment variable."""
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix="chat-tests-")
    folder().chmod(0o711)  # PostgreSQL runs as another user


def end() -> None:
    shutil.rmtree(folder())


def is_run() -> bool:
    return VARIABLE in os.environ


def folder() -> Path:
    return Path(os.environ[VARIABLE])


def is_made(name: str) -> bool:
    return (folder() / f"{name}.done").exists()


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The path of this name in the run's folder. The process that needs it first makes it, and the others wait meanwhile."""
    path = folder() / name
    with (folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made(name):
            make(path)
            (folder() / f"{name}.done").touch()
    return path
