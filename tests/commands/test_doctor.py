"""What `manage.py doctor` finds, and what a database that can't be used leads to."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from chatbot import environment
from tests.support.servers import PostgreSQL, Site, free_port


def test_a_mistake_is_shown_once_and_none_is_hidden(tmp_path: Path) -> None:
    wrong = {"CHATBOT_DEADLINE": "soon", "CHATBOT_PROVIDER": "wit", "CHATBOT_LANGUAGE": "de"}
    said = Site(tmp_path, **wrong).manage("doctor").stdout

    assert said.count("CHATBOT_DEADLINE must be") == 1
    assert said.count("WIT_ACCESS_TOKEN is not set") == 1
    assert said.count("not asked, because of what failed above") == 1
    assert "did you mean CHATBOT_LANGUAGES?" in said
    for part in ("settings", "database", "provider"):
        assert f"FAILED {part}" in said


def test_warnings_are_shown_too(site: Site) -> None:
    done = site.manage("doctor", CHATBOT_LANGUAGE="de")

    assert done.returncode == 0, done.stdout
    assert (
        "Warning: No such variable, so it has no effect: CHATBOT_LANGUAGE (did you mean CHATBOT_LANGUAGES?)" in done.stdout
    )
    assert "Everything is in order." in done.stdout


def test_a_bug_of_an_adapter_is_told_with_file_and_line_and_without_its_message(site: Site) -> None:
    own = {"CHATBOT_PROVIDER": "tests.support.own_adapter.OwnAdapter", "CHATBOT_OWN_WORDS": "/crash"}
    done = site.manage("doctor", **own)

    assert "internal: the adapter raised ValueError at own_adapter.py, line" in done.stdout
    assert "no answer to" not in done.stdout


def test_its_advice_is_the_command_of_the_documents(tmp_path: Path) -> None:
    said = Site(tmp_path).manage("doctor").stdout

    assert "migrations are pending. Run: manage.py prepare" in said
    assert "python manage.py" not in said


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The address of a database whose server asks for a password."""
    with tempfile.TemporaryDirectory(prefix="chat-postgresql-") as name:
        folder = Path(name)
        server = PostgreSQL(folder)
        (folder / "data" / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        address = urlsplit(server.url)
        with server.serving():
            with psycopg.connect(host=name, port=address.port, user="chat", dbname="postgres") as connection:
                connection.execute("ALTER ROLE chat PASSWORD 'pa#ss'")
            yield f"postgres://chat:pa%23ss@127.0.0.1:{address.port}/postgres"


def database_line(folder: Path, address: str) -> str:
    """What doctor says of the database."""
    said = Site(folder, DATABASE_URL=address).manage("doctor").stdout
    [line] = [line for line in said.splitlines() if line[7:].startswith("database ")]
    return line


def test_each_trouble_with_a_database_has_a_sentence_of_its_own(guarded: str, tmp_path: Path) -> None:
    wrong = {
        guarded.replace("pa%23ss", "s3cret"): "PostgreSQL refuses the user or the password in DATABASE_URL.",
        guarded.replace("/postgres", "/elsewhere"): "has no database with the name at the end of DATABASE_URL.",
        f"postgres://chat:s3cret@127.0.0.1:{free_port()}/chat": "No PostgreSQL server answers at the host and port",
    }
    for address, sentence in wrong.items():
        line = database_line(tmp_path, address)
        assert line.startswith("FAILED")
        assert sentence in line
        assert "s3cret" not in line

    away = Site(tmp_path, DATABASE_URL=address).manage("doctor").stdout
    assert away.count(sentence) == 1
    assert re.search(r"^FAILED connections .* the same as above$", away, re.MULTILINE)
    assert "migrations are pending" in database_line(tmp_path, guarded)
    served: subprocess.CompletedProcess[str] = Site(tmp_path, DATABASE_URL=next(iter(wrong))).manage("prepare")
    assert "PostgreSQL refuses the user or the password" in served.stderr


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgres://chat:pa#ss@localhost:5432/chat", "write # as %23"),
        ("postgres://chat:pa/ss@localhost:5432/chat", "write # as %23, / as %2F"),
        ("postgres://chat:pa?ss@localhost:5432/chat", "? as %3F"),
        ("postgres://chat:pa[ss@localhost:5432/chat", "[ as %5B"),
        ("postgres://chat:pa@s#s@localhost:5432/chat", "and @ as %40"),
        ("postgres://chat:secret@localhost:5432/chat?pgbouncer=true", "doesn't know the option pgbouncer"),
        ("sqlite:///chat.sqlite3?timeout=20", "doesn't know the option timeout"),
    ],
)
def test_an_address_that_can_t_be_read_says_why(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(environment.Unusable) as refused:
        environment.database("DATABASE_URL")

    assert said in str(refused.value)
    assert "ss@" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgres://chat:pa%23ss@localhost:5432/chat",
        "postgres://chat@localhost/chat?sslmode=require&application_name=chat",
        "postgres://chat:pa@ss@[::1]:5432/chat",
        "postgresql://%2Frun%2Fpostgresql/chat",
    ],
)
def test_an_address_that_is_right_is_read(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", address)

    assert environment.database("DATABASE_URL")["NAME"] == "chat"
