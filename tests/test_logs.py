"""The log says what happened and where, without visitors' texts and secrets."""

from __future__ import annotations

import logging
import sys

import pytest
from django.test import Client

from chat.logs import Formatter, log_unexpected


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
def test_strangers_write_nothing_into_it(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/", headers={"host": "evil.example.com"}).status_code == 400
    assert client.get("/no-such-page").status_code == 404
    assert client.get("/site.json", headers={"origin": "https://evil.example.com"}).status_code == 403

    assert caplog.text == ""
