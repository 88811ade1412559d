#!/usr/bin/env bash
#
# Expected: A browser test of the Back button meets what visitors meet: the page is restored from the cache,
#   its script goes on, and its socket has been closed meanwhile.
# Seen: The argument is among the defaults of every launch. Back loads the page anew, so the code for pageshow
#   with persisted is never run. ignore_default_args takes a list that brings the cache back.
# Versions: playwright 1.65.2
# Source: none found
# Output seen:
#   playwright 1.65.2
#   --disable-back-forward-cache by default: True - with ignore_default_args: False
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check playwright==1.65.2

venv/bin/python - <<'PYTHON'
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

print("playwright", version("playwright"))
browser = Path("browser").absolute()  # in the place of Chromium: notes its arguments and ends
browser.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.arguments"\nexit 1\n')
browser.chmod(0o755)
flag, seen = "--disable-back-forward-cache", []
with sync_playwright() as playwright:
    for ignored in ([], [flag]):
        try:
            playwright.chromium.launch(executable_path=browser, ignore_default_args=ignored)
        except Error:
            seen.append(flag in Path("browser.arguments").read_text().splitlines())
print(flag, "by default:", seen[0], "- with ignore_default_args:", seen[1])
assert seen == [True, False]
PYTHON
