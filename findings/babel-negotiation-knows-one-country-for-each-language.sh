#!/usr/bin/env bash
#
# Expected: A visitor who asks for a language gets the one variant that there is, and a tag matches its own
#   canonical form.
# Seen: There is one alias for each language, its first country. he has he_IL, so iw matches neither.
#   Locale.parse knows all of these: zh_TW becomes zh_Hant_TW, iw becomes he_IL. langcodes matches every one
#   of these pairs.
# Versions: babel 2.19.0, langcodes 3.5.1, language-data 1.4.0
# Source: Babel documents the aliases; no issue found
# Output seen:
#   babel 2.19.0 langcodes 3.5.1
#   wanted en, available en_US: babel en_US, langcodes en_US; parsed it is en
#   wanted en, available en_GB: babel None, langcodes en_GB; parsed it is en
#   wanted pt, available pt_PT: babel pt_PT, langcodes pt_PT; parsed it is pt
#   wanted pt, available pt_BR: babel None, langcodes pt_BR; parsed it is pt
#   wanted zh_TW, available zh_Hant_TW: babel None, langcodes zh_Hant_TW; parsed it is zh_Hant_TW
#   wanted iw, available he: babel None, langcodes he; parsed it is he_IL
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check babel==2.19.0 langcodes==3.5.1 language-data==1.4.0

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import langcodes
from babel import Locale, negotiate_locale

print("babel", version("babel"), "langcodes", version("langcodes"))
pairs = {("en", "en_US"): "en_US", ("en", "en_GB"): None, ("pt", "pt_PT"): "pt_PT", ("pt", "pt_BR"): None,
         ("zh_TW", "zh_Hant_TW"): None, ("iw", "he"): None}  # fmt: skip
for (wanted, available), expected in pairs.items():
    seen, other = negotiate_locale([wanted], [available]), langcodes.closest_match(wanted, [available])[0]
    print(f"wanted {wanted}, available {available}: babel {seen}, langcodes {other}; parsed it is {Locale.parse(wanted)}")
    assert seen == expected and other == available
assert str(Locale.parse("zh_TW")) == "zh_Hant_TW" and str(Locale.parse("iw")) == "he_IL"
PYTHON
