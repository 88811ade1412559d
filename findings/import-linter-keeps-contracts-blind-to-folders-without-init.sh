#!/usr/bin/env bash
#
# Expected: Python imports such a folder as a namespace package, so the linter sees its modules or says that
#   it leaves them out.
# Seen: The folder is skipped silently. low -> plain.bridge -> high is a forbidden indirect import that isn't
#   found. With an empty __init__.py the same contract is broken.
# Versions: import-linter 2.16, grimp 3.19
# Source: none found; grimp documents namespace packages for roots
# Output seen:
#   import-linter 2.16 grimp 3.19
#   without __init__.py: low stays away from high KEPT
#   with __init__.py: low stays away from high BROKEN
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check import-linter==2.16 grimp==3.19

mkdir -p app/plain
touch app/__init__.py app/high.py
echo "import app.plain.bridge" >app/low.py
echo "import app.high" >app/plain/bridge.py
cat >.importlinter <<'INI'
[importlinter]
root_package = app

[importlinter:contract:1]
name = low stays away from high
type = forbidden
source_modules = app.low
forbidden_modules = app.high
INI
export PYTHONPATH=.
venv/bin/python -c "
from importlib.metadata import version
print('import-linter', version('import-linter'), 'grimp', version('grimp'))
import app.low  # works"
without=$(venv/bin/lint-imports --no-cache | grep "^low stays away from high ")
touch app/plain/__init__.py
with=$(venv/bin/lint-imports --no-cache | grep "^low stays away from high ") || true
echo "without __init__.py: $without"
echo "with __init__.py: $with"
[ "$without" = "low stays away from high KEPT" ]
[ "$with" = "low stays away from high BROKEN" ]
