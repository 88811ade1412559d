#!/usr/bin/env bash
#
# Expected: The nonce that a template prints is in the header, whether the response is streamed or not.
# Seen: A stream is rendered after the middleware has written the header. Accessing the nonce then raises,
#   when status and headers have gone out. str(request.csp_nonce) in the view is enough to avoid it.
# Versions: django-csp 4.0, django 5.2.19
# Source: the exception's own text speaks of middleware order only
# Output seen:
#   django-csp 4.0 django 5.2.19
#   touched in the view: status 200 - the header names the nonce: True
#   first used in the stream: status 200 - the body raises CSPNonceError
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
from csp.exceptions import CSPNonceError
from django.conf import settings
from django.http import StreamingHttpResponse
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


def view(request, touch):
    if touch:
        str(request.csp_nonce)
    return StreamingHttpResponse(str(request.csp_nonce) for _ in range(1))


urlpatterns = [path("touched", view, {"touch": True}), path("streamed", view, {"touch": False})]
response = Client().get("/touched")
[nonce] = response
is_named = nonce.decode() in response.headers["Content-Security-Policy"]
print("touched in the view: status", response.status_code, "- the header names the nonce:", is_named)
assert is_named
response = Client().get("/streamed")
try:
    list(response)
except CSPNonceError as error:
    print("first used in the stream: status", response.status_code, "- the body raises", type(error).__name__)
else:
    raise AssertionError
PYTHON
