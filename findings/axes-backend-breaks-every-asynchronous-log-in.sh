#!/usr/bin/env bash
#
# Expected: aauthenticate works with every backend: Django's own base class falls back to the synchronous
#   method, or axes offers its own.
# Seen: Django calls aauthenticate on each backend, and its BaseBackend has none in 5.2. The standalone
#   backend adds none, so no password is ever checked. So does AsyncClient.alogin in tests.
# Versions: django-axes 8.3.1, django 5.2.19
# Source: none found; django-axes issue 712 is about another error under ASGI
# Output seen:
#   django-axes 8.3.1 django 5.2.19
#   authenticate: staff
#   aauthenticate: AttributeError: 'AxesStandaloneBackend' object has no attribute 'aauthenticate'
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django-axes==8.3.1 django==5.2.19

venv/bin/python - <<'PYTHON'
import asyncio
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x",
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "find.sqlite3"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "axes"],
    AUTHENTICATION_BACKENDS=["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"],
)
django.setup()

from django.contrib.auth import aauthenticate, authenticate, get_user_model
from django.core.management import call_command
from django.test import RequestFactory

print("django-axes", version("django-axes"), "django", version("django"))
call_command("migrate", verbosity=0)
get_user_model().objects.create_user("staff", password="a right one")
given = {"request": RequestFactory().get("/"), "username": "staff", "password": "a right one"}
print("authenticate:", authenticate(**given))
assert authenticate(**given) is not None
try:
    asyncio.run(aauthenticate(**given))
except AttributeError as error:
    print("aauthenticate: AttributeError:", error)
else:
    raise AssertionError
PYTHON
