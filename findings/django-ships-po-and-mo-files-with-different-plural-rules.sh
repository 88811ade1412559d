#!/usr/bin/env bash
#
# Expected: A .mo file is compiled from the .po file beside it, so both state one rule.
# Seen: Django reads the .mo files. Who takes Plural-Forms for an own catalogue from the .po file gets two
#   forms for French instead of three, and gettext then runs two rules side by side in one process.
# Versions: django 5.2.19
# Source: none found
# Output seen:
#   django 5.2.19
#   6 languages: {'es_AR': '2 in .po, 3 in .mo', 'fr': '2 in .po, 3 in .mo', 'he': '4 in .po, 3 in .mo', 'it': '2 in
#     .po, 3 in .mo', 'pt': '2 in .po, 3 in .mo', 'pt_BR': '2 in .po, 3 in .mo'}
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django==5.2.19

venv/bin/python - <<'PYTHON'
import gettext
import re
from importlib.metadata import version
from pathlib import Path

import django

print("django", version("django"))
different = {}
for source in sorted(Path(django.__file__).parent.glob("conf/locale/*/LC_MESSAGES/django.po")):
    language = source.parts[-3]
    text = re.sub(r'"\n"', "", source.read_text(encoding="utf-8"))  # a long header is cut into lines
    stated = int(re.search(r"Plural-Forms: nplurals=(\d)", text)[1])
    compiled = gettext.translation("django", source.parents[2], [language]).info().get("plural-forms", "")
    if compiled and stated != int(re.match(r"nplurals=(\d)", compiled)[1]):
        different[language] = f"{stated} in .po, {compiled[9]} in .mo"
print(len(different), "languages:", different)
assert different["fr"] == "2 in .po, 3 in .mo" and different["he"] == "4 in .po, 3 in .mo"
assert "de" not in different
PYTHON
