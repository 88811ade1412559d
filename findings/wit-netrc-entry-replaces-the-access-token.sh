#!/usr/bin/env bash
#
# Expected: The client sends the token that it was made with.
# Seen: The SDK sets the header for each call and leaves trust_env on. requests looks for an entry of the host
#   in ~/.netrc (or NETRC) and writes its Basic authorization over the header. So the token never arrives,
#   which looks like a wrong token.
# Versions: wit 6.0.1, requests 2.34.2
# Source: requests documents that netrc overrides the header; nothing found about wit
# Output seen:
#   wit 6.0.1 requests 2.34.2
#   Authorization without a netrc entry: Bearer - with one: Basic
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check wit==6.0.1 requests==2.34.2

venv/bin/python - <<'PYTHON'
import http.server
import json
import os
import threading
from importlib.metadata import version
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen.append(self.headers["Authorization"].split()[0])
        body = b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["WIT_URL"] = f"http://127.0.0.1:{server.server_port}"

seen = []
import wit  # noqa: E402 - it reads WIT_URL when it is imported

print("wit", version("wit"), "requests", version("requests"))
os.environ["NETRC"] = os.path.abspath("absent")
wit.Wit("TOKEN").message("hello")
Path("netrc").write_text("machine 127.0.0.1 login somebody password anything\n")
os.environ["NETRC"] = os.path.abspath("netrc")
wit.Wit("TOKEN").message("hello")
print("Authorization without a netrc entry:", seen[0], "- with one:", seen[1])
assert seen == ["Bearer", "Basic"]
PYTHON
