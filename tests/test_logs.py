"""The log says what happened and where, without visitors' texts and secrets."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from chat import runtime
from chat.answers.breaker import FAILURES_TO_OPEN
from chat.logs import LINES, Formatter, Seldom, Sparing, log_unexpected
from chat.web import refusals
from integrations import Unavailable
from tests.support.servers import Site
from tests.support.visitor import Connect, Script


def fail() -> None:
    raise ValueError("a visitor's words")


def test_an_exception_is_logged_by_its_type_and_place() -> None:
    try:
        fail()
    except ValueError:
        record = logging.LogRecord("chat", logging.ERROR, __file__, 1, "It failed", None, sys.exc_info())

    line = Formatter("{message}", style="{").format(record)

    assert line.startswith("It failed\nValueError at tests.test_logs:")
    assert "visitor" not in line
    assert "/" not in line


def test_so_is_what_nobody_expected(caplog: pytest.LogCaptureFixture) -> None:
    try:
        fail()
    except ValueError as error:
        log_unexpected(error)

    assert "Unexpected ValueError at tests.test_logs:" in caplog.text
    assert "visitor" not in caplog.text


@pytest.mark.django_db
def test_strangers_write_a_line_a_minute_at_most(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_hosts", Seldom(refusals.logger))
    for _ in range(3):
        assert client.get("/", headers={"host": "evil.example.com"}).status_code == 400
        assert client.get("/no-such-page").status_code == 404
        assert client.get("/site.json", headers={"origin": "https://evil.example.com"}).status_code == 403
        assert client.post("/admin/login/", {str(number): "" for number in range(2000)}).status_code == 400
        assert Client(enforce_csrf_checks=True).post("/admin/login/").status_code == 403

    assert len(caplog.records) == 1
    assert 'its Host is "evil.example.com"' in caplog.text


def test_a_line_that_strangers_cause_counts_those_that_were_left_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("chat.logs.time.monotonic", lambda: now)
    seldom = Seldom(logging.getLogger("chat"))
    for _ in range(4):
        seldom.warning("Refused: %s", "a\nb\x1b[31m" + "x" * 500)
    now += 61
    seldom.warning("Refused: %s", "c")

    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith(r"Refused: a\nb\x1b[31mxxx")
    assert len(first) < 150
    assert second == "Refused: c (3 more since the last such line.)"


def test_one_statement_writes_only_some_lines_a_minute() -> None:
    now = 0.0
    sparing = Sparing(clock=lambda: now)

    def write(times: int, line: int = 1) -> list[str]:
        records = [
            logging.LogRecord("chat", logging.ERROR, __file__, line, "It %s", ("failed",), None) for _ in range(times)
        ]
        return [record.getMessage() for record in records if sparing.filter(record)]

    assert write(25) == ["It failed"] * LINES
    assert write(1, line=2) == ["It failed"]
    now = 59.0
    assert write(5) == []
    now = 60.0
    assert write(2) == ["It failed (20 lines like it were left out.)", "It failed"]
    now = 120.0
    assert write(1) == ["It failed"]


def test_the_server_s_log_is_written_sparingly(tmp_path: Path) -> None:
    code = "import logging\nfor _ in range(100): logging.getLogger('chat').error('It failed')"

    done = Site(tmp_path).manage("shell", "--no-imports", "--command", code)

    assert done.stderr.count("ERROR chat: It failed") == LINES


@pytest.mark.django_db(transaction=True)
async def test_an_outage_of_the_provider_is_told_by_its_beginning_its_probes_and_its_end(
    scripted: Script, visitors: Connect, caplog: pytest.LogCaptureFixture, mocker: Any
) -> None:
    caplog.set_level(logging.INFO, "chat.answers")
    scripted(*[Unavailable("It is down.")] * (FAILURES_TO_OPEN + 1))
    breaker = runtime.current().chain.first.breaker
    clock = mocker.patch.object(breaker, "_clock", return_value=1000.0)
    visitor = await visitors()

    def written() -> list[str]:
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return lines

    for number in range(FAILURES_TO_OPEN):
        await visitor.say(f"words {number}")
    *failures, opened = sorted(written())
    assert failures == ["The provider scripted failed (unavailable): It is down."] * FAILURES_TO_OPEN
    assert opened.startswith("The provider scripted is not asked for ")

    for number in range(10):
        await visitor.say(f"more words {number}")
    assert written() == []

    for answers in (False, True):
        clock.return_value += 60
        await visitor.say("a probe")
        [line] = written()
        assert line.startswith(
            "The provider scripted answers again" if answers else "The provider scripted is not asked for "
        )


@pytest.mark.parametrize(
    "url", ["redis://:hunter2@localhost/0", "rediss://chat:hunter2@[::1]:6379", "unix:///redis.sock?password=hunter2"]
)
def test_an_error_page_for_developers_shows_no_secret(client: Client, settings: Any, url: str) -> None:
    settings.DEBUG = True
    settings.REDIS_URL = url
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"hosts": [url]}}}
    settings.SERVICES = {"other": {"PASSWORD": "hunter2", "OPTIONS": {"addresses": (url,)}}}

    page = client.get("/", headers={"host": "evil.example.com"}).content.decode()

    assert "REDIS_URL" in page
    assert "CHANNEL_LAYERS" in page
    assert "hunter2" not in page
