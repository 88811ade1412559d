"""The whole site under a real Daphne, with a real WebSocket client."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.servers import ROOT, Site, postgresql

TIMEOUT = 60


def frames_until_reply(socket: ClientConnection) -> list[dict[str, Any]]:
    frames = []
    while not frames or frames[-1]["type"] != "message":
        frames.append(json.loads(socket.recv(TIMEOUT)))
    return frames


def say(site: Site, text: str) -> list[dict[str, Any]]:
    with connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"message": text}))
        return frames_until_reply(socket)


def get(address: str) -> tuple[int, dict[str, str], str]:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as response:
            return response.status, dict(response.headers), response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def test_a_client_that_knows_only_the_address_gets_the_echo(site: Site) -> None:
    ready, ack, message = say(site, "hi")

    assert [ready["type"], ack["type"], message["type"]] == ["ready", "ack", "message"]
    assert message["message"] == "hi"


def test_the_page_has_a_strict_policy_and_its_files(site: Site) -> None:
    status, headers, body = get(f"{site.url}/")

    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert "<chatbot-widget" in body
    assert "unsafe" not in policy
    for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    script = body.split('type="module" src="')[1].split('"')[0]
    assert get(site.url + script)[0] == 200


def test_the_admin_has_its_files(site: Site) -> None:
    status, _, body = get(f"{site.url}/admin/login/")

    stylesheet = body.split('rel="stylesheet" href="')[1].split('"')[0]
    assert status == 200
    assert get(site.url + stylesheet)[0] == 200


def test_a_missing_page_shows_nothing_of_the_inside(site: Site) -> None:
    status, _, body = get(f"{site.url}/nowhere")

    assert status == 404
    assert "urlconf" not in body.lower()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_foreign_page_is_refused(site: Site, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(site.socket_url, origin=origin):  # type: ignore[arg-type]
        pass

    assert refused.value.response.status_code == 403


def test_no_text_of_a_visitor_is_logged(site: Site) -> None:
    say(site, "a private matter")
    say(site, "/crash")

    assert "RuntimeError" in site.log
    assert "private" not in site.log


def test_a_conversation_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.prepare()
    with site.serving(), connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"message": "hi", "id": "abc"}))
        token = frames_until_reply(socket)[0]["token"]
    with site.serving(), connect(site.socket_url, origin=site.url) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"type": "hello", "token": token}))
        ready = json.loads(socket.recv(TIMEOUT))

    assert ready["resumed"]
    assert [message["message"] for message in ready["messages"]] == ["hi", "hi"]


def test_the_same_on_postgresql(tmp_path: Path) -> None:
    with postgresql() as address:
        site = Site(tmp_path, DATABASE_URL=address)
        site.prepare()
        with site.serving():
            assert say(site, "hi")[-1]["message"] == "hi"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"CHATBOT_PROVIDER": "nobody"},
            ["CHATBOT_PROVIDER", "echo, faq, dialogflow, dialogflow_cx, wit", "CHATBOT_PROVIDER=echo"],
        ),
        ({"CHATBOT_PROVIDER": "wit"}, ["WIT_ACCESS_TOKEN is not set", "Example: WIT_ACCESS_TOKEN="]),
        ({"CHATBOT_PROVIDER": "dialogflow"}, ["DIALOGFLOW_PROJECT_ID is not set", "Example: DIALOGFLOW_PROJECT_ID="]),
        (
            {"CHATBOT_PROVIDER": "dialogflow", "DIALOGFLOW_PROJECT_ID": "shop", "DIALOGFLOW_CREDENTIALS": "/no/s3cret.json"},
            ["DIALOGFLOW_CREDENTIALS", "Example: DIALOGFLOW_CREDENTIALS="],
        ),
        ({"CHATBOT_DEADLINE": "s3cret"}, ["CHATBOT_DEADLINE must be a number from 0.1 to 20", "CHATBOT_DEADLINE=8"]),
        ({"CHATBOT_ALLOWED_ORIGINS": "example.com"}, ["CHATBOT_ALLOWED_ORIGINS must be origins"]),
        ({"DATABASE_URL": "mysql://user:s3cret@host/name"}, ["DATABASE_URL must be", "Example: DATABASE_URL=postgres://"]),
        ({"DEBUG": "s3cret"}, ["DEBUG must be on or off"]),
        ({"PORT": "99999"}, ["PORT must be a port"]),
        ({"REDIS_URL": "redis://:s3cret@localhost:six/0"}, ["REDIS_URL must be an address"]),
        ({"REDIS_URL": "http://s3cret"}, ["REDIS_URL must be an address"]),
        ({"SECRET_KEY": ""}, ["SECRET_KEY is not set"]),
    ],
)
def test_a_wrong_variable_stops_the_start_with_words(tmp_path: Path, variables: dict[str, str], words: list[str]) -> None:
    done = Site(tmp_path, **variables).manage("serve")

    assert done.returncode == 1
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


def test_check_reports_every_wrong_variable_at_once(tmp_path: Path) -> None:
    done = Site(tmp_path, CHATBOT_DEADLINE="soon", CHATBOT_TOKEN_DAYS="many").manage("check")

    assert done.returncode == 1
    assert "CHATBOT_DEADLINE" in done.stderr
    assert "CHATBOT_TOKEN_DAYS" in done.stderr


def test_a_wrong_option_hides_no_mistake_of_the_provider(tmp_path: Path) -> None:
    done = Site(tmp_path, CHATBOT_DEADLINE="soon", CHATBOT_PROVIDER="wit").manage("check")

    assert "CHATBOT_DEADLINE must be" in done.stderr
    assert "WIT_ACCESS_TOKEN is not set" in done.stderr


def test_check_deploy_speaks_of_our_variables(tmp_path: Path) -> None:
    careless = {"CHATBOT_RATE_LIMITS": "off", "CHATBOT_BREAKER": "off", "DEBUG": "on", "ALLOWED_HOSTS": "*"}
    warnings = Site(tmp_path, **careless).manage("check", "--deploy").stderr

    assert "HTTPS=on" in warnings
    assert "CHATBOT_RATE_LIMITS is off" in warnings
    assert "CHATBOT_BREAKER is off" in warnings
    assert "DEBUG is on" in warnings
    assert "SECRET_KEY is short" in warnings
    assert "PUBLIC_URL is not set" in warnings
    assert "ALLOWED_HOSTS allows every host" in warnings
    for name in ("SECURE_", "SESSION_COOKIE", "CSRF_COOKIE", "security.W"):
        assert name not in warnings


def test_a_careful_site_has_nothing_to_mend(tmp_path: Path) -> None:
    key = "k" * 25 + "0123456789abcdefghijklmnop"
    behind_tls = Site(tmp_path, PUBLIC_URL="https://chat.example.com", CHATBOT_TRUSTED_PROXIES="1", SECRET_KEY=key)

    assert "no issues" in behind_tls.manage("check", "--deploy").stdout


def test_hsts_begins_with_an_hour_for_this_host_alone(tmp_path: Path) -> None:
    names = "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"
    code = f"from django.conf import settings as s; print({', '.join(f's.{name}' for name in names)})"

    assert Site(tmp_path, HTTPS="on").manage("shell", "--no-imports", "-c", code).stdout.split() == [
        "3600",
        "False",
        "False",
    ]
    for_a_year = Site(tmp_path, HTTPS="on", HSTS_SECONDS="31536000").manage("shell", "--no-imports", "-c", code)
    assert for_a_year.stdout.split() == ["31536000", "False", "False"]
    assert "HSTS_SECONDS must be" in Site(tmp_path, HTTPS="on", HSTS_SECONDS="-1").manage("check").stderr


def test_the_chat_in_the_terminal_says_how_to_end_it(site: Site) -> None:
    command = [sys.executable, "manage.py", "chat"]
    done = subprocess.run(command, cwd=ROOT, env=site.environ, input="hi\n\n", capture_output=True, text=True, check=True)

    assert done.stdout.startswith("An empty line or Ctrl+C ends the chat.")
    assert "bot: hi" in done.stdout


def test_runserver_leads_to_the_server_that_the_chat_needs() -> None:
    with pytest.raises(CommandError, match="make run"):
        call_command("runserver", "0.0.0.0:8000")
