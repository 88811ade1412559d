#!/usr/bin/env bash
#
# Expected: The forms of a gettext catalogue are the CLDR categories of its language in some order, so one
#   sample number of a category stands for all its numbers.
# Seen: Catalogues state a rule of their own, older or other than CLDR's. A browser that picks words by
#   Intl.PluralRules can't get what ngettext says: Latvian 10 is CLDR's zero like 0, and has the form of 2 in
#   the catalogue.
# Versions: django 5.2.19, babel 2.19.0
# Source: CLDR plural rules; Plural-Forms in Django's catalogues; no issue found
# Output seen:
#   django 5.2.19 babel 2.19.0
#   10 languages: {'bn': {'one': [0, 1]}, 'cy': {'other': [4, 8]}, 'ga': {'other': [0, 11]}, 'hi': {'one': [0, 1]},
#     'hy': {'one': [0, 1]}, 'kab': {'one': [0, 1]}, 'lv': {'zero': [0, 10]}, 'pa': {'one': [0, 1]}, 'tg': {'one': [0,
#     1]}, 'tr': {'other': [0, 2]}}
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django==5.2.19 babel==2.19.0

venv/bin/python - <<'PYTHON'
import gettext
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import babel
import django

print("django", version("django"), "babel", version("babel"))
locale, seen = Path(django.__file__).parent / "conf/locale", {}
for catalogue in sorted(locale.glob("*/LC_MESSAGES/django.mo")):
    language = catalogue.parts[-3]
    try:
        category = babel.Locale.parse(language).plural_form
    except babel.UnknownLocaleError:
        continue
    form, numbers = gettext.translation("django", locale, [language]).plural, defaultdict(dict)
    for number in range(201):
        numbers[category(number)].setdefault(form(number), number)  # the first number of each form
    if found := {name: sorted(forms.values()) for name, forms in numbers.items() if len(forms) > 1}:
        seen[language] = found
print(len(seen), "languages:", seen)
assert len(seen) == 10 and "de" not in seen
assert seen["lv"] == {"zero": [0, 10]} and seen["tr"] == {"other": [0, 2]} and seen["hi"] == {"one": [0, 1]}
PYTHON
