"""Packages from npm, for tests only: their versions are pinned in package-lock.json."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.servers import ROOT, needed

TIMEOUT = 300
"""Seconds; the network may be slow."""


def installed() -> Path:
    """The folder of the packages, which are installed once. Without npm or its registry: a failure in CI, else a skip."""
    npm = needed(shutil.which("npm"), "npm")
    folder, lock = ROOT / "node_modules", ROOT / "package-lock.json"
    note = folder / ".package-lock.json"  # npm writes it last
    if note.is_file() and note.stat().st_mtime >= lock.stat().st_mtime:
        return folder
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    if done.returncode:
        missing = f"npm can't install the packages that this needs: {done.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
