"""The server: Daphne, with limits, and with an end that loses nothing. Only this folder knows Daphne, autobahn and
Twisted."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import WebRequest
from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chat.connections.protocol import CLOSE_COME_BACK, OUTFLOW
from chat.logs import log_unexpected
from chat.server.fast_path import FastWebSocket
from chat.server.limits import MAX_MESSAGE_BYTES, Channel, Inbox, Timeouts, WebSocket, unsent_bytes

logger = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections that may wait to be accepted. After an outage all clients come back at once. The system may allow fewer."""

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

RESERVED_FILES = 256
"""Open files kept free for the database, the provider's clients and the rest of the process."""
CLOSE_WITHIN = 2.0
"""Seconds in which the peers may answer the close frames at the end."""
CANCEL_WITHIN = 1.0
"""Seconds in which cancelled applications may end."""
LIFESPAN_WITHIN = 3.0
"""Seconds for what the application does when the server ends."""


class CannotListenError(Exception):
    """The address is in use or doesn't belong to this machine. The message says which."""


def serve(
    application: Application,
    *,
    host: str,
    port: int,
    drain: Callable[[], Awaitable[None]],
    on_listening: Callable[[], None],
    max_sockets: int | None = None,
    timeouts: Timeouts | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises CannotListenError.

    drain: called when no more connections are accepted. Returns when all running turns are stored.
    max_sockets: WebSockets at one time. None: as many as the process may have open files.
    """
    server = ChatServer(
        application, host=host, port=port, drain=drain, on_listening=on_listening, max_sockets=max_sockets, timeouts=timeouts
    )
    server.run()
    if server.listen_failure is not None:
        raise CannotListenError(server.listen_failure)


class ChatServer(Server):  # type: ignore[misc]
    listen_failure: str | None = None
    is_ending = False
    """Told to end: no new WebSockets."""
    is_closing = False
    """The turns have ended: the WebSockets are being closed."""

    def __init__(
        self,
        application: Application,
        *,
        host: str,
        port: int,
        drain: Callable[[], Awaitable[None]],
        on_listening: Callable[[], None],
        max_sockets: int | None,
        timeouts: Timeouts | None,
    ) -> None:
        self.timeouts = timeouts or Timeouts()
        super().__init__(
            application=application,
            endpoints=[
                f"{endpoint}:backlog={BACKLOG}" for endpoint in build_endpoint_description_strings(host=host, port=port)
            ],
            ready_callable=self._set_up,
            server_name="",
            websocket_timeout=-1,
            websocket_handshake_timeout=10,
            websocket_max_message_size=MAX_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_MESSAGE_BYTES,
            ping_interval=self.timeouts.ping,
            ping_timeout=self.timeouts.pong,
            # A message that a visitor sent before leaving is still stored, even if the database is slow.
            application_close_timeout=20,
        )
        self._drain = drain
        self._on_listening = on_listening
        self._lifespan = Lifespan(application)
        self._ports: list[Any] = []
        self.transports: set[Any] = set()
        self.websockets: set[WebSocket] = set()
        self.max_connections = raise_file_limit() - RESERVED_FILES
        self.max_sockets = min(max_sockets or self.max_connections, self.max_connections)

    # Start. Daphne's run() binds the port, then calls listen_success or listen_error, and the latter makes it return.

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)

    def listen_error(self, failure: Any) -> None:
        self.listen_failure = str(getattr(failure.value, "socketError", failure.value))
        self.stop()

    def _set_up(self) -> None:
        """Replace Daphne's protocols by this project's, after Daphne has made its factories."""
        self.http_factory.protocol = Channel
        self.http_factory.timeOut = self.timeouts.request
        self.ws_factory.protocol = FastWebSocket
        # After a protocol error or a message that is too long, send a close frame with the reason. By default the connection
        # is cut. Setting one option resets allowNullOrigin to its default, so it is set again: the chat checks origins.
        self.ws_factory.setProtocolOptions(failByDrop=False, allowNullOrigin=True, closeHandshakeTimeout=self.timeouts.close)
        # By then signals are handled, so a program that reads this line may send one.
        reactor.callWhenRunning(lambda: asyncio.ensure_future(self._start()))

    async def _start(self) -> None:
        await self._lifespan.start()
        gc.freeze()  # what is loaded stays: searching it for cycles would stop everything for 50 ms
        self._on_listening()

    # The application

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Inbox | asyncio.Queue[dict[str, Any]]:
        # Daphne's own uses an unlimited queue, and checks only once a second for applications that have ended.
        is_websocket = isinstance(protocol, WebSocket)
        inbox: Inbox | asyncio.Queue[dict[str, Any]] = Inbox(protocol) if is_websocket else asyncio.Queue()
        scope.setdefault("asgi", {"version": "3.0"})
        if is_websocket:
            scope.setdefault("extensions", {})[OUTFLOW] = protocol
        send = protocol.send_event if is_websocket else partial(self.handle_reply, protocol)
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(
            self._run_application(protocol, scope, inbox.get, send)
        )
        return inbox

    async def _run_application(self, protocol: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await self.application(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - must be answered, and would stop Daphne's checks
            log_unexpected(error)
        if "disconnected" not in self.connections.get(protocol, {"disconnected": 0}):
            end_unfinished(protocol)

    # End. Daphne has Twisted call this "before shutdown", and Twisted waits for the result.

    def kill_all_applications(self) -> Deferred[None]:
        return Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        started = asyncio.get_running_loop().time()
        self.is_ending = True
        # Twisted ignores a second SIGTERM. A second Ctrl+C means that the user doesn't want to wait.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        last_resort = threading.Timer(self.timeouts.exit, exit_at_once)
        last_resort.daemon = True
        last_resort.start()
        for port in self._ports:
            port.stopListening()
        try:
            async with asyncio.timeout(self.timeouts.drain):
                await self._drain()
        except TimeoutError:
            logger.warning("Not all turns ended within %s seconds.", self.timeouts.drain)
        except Exception as error:  # noqa: BLE001 - the sockets are closed in any case
            log_unexpected(error)
        self.is_closing = True
        for socket in list(self.websockets):
            if socket.state == socket.STATE_OPEN:
                socket.sendCloseFrame(code=CLOSE_COME_BACK)
        await wait_until(lambda: not self.websockets, CLOSE_WITHIN)
        await wait_until(self._has_answered, started + self.timeouts.answer - asyncio.get_running_loop().time())
        # As in Daphne, but with a limit, and without its error for a connection that has no application any more.
        if tasks := self._applications():
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=CANCEL_WITHIN)
        await self._lifespan.end()

    def _applications(self, kind: type = object) -> list[asyncio.Task[None]]:
        return [
            details["application_instance"]
            for protocol, details in self.connections.items()
            if isinstance(protocol, kind)
            and "application_instance" in details
            and not details["application_instance"].done()
        ]

    def _has_answered(self) -> bool:
        return not self._applications(WebRequest) and not any(map(unsent_bytes, self.transports))


class Lifespan:
    """Tells the application that the server starts and ends. Daphne doesn't."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._has_started = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._events.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.create_task(self._run())
        await self._has_started.wait()

    async def end(self) -> None:
        self._events.put_nowait({"type": "lifespan.shutdown"})
        if self._task is not None:
            await asyncio.wait([self._task], timeout=LIFESPAN_WITHIN)

    async def _run(self) -> None:
        try:
            await self._application({"type": "lifespan", "asgi": {"version": "3.0"}}, self._events.get, self._send)
        except Exception as error:  # noqa: BLE001 - an application may not support it
            log_unexpected(error)
        finally:
            self._has_started.set()

    async def _send(self, message: dict[str, Any]) -> None:
        self._has_started.set()


def end_unfinished(protocol: Any) -> None:
    """Answer a peer whose application ended without an answer."""
    if isinstance(protocol, WebSocket):
        if protocol.state == protocol.STATE_OPEN or hasattr(protocol, "handshake_deferred"):
            protocol.handle_exception(None)  # HTTP 500 before the handshake has ended, else close code 1011
    elif not protocol.finished:
        if protocol._response_started:
            protocol.loseConnection()
        else:
            protocol.handle_exception(None)


async def wait_until(is_true: Callable[[], bool], seconds: float) -> None:
    """Wait until it is true, at most so many seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not is_true() and loop.time() < until:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.01)


def raise_file_limit() -> int:
    """Raise the process's limit of open files as far as allowed. Return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else sys.maxsize


def exit_at_once() -> None:
    logger.warning("A thread of the process is still busy. The process ends without waiting for it.")
    os._exit(0)
