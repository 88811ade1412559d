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
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.once import is_made, is_run, once

ROOT = Path(__file__).resolve().parents[2]
GENERATED = shutil.ignore_patterns(".git", ".venv", ".env", ".static", "*.sqlite3*", "__pycache__", ".*_cache", ".make.lock")
"""What a copy of the checkout leaves out."""
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
START_TIMEOUT = 180.0
"""Seconds. The machine may be busy."""


_given: set[int] = set()
PORTS = 1_500
"""For each process that runs tests."""


def free_port() -> int:
    """A port that no outgoing connection gets. Otherwise a client that retries could take its own server's port. No other
    process of this run is given it either: it might start its server a moment earlier."""
    first = 20_000 + PORTS * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8)
    while True:
        port = random.randrange(first, first + PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


def needed(path: str | None, package: str) -> str:
    """The path of a program. If it is missing, the test is skipped. In CI it fails."""
    if path is None:
        missing = f"install {package} to run this: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def skip_if_quick() -> None:
    """Skip a test that starts the site or another server, if `make test-quick` runs it."""
    if os.environ.get("QUICK"):
        pytest.skip("`make test-quick` starts no server")


def chromium() -> str:
    return needed(shutil.which("chromium") or shutil.which("chromium-browser"), "chromium")


def headless_chromium() -> str:
    return needed(shutil.which("chromium-headless-shell"), "chromium-headless-shell")


def wait_for_port(port: int, process: subprocess.Popen[Any], timeout: float = START_TIMEOUT) -> None:
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"It ended with {process.returncode} instead of listening on port {port}.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    raise AssertionError(f"Nothing listens on port {port}.")


@contextlib.contextmanager
def running(command: list[str], port: int, *, stop: signal.Signals = signal.SIGTERM, **options: Any) -> Iterator[Any]:
    skip_if_quick()
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
    """A PostgreSQL in a folder, which is made there if there is none, and can be started and stopped. It refuses to run as
    root."""

    def __init__(self, folder: Path) -> None:
        skip_if_quick()
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        initdb = Path(needed(str(installed[-1]) if installed else shutil.which("initdb"), "postgresql"))
        self._folder = folder
        self._programs = initdb.parent
        self._user = "postgres" if os.getuid() == 0 else None
        if not (folder / "port").exists():
            if self._user:
                shutil.chown(folder, self._user)
            self._run("initdb", "-U", "chat", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
            (folder / "port").write_text(str(free_port()))
        self._port = (folder / "port").read_text()
        self.url = self.address("postgres")

    def address(self, database: str) -> str:
        return f"postgres://chat@127.0.0.1:{self._port}/{database}"

    def start(self, *options: str) -> None:
        """It ends with `stop`, and not with this process. options: of the server."""
        options = ("-p", self._port, "-h", "127.0.0.1", "-k", str(self._folder), *options)
        self._run("pg_ctl", "start", "-w", "-t", f"{START_TIMEOUT:.0f}", "-l", self._folder / "log", "-o", " ".join(options))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-t", f"{START_TIMEOUT:.0f}", "-m", "fast")

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        self.start()
        try:
            yield
        finally:
            self.stop()

    def create(self, template: str) -> str:
        """A new database, as a copy of the template; gives its name."""
        name = f"chat_{uuid.uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[call-overload]
        return name

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._programs / program, "-D", self._folder / "data", *arguments],
            check=True,
            user=self._user,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


SHARED = "postgresql"


def _start_shared(folder: Path) -> None:
    folder.mkdir()
    PostgreSQL(folder).start("-c", "fsync=off")


def _shared() -> PostgreSQL:
    return PostgreSQL(once(SHARED, _start_shared))


def stop_shared() -> None:
    """Stop the PostgreSQL of the run, if any test has used it."""
    if is_made(SHARED):
        _shared().stop()


@contextlib.contextmanager
def postgresql(*, empty: bool = False) -> Iterator[str]:
    """The address of a database of its own: in a run of the tests a copy on the run's PostgreSQL, migrated unless `empty`.
    Else it is an empty one on a PostgreSQL of its own, which ends with the block."""
    skip_if_quick()
    if is_run():
        server = _shared()

        def migrate(path: Path) -> None:
            name = server.create("template0")
            Site(path, DATABASE_URL=server.address(name)).manage_well("migrate", "--verbosity", "0")
            path.write_text(name)

        yield server.address(server.create("template0" if empty else once("migrated", migrate).read_text()))
        return
    with tempfile.TemporaryDirectory(prefix="chat-postgresql-") as folder:
        server = PostgreSQL(Path(folder))
        with server.serving():
            yield server.url


DATABASE = "chat.sqlite3"


class Site:
    """The site under its own server, started from a folder's own database."""

    def __init__(self, folder: Path, **variables: str) -> None:
        skip_if_quick()
        self.port = free_port()
        self.folder = folder
        self.environ = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "tests",
            "DATABASE_URL": f"sqlite:///{folder}/{DATABASE}",
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

    def manage_well(self, *arguments: str) -> None:
        """Run a management command that must not fail."""
        done = self.manage(*arguments)
        assert done.returncode == 0, done.stderr

    def prepare(self) -> None:
        """Make the database and the static files that `serve` needs. In a run of the tests that is done once for all sites:
        they share the static files, and the database is a copy."""
        if not is_run():
            self.manage_well("prepare")
            return
        prepared = once("prepared", _prepare)
        url = self.environ["DATABASE_URL"]
        if url.startswith("sqlite"):
            shutil.copyfile(prepared / DATABASE, self.folder / DATABASE)
        elif not _is_migrated(url):
            self.manage_well("migrate", "--verbosity", "0")

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


def _prepare(folder: Path) -> None:
    folder.mkdir()
    Site(folder).manage_well("prepare")


def _is_migrated(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,)
