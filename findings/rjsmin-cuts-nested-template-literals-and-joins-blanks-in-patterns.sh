#!/usr/bin/env bash
#
# Expected: A minifier keeps what is inside literals.
# Seen: rjsmin takes the inner backtick for the end of the outer literal, so the rest is treated as code, and
#   // there as a comment. After => a slash is taken for a division, so two blanks in a pattern become one and
#   it matches other texts.
# Versions: rjsmin 1.3.0
# Source: rjsmin issues 8, 22 and 28 (templates); none found about =>
# Output seen:
#   rjsmin 1.3.0
#   const a = `x ${`https://y`} z`; -> const a=`x ${`https:
#   const b = `x ${f(`two  blanks`)}`; -> const b=`x ${f(`two blanks`)}`;
#   const c = (t) => /two  blanks/.test(t); -> const c=(t)=>/two blanks/.test(t);
#   const d = `two  blanks // ${x}`; -> const d=`two  blanks // ${x}`;
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check rjsmin==1.3.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import rjsmin

print("rjsmin", version("rjsmin"))
cases = {
    "const a = `x ${`https://y`} z`;": "const a=`x ${`https:",
    "const b = `x ${f(`two  blanks`)}`;": "const b=`x ${f(`two blanks`)}`;",
    "const c = (t) => /two  blanks/.test(t);": "const c=(t)=>/two blanks/.test(t);",
    "const d = `two  blanks // ${x}`;": "const d=`two  blanks // ${x}`;",
}
for source, expected in cases.items():
    seen = rjsmin.jsmin(source)
    print(source, "->", seen)
    assert seen == expected
PYTHON
