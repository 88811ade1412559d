"""nginx in front of a site, with a configuration of the test's own."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.servers import needed, running

UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"


def nginx(folder: Path, port: int, *servers: str) -> contextlib.AbstractContextManager[None]:
    """nginx with these `server` blocks, one of which listens on the port."""
    upgrades = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"
    return nginx_with(folder, port, upgrades + "".join(servers))


@contextlib.contextmanager
def nginx_with(folder: Path, port: int, configuration: str) -> Iterator[None]:
    """nginx with what usually stands in its folder conf.d."""
    program = needed(shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin"), "nginx-light")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
        f"events {{}} http {{ access_log off; proxy_http_version 1.1; {paths}\n{configuration} }}"
    )
    command = [program, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-g", "daemon off;"]
    with running(command, port, stop=signal.SIGQUIT, stderr=subprocess.DEVNULL):
        yield


def server(port: int, upstream: str, location: str = "/", host: str = "$http_host", more: str = UPGRADE) -> str:
    """A `server` block that passes a location on."""
    return (
        f"server {{ listen 127.0.0.1:{port}; location {location} {{ proxy_pass {upstream}; proxy_set_header Host {host}; "
        f'{more} }} location = /elsewhere {{ return 200 "another site"; }} }}'
    )
