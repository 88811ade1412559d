#!/usr/bin/env bash
#
# Expected: A library logs to its logger and leaves handlers and levels to the application.
# Seen: The handler writes beside the application's own, so lines appear twice, and a command whose stdout is
#   data gets log lines in it.
# Versions: wit 6.0.1, requests 2.34.2
# Source: none found; the logging documentation advises against it
# Output seen:
#   wit 6.0.1
#   level INFO - handler StreamHandler to stdout: True
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check wit==6.0.1 requests==2.34.2

venv/bin/python - <<'PYTHON'
import logging
import sys
from importlib.metadata import version

print("wit", version("wit"))
assert "wit" not in logging.root.manager.loggerDict
import wit  # noqa: E402, F401

logger = logging.getLogger("wit")
handler = logger.handlers[0]
print(
    "level",
    logging.getLevelName(logger.level),
    "- handler",
    type(handler).__name__,
    "to stdout:",
    handler.stream is sys.stdout,
)
assert logger.level == logging.INFO and handler.stream is sys.stdout and len(logger.handlers) == 1
PYTHON
