#!/usr/bin/env bash
#
# Expected: Language tags are compared without regard to case, and Taiwan reads traditional Chinese. The
#   Accept-Language header of the same browser gives zh-hant.
# Seen: The table of fallbacks is keyed in lower case and looked up as given. If it isn't found, the first
#   language that begins with zh- is taken, which is zh-hans. zh-HK goes the same way. pt-BR works, as the
#   list of languages is compared without regard to case.
# Versions: django 5.2.19
# Source: the function's documentation doesn't state a case; get_language_from_request lowers the header first
# Output seen:
#   django 5.2.19
#   zh-tw -> zh-hant
#   zh-TW -> zh-hans
#   zh-hk -> zh-hant
#   zh-HK -> zh-hans
#   Accept-Language: zh-TW -> zh-hant
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

from django.test import RequestFactory
from django.utils.translation import (
    get_language_from_request,
    get_supported_language_variant,
)

print("django", version("django"))
for tag in ("zh-tw", "zh-TW", "zh-hk", "zh-HK"):
    print(tag, "->", get_supported_language_variant(tag))
header = get_language_from_request(RequestFactory().get("/", headers={"Accept-Language": "zh-TW"}))
print("Accept-Language: zh-TW ->", header)
assert [get_supported_language_variant(tag) for tag in ("zh-tw", "zh-TW", "zh-HK")] == ["zh-hant", "zh-hans", "zh-hans"]
assert header == "zh-hant"
PYTHON
