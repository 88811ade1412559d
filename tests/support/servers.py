"""Real servers for tests: the site itself, PostgreSQL and Redis. Each has a free port and ends with its block."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = shutil.ignore_patterns(".git", ".venv", ".env", ".static", "*.sqlite3*", "__pycache__", ".*_cache", ".make.lock")
"""What a copy of the checkout leaves out."""
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
START_TIMEOUT = 180.0
"""Seconds. The machine may be busy."""


def free_port() -> int:
    """A port that no outgoing connection gets. Otherwise a client that retries could take its own server's port."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def needed(path: str | None, package: str) -> str:
    """The path of a program. If it is missing, the test is skipped. In CI it fails."""
    if path is None:
        missing = f"install {package} to run this: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def chromium() -> str:
    return needed(shutil.which("chromium") or shutil.which("chromium-browser"), "chromium")


def wait_for_port(port: int, process: subprocess.Popen[Any], timeout: float = START_TIMEOUT) -> None:
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise AssertionError(f"It ended with {process.returncode} instead of listening on port {port}.")
    raise AssertionError(f"Nothing listens on port {port}.")


@contextlib.contextmanager
def running(command: list[str], port: int, *, stop: signal.Signals = signal.SIGTERM, **options: Any) -> Iterator[Any]:
    process = subprocess.Popen(command, **options)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.send_signal(stop)
        process.wait(START_TIMEOUT)


@contextlib.contextmanager
def redis(port: int | None = None) -> Iterator[str]:
    """Start a Redis and yield its address."""
    program = needed(shutil.which("redis-server"), "redis-server")
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, port, stdout=subprocess.DEVNULL):
        yield f"redis://127.0.0.1:{port}/0"


class PostgreSQL:
    """A PostgreSQL with an empty database of its own, which can be stopped and started. It refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        initdb = Path(needed(str(installed[-1]) if installed else shutil.which("initdb"), "postgresql"))
        self._folder = folder
        self._programs = initdb.parent
        self._port = free_port()
        self.url = f"postgres://chat@127.0.0.1:{self._port}/postgres"
        user = "postgres" if os.getuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        self._quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "user": user,
            "cwd": folder,
        }
        command = [initdb, "-D", folder / "data", "-U", "chat", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        subprocess.run(command, check=True, **self._quiet)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        data, folder, port = str(self._folder / "data"), str(self._folder), str(self._port)
        command = [str(self._programs / "postgres"), "-D", data, "-p", port, "-h", "127.0.0.1", "-k", folder]
        log = (self._folder / "log").open("ab")
        with log, running(command, self._port, stop=signal.SIGINT, **{**self._quiet, "stderr": log}):
            # The port is open before the server accepts connections.
            wait = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", port, "-t", str(int(START_TIMEOUT))]
            while subprocess.run(wait, check=False).returncode:
                pass
            yield


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL and yield the address of an empty database."""
    with tempfile.TemporaryDirectory(prefix="chat-postgresql-") as folder:
        server = PostgreSQL(Path(folder))
        with server.serving():
            yield server.url


class Site:
    """The site under its own server, started from a folder's own database."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port = free_port()
        self.folder = folder
        self.environ = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "tests",
            "DATABASE_URL": f"sqlite:///{folder}/chat.sqlite3",
            "PORT": str(self.port),
            **variables,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/"

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=START_TIMEOUT,
        )

    def prepare(self) -> None:
        for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            done = self.manage(*command)
            assert done.returncode == 0, done.stderr

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server, until the block ends. Its output goes to log.txt in the folder."""
        with (self.folder / "log.txt").open("ab") as log:
            command = [sys.executable, "manage.py", "serve"]
            with running(command, self.port, cwd=ROOT, env=self.environ, stdout=log, stderr=log) as process:
                yield process

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()
