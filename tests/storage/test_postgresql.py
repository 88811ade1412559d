"""Storing and reading works on PostgreSQL as it does on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.servers import ROOT, postgresql

MODULES = (
    "storage/test_batch",
    "storage/test_writer",
    "connections/test_conversation",
    "connections/test_feedback",
    "conversations/test_turns",
    "conversations/test_delivery",
    "conversations/test_end",
    "conversations/test_sweep",
    "staff/test_conversations",
    "commands/test_purge",
    "support/only_postgresql",
)
STARTS_ONE = "tests/staff/test_conversations.py::test_the_list_and_the_purge_work_on_postgresql"
"""A test that uses PostgreSQL anyway."""


@pytest.mark.timeout(600)
def test_the_tests_of_what_is_stored_pass_on_postgresql() -> None:
    with postgresql() as url:
        modules = [f"tests/{module}.py" for module in MODULES]
        command = [sys.executable, "-m", "pytest", "-q", "--reuse-db", *modules, "--deselect", STARTS_ONE]
        environ = {**os.environ, "TEST_DATABASE_URL": url}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-10_000:]
