"""The log says what happened and where, without visitors' texts and secrets."""

from __future__ import annotations

import logging
import sys

import pytest
from django.test import Client

from chat.logs import Formatter, Seldom, log_unexpected
from chat.web import refusals


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
