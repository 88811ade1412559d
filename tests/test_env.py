"""The site is configured by .env, and the environment wins over it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import ROOT, Site


def site_with(folder: Path, *lines: str, **variables: str) -> Site:
    """A site with an .env of these lines. The environment has only `variables`."""
    (folder / "env").write_text("\n".join(lines))
    site = Site(folder, ENV_FILE=str(folder / "env"))
    for name in ("SECRET_KEY", "DATABASE_URL", "PORT"):
        del site.environ[name]
    site.environ.update(variables)
    return site


def settings_of(site: Site, *names: str) -> list[str]:
    code = f"from django.conf import settings; from chat import conf; print({', '.join(names)}, sep='\\n')"
    done = site.manage("shell", "--no-imports", "--command", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_kind_of_variable_is_taken_from_the_file(tmp_path: Path) -> None:
    site = site_with(
        tmp_path,
        "SECRET_KEY=a$b${c}#d",
        "DEBUG=on",
        "PORT=8123",
        "ALLOWED_HOSTS=a.example,b.example",
        f"DATABASE_URL=sqlite:///{tmp_path}/other.sqlite3",
        "CHATBOT_DEADLINE=3",
        "CHATBOT_PROVIDER=echo",
    )

    found = settings_of(
        site,
        "settings.SECRET_KEY",
        "settings.DEBUG",
        "settings.PORT",
        "settings.ALLOWED_HOSTS",
        "settings.DATABASES['default']['NAME']",
        "conf.options().deadline",
    )

    assert found == ["a$b${c}#d", "True", "8123", "['a.example', 'b.example']", f"{tmp_path}/other.sqlite3", "3.0"]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    site = site_with(tmp_path, "SECRET_KEY=x", "PORT=8123", "CHATBOT_DEADLINE=3", PORT="8124", CHATBOT_DEADLINE="4")

    assert settings_of(site, "settings.PORT", "conf.options().deadline") == ["8124", "4.0"]


def test_a_provider_named_in_the_file_is_checked(tmp_path: Path) -> None:
    done = site_with(tmp_path, "SECRET_KEY=x", "CHATBOT_PROVIDER=wit").manage("check")

    assert done.returncode == 1
    assert "WIT_ACCESS_TOKEN is not set" in done.stderr


@pytest.mark.parametrize("text", ["", "CHATBOT_PROVIDER=wit\n", "SECRET_KEY=\nDEBUG=\n", "DEBUG=\nSECRET_KEY=   \n"])
def test_a_file_without_a_secret_key_gets_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "chatbot").mkdir()
    for module in ("secret.py", "envfile.py"):
        (tmp_path / "chatbot" / module).write_text((ROOT / "chatbot" / module).read_text())
    env = tmp_path / ".env"
    env.write_text(text)
    command = [sys.executable, "-m", "chatbot.secret"]

    subprocess.run(command, cwd=tmp_path, env={}, check=True)
    first = env.read_text()
    subprocess.run(command, cwd=tmp_path, env={}, check=True)

    [line] = [line for line in first.splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line) > 60
    assert env.read_text() == first
    for kept in text.splitlines():
        assert kept.startswith("SECRET_KEY") or kept in first


SIGN = """
from django.contrib.auth.models import User
from django.test import Client
from chat.conversations import tokens
client = Client()
client.force_login(User.objects.create_superuser("ada"), backend="django.contrib.auth.backends.ModelBackend")
print(tokens.issue("conversation", None, stored=True), client.cookies["sessionid"].value)
"""
LOOK = """
from django.test import Client
from chat.conversations import tokens
client = Client(headers={"host": "localhost"})
client.cookies["sessionid"] = session
found = tokens.read(token, 30, None)
print(found and found.public_id, client.get("/admin/").status_code)
"""


def test_a_new_secret_key_ends_no_conversation_and_no_session(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.prepare()

    def run(code: str, **variables: str) -> list[str]:
        done = site.manage("shell", "--no-imports", "--command", code, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    look = f"token, session = {run(SIGN, SECRET_KEY='old-key')}{LOOK}"

    assert run(look, SECRET_KEY="new-key", SECRET_KEY_FALLBACKS="older-key, old-key") == ["conversation", "200"]
    assert run(look, SECRET_KEY="new-key") == ["None", "302"]


def test_host_names_are_no_addresses(tmp_path: Path) -> None:
    site = site_with(tmp_path, "SECRET_KEY=x", "ALLOWED_HOSTS=https://chat.example.com")

    done = site.manage("check")

    assert done.returncode != 0
    assert "ALLOWED_HOSTS must be host names without scheme and path" in done.stderr
    assert "https://" not in done.stderr.split("ALLOWED_HOSTS")[1].split("Example")[0]


def test_a_machine_without_time_zones_of_its_own_has_those_of_the_package(tmp_path: Path) -> None:
    site = site_with(tmp_path, "SECRET_KEY=x", "TIME_ZONE=Europe/Berlin", PYTHONTZPATH="")

    assert settings_of(
        site, "settings.TIME_ZONE", "__import__('django.utils.timezone').utils.timezone.localtime().tzinfo"
    ) == [
        "Europe/Berlin",
        "Europe/Berlin",
    ]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "is saved as UTF-16. Save it as UTF-8"),
        ("utf-16-le", "is saved as UTF-16. Save it as UTF-8"),
        ("latin-1", "is not saved as UTF-8, as its line 2 shows. Save it as UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_named_with_the_cure(tmp_path: Path, encoding: str, said: str) -> None:
    site = site_with(tmp_path)
    (tmp_path / "env").write_bytes("SECRET_KEY=x\nCHATBOT_WELCOME_EVENT=Begrüßung\n".encode(encoding))
    (tmp_path / "chatbot").mkdir()
    for module in ("secret.py", "envfile.py"):
        (tmp_path / "chatbot" / module).write_text((ROOT / "chatbot" / module).read_text())
    (tmp_path / ".env").write_bytes((tmp_path / "env").read_bytes())

    checked = site.manage("check")
    written = subprocess.run(
        [sys.executable, "-m", "chatbot.secret"], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )

    for done, name in ((checked, "env"), (written, ".env")):
        assert done.returncode == 1
        assert f"{tmp_path}/{name} {said}" in done.stderr
        assert f"-t UTF-8 {name} > new && mv new {name}" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_file_with_a_mark_in_front_is_read(tmp_path: Path) -> None:
    site = site_with(tmp_path)
    (tmp_path / "env").write_text("SECRET_KEY=x\nPORT=8123\n", encoding="utf-8-sig")

    assert settings_of(site, "settings.PORT", "settings.SECRET_KEY") == ["8123", "x"]


def test_a_file_that_is_named_and_missing_stops_the_start(tmp_path: Path) -> None:
    site = site_with(tmp_path, SECRET_KEY="x")
    (tmp_path / "env").unlink()

    assert "ENV_FILE names a file that doesn't exist" in site.manage("check").stderr
