#!/usr/bin/env bash
#
# Expected: A bare zh serves every kind of Chinese, and no match is None or an exception, as in other
#   matchers.
# Seen: CLDR's distances count: zh means simplified Chinese, so zh-TW is 54 away and the limit is 25. Tamil to
#   English is 44. Basque to Spanish is 20 and passes. The answer 'und' is a valid tag, so a caller who
#   doesn't compare it asks the provider in the language und.
# Versions: langcodes 3.5.1, language-data 1.4.0
# Source: langcodes documents und for no match; CLDR language matching data
# Output seen:
#   langcodes 3.5.1
#   wanted eu, available es: ('es', 20)
#   wanted uk, available ru: ('ru', 24)
#   wanted ta, available en: ('und', 1000)
#   wanted zh-TW, available zh: ('und', 1000)
#   wanted zh-TW, available zh-Hant: ('zh-Hant', 0)
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check langcodes==3.5.1 language-data==1.4.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from langcodes import closest_match

print("langcodes", version("langcodes"))
expected = {
    ("eu", "es"): "es",
    ("uk", "ru"): "ru",
    ("ta", "en"): "und",
    ("zh-TW", "zh"): "und",
    ("zh-TW", "zh-Hant"): "zh-Hant",
}
for (wanted, available), match in expected.items():
    seen = closest_match(wanted, [available])
    print(f"wanted {wanted}, available {available}: {seen}")
    assert seen[0] == match
PYTHON
