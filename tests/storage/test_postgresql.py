"""What is written and read holds on PostgreSQL as it does on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.servers import ROOT, postgresql

MODULES = (
    "test_batch",
    "test_writer",
    "test_chat",
    "test_turns",
    "test_delivery",
    "test_feedback",
    "test_end",
    "test_sweep",
    "test_admin_conversations",
    "test_purge",
    "only_postgresql",
)


def test_the_tests_of_what_is_stored_pass_on_postgresql() -> None:
    with postgresql() as url:
        command = [sys.executable, "-m", "pytest", "-q", "--reuse-db", *(f"tests/{module}.py" for module in MODULES)]
        environ = {**os.environ, "TEST_DATABASE_URL": url}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-10_000:]
