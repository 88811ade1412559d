#!/usr/bin/env bash
#
# Expected: Only import statements are followed. A comment can't import anything.
# Seen: The storage searches the file's text by a pattern and knows no comments or strings. A commented-out
#   import of a file that is gone, or a sentence with such words, stops the deployment.
# Versions: django 5.2.19, whitenoise 6.12.0
# Source: Django ticket 34322 (the switch is optional because of such cases)
# Output seen:
#   django 5.2.19 whitenoise 6.12.0
#   line comment -> The file 'gone.js' could not be found
#   block comment -> The file 'gone.js' could not be found
#   text -> The file 'gone.js' could not be found
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django==5.2.19 whitenoise==6.12.0

venv/bin/python - <<'PYTHON'
import tempfile
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

source, target = tempfile.mkdtemp(dir="."), tempfile.mkdtemp(dir=".")


class Storage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True


settings.configure(
    INSTALLED_APPS=["django.contrib.staticfiles"],
    STATIC_URL="/static/",
    STATIC_ROOT=target,
    STATICFILES_DIRS=[source],
    STORAGES={"staticfiles": {"BACKEND": "__main__.Storage"}},
)
django.setup()
print("django", version("django"), "whitenoise", version("whitenoise"))
Path(source, "part.js").write_text("export const part = 1;")


from whitenoise.storage import MissingFileError

files = {
    "line comment": "// import { old } from './gone.js';\n",
    "block comment": "/* Usage: import { old } from './gone.js'; */\n",
    "text": "element.textContent = \"Write import { old } from './gone.js'; first\";\n",
}
for name, text in files.items():
    Path(source, "module.js").write_text(text)
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except MissingFileError as error:
        print(name, "->", str(error).split(" with ")[0])
        assert "'gone.js'" in str(error)
    else:
        raise AssertionError(name)
PYTHON
