#!/usr/bin/env bash
#
# Expected: Either the old code is unknown and the words stay English, or it is Hebrew and get_language_bidi()
#   is true.
# Seen: gettext's catalogue search goes through Python's locale aliases, which know iw as he_IL. Django's own
#   tables of languages and directions don't. So the page has Hebrew words and dir=ltr. In the same way `in`
#   gives Indonesian words, while `no` finds no Norwegian ones.
# Versions: django 5.2.19
# Source: none found; Python's locale.locale_alias holds the names
# Output seen:
#   django 5.2.19
#   he Monday is שני - right to left True - known True
#   iw Monday is שני - right to left False - known True
#   id Monday is Senin - right to left False - known True
#   in Monday is Senin - right to left False - known True
#   nb Monday is mandag - right to left False - known True
#   no Monday is Monday - right to left False - known False
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django==5.2.19

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(USE_I18N=True)
django.setup()

from django.utils.translation import (
    check_for_language,
    get_language_bidi,
    gettext,
    override,
)

print("django", version("django"))
seen = {}
for tag in ("he", "iw", "id", "in", "nb", "no"):
    with override(tag):
        seen[tag] = (gettext("Monday"), get_language_bidi(), check_for_language(tag))
    print(tag, "Monday is", seen[tag][0], "- right to left", seen[tag][1], "- known", seen[tag][2])
assert seen["he"][1:] == (True, True)
assert seen["iw"] == (seen["he"][0], False, True) and seen["iw"][0] != "Monday"
assert seen["in"][0] == seen["id"][0] != "Monday" and seen["no"][0] == "Monday" != seen["nb"][0]
PYTHON
