"""The samples in deploy/, and a backup that is made under load."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.proxies import nginx_with
from tests.support.servers import ROOT, START_TIMEOUT, Site, free_port, needed, postgresql, redis, wait_for_port

DEPLOY = ROOT / "deploy"
TIMEOUT = 60


def commands(page: str, beginning: str) -> str:
    """The command of a document that begins like this."""
    [found] = re.findall(rf"^{re.escape(beginning)}.*$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    return str(found)


def test_nginx_passes_visitors_on_to_two_processes(tmp_path: Path) -> None:
    port = free_port()
    with redis() as redis_url, postgresql() as database:
        variables = {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": database,
            "REDIS_URL": redis_url,
            "CHATBOT_TRUSTED_PROXIES": "1",
        }
        sites = [Site(tmp_path, **variables) for _ in range(2)]
        sites[0].prepare()
        sample = (DEPLOY / "nginx" / "chat.conf").read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
        upstream = (DEPLOY / "nginx" / "upstream.conf").read_text()
        for number, site in enumerate(sites, 1):
            upstream = upstream.replace(f"127.0.0.1:800{number}", f"127.0.0.1:{site.port}")
        with nginx_with(tmp_path, port, sample + upstream), sites[0].serving(), sites[1].serving():
            for _ in range(4):
                assert hears_the_echo(f"http://127.0.0.1:{port}")


def hears_the_echo(origin: str) -> bool:
    with connect(f"{origin.replace('http', 'ws')}/ws/chat/", origin=origin) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"message": "hi"}))
        return [json.loads(socket.recv(TIMEOUT))["type"] for _ in range(3)] == ["ready", "ack", "message"]


def test_containers_that_start_together_prepare_serve_and_end_in_order(tmp_path: Path) -> None:
    with postgresql() as database:
        sites = [Site(tmp_path, DATABASE_URL=database) for _ in range(2)]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        start = str(DEPLOY / "start.sh")
        processes = [subprocess.Popen([start], env={**site.environ, "PATH": path}, cwd=tmp_path) for site in sites]
        try:
            for site, process in zip(sites, processes, strict=True):
                wait_for_port(site.port, process)
                assert hears_the_echo(site.url)
        finally:
            for process in processes:
                process.terminate()
        assert [process.wait(START_TIMEOUT) for process in processes] == [0, 0]


def test_the_samples_name_what_is_there() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    for sources in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists()
    compose = (DEPLOY / "compose.yaml").read_text()
    for mount in re.findall(r"- (\./\S+?):", compose):
        assert (DEPLOY / mount).exists()
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    set_there = set(re.findall(r"^    ([A-Z_]+):", compose, re.MULTILINE))
    assert {name for name in set_there if not name.startswith("POSTGRES_")} <= known
    ignored = (ROOT / ".dockerignore").read_text()
    for source in ("manage.py", "chat", "chatbot", "integrations", "templates", "requirements/run.txt", "deploy/start.sh"):
        assert f"!{source}\n" in ignored


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = needed(shutil.which("systemd-analyze"), "systemd")
    unit = (DEPLOY / "chat@.service").read_text().replace("/srv/chat/.venv/bin/python", sys.executable)
    (tmp_path / "chat@8001.service").write_text(unit.replace("/srv/chat", str(ROOT)).replace("User=chat", "User=root"))
    done = subprocess.run([analyze, "verify", tmp_path / "chat@8001.service"], capture_output=True, text=True, check=False)

    assert "chat@8001" not in done.stderr


# A backup under load


class Visitor(threading.Thread):
    """Says one thing after the other in one conversation, and notes what was acknowledged."""

    def __init__(self, site: Site, number: int) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.token = ""
        self.is_over = threading.Event()
        self.has_spoken = threading.Event()
        self._site, self._number = site, number

    def run(self) -> None:
        with contextlib.suppress(ConnectionClosed), connect(self._site.socket_url, origin=self._site.url) as socket:  # type: ignore[arg-type]
            count = 0
            while not self.is_over.is_set():
                count += 1
                identifier = f"{self._number}-{count}"
                socket.send(json.dumps({"message": f"message {identifier}", "id": identifier}))
                while True:
                    frame: dict[str, Any] = json.loads(socket.recv(TIMEOUT))
                    self.token = frame.get("token", self.token)
                    if frame["type"] == "ack":
                        self.acknowledged.append(identifier)
                    elif frame["type"] == "message":
                        break
                if count == 5:
                    self.has_spoken.set()


@contextlib.contextmanager
def under_load(site: Site) -> Iterator[list[Visitor]]:
    visitors = [Visitor(site, number) for number in range(8)]
    for visitor in visitors:
        visitor.start()
    try:
        for visitor in visitors:
            assert visitor.has_spoken.wait(TIMEOUT)
        yield visitors
    finally:
        for visitor in visitors:
            visitor.is_over.set()
        for visitor in visitors:
            visitor.join(TIMEOUT)


def run(command: str, folder: Path, **replaced: str) -> None:
    """Run a command of the documents, for another database."""
    for name, value in replaced.items():
        command = command.replace(name, value)
    command = command.replace(".venv/bin/python", sys.executable).replace("postgres://chat@localhost/chat", "$DATABASE")
    environ = {"PATH": os.environ["PATH"], **replaced}
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check_restored(site: Site, visitors: list[Visitor], before: list[list[str]]) -> None:
    """Each conversation continues, with everything that was acknowledged before the backup, in order and once."""
    assert "Everything is in order." in site.manage("doctor").stdout
    for visitor, acknowledged in zip(visitors, before, strict=True):
        with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
            socket.send(json.dumps({"type": "hello", "token": visitor.token}))
            ready = json.loads(socket.recv(TIMEOUT))
            said = [message for message in ready["messages"] if message["sender"] == "visitor"]
            while ready.get("more"):
                socket.send(json.dumps({"type": "history", "before": ready["messages"][0]["seq"]}))
                ready = json.loads(socket.recv(TIMEOUT))
                while ready["type"] != "history":
                    ready = json.loads(socket.recv(TIMEOUT))
                said = [message for message in ready["messages"] if message["sender"] == "visitor"] + said
            found = [message["id"] for message in said]
            assert found[: len(acknowledged)] == acknowledged
            assert len(set(found)) == len(found)


def test_a_backup_of_sqlite_under_load_is_restored(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.prepare()
    with site.serving(), under_load(site) as visitors:
        before = [list(visitor.acknowledged) for visitor in visitors]
        run(commands("operations.md", '.venv/bin/python -c "import sqlite3'), tmp_path)
    for name in ("chat.sqlite3", "chat.sqlite3-wal", "chat.sqlite3-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.sqlite3", tmp_path / "chat.sqlite3")

    with site.serving():
        check_restored(site, visitors, before)


def test_a_backup_of_postgresql_under_load_is_restored(tmp_path: Path) -> None:
    needed(shutil.which("pg_dump"), "postgresql-client")
    with postgresql() as database:
        site = Site(tmp_path, DATABASE_URL=database)
        site.prepare()
        with site.serving(), under_load(site) as visitors:
            before = [list(visitor.acknowledged) for visitor in visitors]
            run(commands("operations.md", "pg_dump "), tmp_path, DATABASE=database)
        with postgresql() as empty:
            run(commands("operations.md", "pg_restore "), tmp_path, DATABASE=empty)
            restored = Site(tmp_path, DATABASE_URL=empty)
            with restored.serving():
                check_restored(restored, visitors, before)
