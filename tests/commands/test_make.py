"""The README's first command, in a new copy in an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.support.servers import GENERATED, ROOT, START_TIMEOUT, free_port, wait_for_port


@pytest.mark.timeout(400)
def test_a_fresh_copy_is_served_by_make_run(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(ROOT, folder, ignore=GENERATED)
    port = free_port()
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | pip_variables()

    process = subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env={**environ, "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for_port(port, process, timeout=300)
        with connect(f"ws://127.0.0.1:{port}/ws/chat/", origin=f"http://127.0.0.1:{port}") as socket:  # type: ignore[arg-type]
            socket.send('{"message": "hi"}')
            frames = [json.loads(socket.recv(20)) for _ in range(3)]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=START_TIMEOUT)

    assert frames[2]["message"] == "hi"
    assert f"http://127.0.0.1:{port}/" in output
    secret = (folder / ".env").read_text().split("SECRET_KEY=")[1].split("\n")[0]
    assert len(secret) >= 50
    assert secret not in output
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def pip_variables() -> dict[str, str]:
    """How this machine reaches its package registry."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "REQUESTS_"))}


def test_two_that_prepare_one_fresh_copy_at_the_same_moment_both_succeed(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(ROOT, folder, ignore=GENERATED)
    environ = {"PATH": os.environ["PATH"], "SECRET_KEY": "s" * 50}
    command = [sys.executable, "manage.py", "prepare"]
    databases = [f"sqlite:///{tmp_path}/{number}.sqlite3" for number in range(2)]

    preparing = [subprocess.Popen(command, cwd=folder, env={**environ, "DATABASE_URL": url}) for url in databases]

    assert [process.wait(START_TIMEOUT) for process in preparing] == [0, 0]
