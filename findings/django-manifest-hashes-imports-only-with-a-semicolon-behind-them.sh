#!/usr/bin/env bash
#
# Expected: Every relative import of a module gets the hashed name, since the switch is there for that.
# Seen: The patterns want a semicolon behind the address, which JavaScript leaves to the author. The other
#   forms stay as they are. The unhashed file is served, too, so all works until the part changes and caches
#   mix old and new.
# Versions: django 5.2.19, whitenoise 6.12.0
# Source: Django ticket 34322 (the switch is optional because of such cases)
# Output seen:
#   django 5.2.19 whitenoise 6.12.0
#   hashed - import { part } from "./part.js";
#   as it was - import { part } from "./part.js"
#   hashed - import "./part.js";
#   as it was - import "./part.js"
#   hashed - export * from "./part.js";
#   as it was - export * from "./part.js"
#   hashed - const part = await import("./part.js")
#   as it was - const part = await import(`./part.js`);
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


forms = {
    'import { part } from "./part.js";': True,
    'import { part } from "./part.js"\n': False,
    'import "./part.js";': True,
    'import "./part.js"\n': False,
    'export * from "./part.js";': True,
    'export * from "./part.js"\n': False,
    'const part = await import("./part.js")': True,
    "const part = await import(`./part.js`);": False,
}
for number, form in enumerate(forms):
    Path(source, f"form{number}.js").write_text(form)
call_command("collectstatic", interactive=False, verbosity=0)
for number, (form, expected) in enumerate(forms.items()):
    [collected] = Path(target).glob(f"form{number}.*.js")
    is_hashed = "./part.js" not in collected.read_text()
    print("hashed" if is_hashed else "as it was", "-", form.strip())
    assert is_hashed == expected
PYTHON
