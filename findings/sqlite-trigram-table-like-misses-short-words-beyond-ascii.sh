#!/usr/bin/env bash
#
# Expected: LIKE on an FTS5 table gives the same rows as on an ordinary table, with the index or without it.
# Seen: A pattern of two characters is shorter than a trigram and yet has three bytes or more, so it goes to
#   the index, which holds nothing for it. ASCII words of two letters are found, as is every word in 3.41.
# Versions: apsw 3.40.1.0
# Source: a thread of the SQLite forum about short Cyrillic words
# Output seen:
#   apsw 3.40.1.0 SQLite 3.40.1
#   LIKE '%ab%': ordinary table 1, trigram table 1, with ESCAPE 1
#   LIKE '%ße%': ordinary table 1, trigram table 0, with ESCAPE 1
#   LIKE '%東京%': ordinary table 1, trigram table 0, with ESCAPE 1
#   LIKE '%東京都%': ordinary table 1, trigram table 1, with ESCAPE 1
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apsw==3.40.1.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import apsw

print("apsw", version("apsw"), "SQLite", apsw.sqlitelibversion())
cursor = apsw.Connection(":memory:").cursor()
cursor.execute("CREATE VIRTUAL TABLE trigram USING fts5(text, tokenize='trigram')")
cursor.execute("CREATE TABLE ordinary (text)")
for table in ("trigram", "ordinary"):
    cursor.execute(f"INSERT INTO {table} VALUES ('abc Stra\u00dfe \u6771\u4eac\u90fd')")
seen = {}
for word in ("ab", "\u00dfe", "\u6771\u4eac", "\u6771\u4eac\u90fd"):
    seen[word] = tuple(
        cursor.execute(f"SELECT count(*) FROM {table} WHERE text LIKE ? {escape}", (f"%{word}%",)).fetchone()[0]
        for table, escape in (("ordinary", ""), ("trigram", ""), ("trigram", "ESCAPE '\\'"))
    )
    print(f"LIKE '%{word}%': ordinary table {seen[word][0]}, trigram table {seen[word][1]}, with ESCAPE {seen[word][2]}")
assert list(seen.values()) == [(1, 1, 1), (1, 0, 1), (1, 0, 1), (1, 1, 1)]
PYTHON
