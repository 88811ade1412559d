#!/bin/sh
# The container's process: migrate and collect first, then serve. Signals reach the server, which ends in order.
set -eu
cd "$(dirname "$0")/.."
python manage.py prepare
exec python manage.py serve
