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
    (tmp_path / "chatbot" / "secret.py").write_text((ROOT / "chatbot" / "secret.py").read_text())
    env = tmp_path / ".env"
    env.write_text(text)
    command = [sys.executable, "chatbot/secret.py"]

    subprocess.run(command, cwd=tmp_path, env={}, check=True)
    first = env.read_text()
    subprocess.run(command, cwd=tmp_path, env={}, check=True)

    [line] = [line for line in first.splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line) > 60
    assert env.read_text() == first
    for kept in text.splitlines():
        assert kept.startswith("SECRET_KEY") or kept in first


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
