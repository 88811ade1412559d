"""The connections of the threads that read. If the database allows fewer than there are threads, the threads share them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")

TRY_AGAIN = 5.0
"""Seconds after a refused connection before another one is opened, while other threads have one."""


PATIENCE = 2.0
"""Seconds for which a thread waits for a connection if no thread has one."""
PAUSE = 0.05
"""Seconds."""


class Connections:
    """Each thread has at most one connection. A thread without one leaves its work to those that have one."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._connected: set[int] = set()  # the threads that have a connection. These never wait for other threads
        self._refused_at = float("-inf")
        self._is_closed = False

    def read(self, function: Callable[..., T], *args: Any) -> T:
        """Call it in a reader's thread. If the server has closed the thread's connection, open another and try again.

        Raises OperationalError or InterfaceError if the database can't be reached.
        """
        until = time.monotonic() + PATIENCE
        has_failed = False
        while True:
            if shared := self._pass_on(function, *args):
                return shared.result()
            try:
                self._connect()
            except (OperationalError, InterfaceError) as error:
                is_full = "FATAL" in str(error)  # so says a PostgreSQL that has reached a limit
                if not self._connected and (not is_full or time.monotonic() > until):
                    raise
                time.sleep(PAUSE)
                continue
            try:
                return function(*args)
            except (OperationalError, InterfaceError):
                self._disconnect()
                if has_failed:
                    raise
                has_failed = True

    def spare_one(self) -> None:
        """Somebody else gets no connection: give one up, but not the last. May be called from any thread."""
        with self._lock:
            if len(self._connected) > 1 and not self._is_closed:
                self._threads.submit(self._give_up)

    def close(self) -> None:
        """From now on no thread waits for another one."""
        with self._lock:
            self._is_closed = True

    def _connect(self) -> None:
        try:
            connection.ensure_connection()
        except (OperationalError, InterfaceError):
            self._refused_at = time.monotonic()
            self._disconnect()
            raise
        with self._lock:
            self._connected.add(threading.get_ident())

    def _disconnect(self) -> None:
        with self._lock:
            self._connected.discard(threading.get_ident())
        connection.close()

    def _pass_on(self, function: Callable[..., T], *args: Any) -> Future[T] | None:
        """Hand the work to another thread, unless this one has or may open a connection, or no other one has one."""
        may_open = time.monotonic() - self._refused_at >= TRY_AGAIN
        with self._lock:
            if may_open or self._is_closed or not self._connected or threading.get_ident() in self._connected:
                return None
            return self._threads.submit(self.read, function, *args)

    def _give_up(self) -> None:
        with self._lock:
            if len(self._connected) < 2 or threading.get_ident() not in self._connected:
                return
            self._connected.remove(threading.get_ident())
            self._refused_at = time.monotonic()
        connection.close()
