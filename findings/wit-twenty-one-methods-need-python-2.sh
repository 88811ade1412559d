#!/usr/bin/env bash
#
# Expected: A package that is published for Python 3 runs on it.
# Seen: They build their address by urllib.quote_plus, which went to urllib.parse in Python 3.
# Versions: wit 6.0.1, requests 2.34.2
# Source: pywit issue 172
# Output seen:
#   wit 6.0.1
#   21 raise AttributeError: add_keyword_value, app_info, app_version_info, app_versions, create_synonym,
#     create_trait_value, delete_app, delete_app_version, delete_entity, delete_intent, delete_keyword, delete_role,
#     delete_synonym, delete_trait, delete_trait_value, entity_info, intent_info, trait_info, update_app,
#     update_app_version, update_entity
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check wit==6.0.1 requests==2.34.2

venv/bin/python - <<'PYTHON'
import inspect
import os
from importlib.metadata import version

os.environ["WIT_URL"] = "http://127.0.0.1:1"  # nobody listens there: the methods that work raise a connection error
import wit  # noqa: E402 - it reads WIT_URL when it is imported

print("wit", version("wit"))
client, broken = wit.Wit("TOKEN"), []
for name, method in inspect.getmembers(client, inspect.ismethod):
    if name.startswith("_") or name == "interactive":
        continue
    needed = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
    try:
        method(*["x"] * len(needed))
    except AttributeError as error:
        assert "quote_plus" in str(error)
        broken.append(name)
    except OSError:
        pass
print(len(broken), "raise AttributeError:", ", ".join(broken))
assert len(broken) == 21 and {"intent_info", "delete_intent", "update_entity"} <= set(broken)
PYTHON
