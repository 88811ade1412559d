#!/usr/bin/env bash
#
# Expected: The nonce of a request counts as true, as any text that isn't empty, so that a template for sites
#   with and without the middleware can ask for it.
# Seen: The object is lazy and bool() tells whether it has been made. So the usual `if nonce` leaves the
#   attribute away, the header has no nonce either, and the script is blocked. After the first print the same
#   condition is true.
# Versions: django-csp 4.0, django 5.2.19
# Source: a docstring in csp/middleware.py
# Output seen:
#   django-csp 4.0 django 5.2.19
#   asked twice: falsefalse - nonce in the header: False
#   asked, printed, asked: false (nonce) true - nonce in the header: True
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check django-csp==4.0 django==5.2.19

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import django
from csp.constants import NONCE, SELF
from django.conf import settings
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import path

settings.configure(
    ROOT_URLCONF="__main__",
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["csp.middleware.CSPMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    CONTENT_SECURITY_POLICY={"DIRECTIVES": {"script-src": [SELF, NONCE]}},
)
django.setup()
print("django-csp", version("django-csp"), "django", version("django"))

condition = "{% if request.csp_nonce %}true{% else %}false{% endif %}"
template = condition + "{% if print %} {{ request.csp_nonce }} {% endif %}" + condition


def view(request, print):
    return HttpResponse(Template(template).render(Context({"request": request, "print": print})))


urlpatterns = [path("asked", view, {"print": False}), path("printed", view, {"print": True})]
asked, printed = Client().get("/asked"), Client().get("/printed")
header = "Content-Security-Policy"
print("asked twice:", asked.content.decode(), "- nonce in the header:", "nonce" in asked.headers[header])
before, nonce, after = printed.content.decode().split()
print("asked, printed, asked:", before, "(nonce)", after, "- nonce in the header:", nonce in printed.headers[header])
assert asked.content == b"falsefalse" and "nonce" not in asked.headers[header]
assert (before, after) == ("false", "true") and f"'nonce-{nonce}'" in printed.headers[header]
PYTHON
