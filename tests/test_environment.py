"""Values as panels and container tools hand them on: with quotation marks, spaces, and signs that others use for lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat import conf
from chat.checks import check_configuration
from chatbot import environment
from tests.support.servers import Site


def hosts(text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("ALLOWED_HOSTS", text)
    return environment.hosts("ALLOWED_HOSTS")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chat.example.com, www.example.com", ["chat.example.com", "www.example.com"]),
        ('"chat.example.com"', ["chat.example.com"]),
        ("'chat.example.com, www.example.com'", ["chat.example.com", "www.example.com"]),
        ('"chat.example.com","www.example.com"', ["chat.example.com", "www.example.com"]),
        (",chat.example.com,,", ["chat.example.com"]),
        ("*", ["*"]),
        (".example.com", [".example.com"]),
        ("[2001:db8::1],192.0.2.1", ["[2001:db8::1]", "192.0.2.1"]),
        ("Chat.Example.com", ["Chat.Example.com"]),
    ],
)
def test_hosts_lose_what_stands_around_them(text: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert hosts(text, monkeypatch) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("localhost,s3cret.example.com:8000", "Entry 2 holds a port"),
        ("[2001:db8::1]:8000", "Entry 1 holds a port"),
        ("s3cret.example.com www.example.com", "Entry 1 holds a space"),
        ("s3cret.example.com;www.example.com", "Entry 1 holds a space, ; or #"),
        ('["s3cret.example.com"]', "Entry 1 holds quotation marks, and a list needs no brackets"),
        ("['s3cret.example.com', 'www.example.com']", "Entry 1 holds quotation marks"),
        ("s3cret.example.com # the public name", "Entry 1 holds a space, ; or #"),
        ("https://s3cret.example.com", "Entry 1 holds a scheme or a path"),
        ("*.s3cret.example.com", "Entry 1 begins with *"),
        ("2001:db8::1", "Entry 1 is an IPv6 address without brackets"),
        ("büro.example.com", "Entry 1 holds letters outside ASCII"),
        ("s3cret.example.com.", "Entry 1 is no host name"),
        ("s3cret..example.com", "Entry 1 is no host name"),
    ],
)
def test_a_host_that_could_never_match_is_named(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(environment.Unusable) as refused:
        hosts(text, monkeypatch)

    assert str(refused.value).startswith(said)
    assert "s3cret" not in str(refused.value)


def test_every_value_loses_its_quotation_marks(tmp_path: Path) -> None:
    quoted = {
        "HOST": '"127.0.0.1"',
        "PORT": "'8123'",
        "DEBUG": '"off"',
        "TIME_ZONE": '"Europe/Berlin"',
        "LOG_LEVEL": "'info'",
        "PUBLIC_URL": '"http://a.example", "http://b.example"',
        "DATABASE_URL": f'"sqlite:///{tmp_path}/quoted.sqlite3"',
        "CHATBOT_LANGUAGES": '"en, de"',
        "CHATBOT_WELCOME_EVENT": '"WELCOME"',
        "CHATBOT_DEADLINE": "'3'",
    }
    names = ["HOST", "PORT", "TIME_ZONE", "LOG_LEVEL", "PUBLIC_URLS", "DATABASES['default']['NAME']"]
    code = "from django.conf import settings as s; from chat import conf; o = conf.options(); " + "; ".join(
        f"print(s.{name})" for name in names
    )
    done = Site(tmp_path, **quoted).manage(
        "shell", "--no-imports", "--command", f"{code}; print(o.languages, o.welcome_event, o.deadline)"
    )

    assert done.stdout.splitlines() == [
        "127.0.0.1",
        "8123",
        "Europe/Berlin",
        "INFO",
        "['http://a.example', 'http://b.example']",
        f"{tmp_path}/quoted.sqlite3",
        "('en', 'de') WELCOME 3.0",
    ], done.stderr


def messages(**variables: str) -> list[str]:
    """What the check says, as one line each, with these variables alone."""
    from django.conf import settings
    from django.test import override_settings

    with override_settings(SECRET_ENVIRONMENT=variables):
        assert variables == settings.SECRET_ENVIRONMENT
        return [f"{found.id} {found.msg} {found.hint}" for found in check_configuration()]


@pytest.mark.parametrize(
    "origins",
    [
        "https://Shop.example.com",
        "https://shop.example.com:443",
        "https://shop.example.com/",
        "https://a.example;https://b.example",
        "https://*.example.com",
        '["https://shop.example.com"]',
        "shop.example.com",
    ],
)
def test_an_origin_that_could_never_match_is_named(origins: str) -> None:
    [said] = messages(CHATBOT_ALLOWED_ORIGINS=f"https://a.example, {origins}")

    assert "chat.E001 CHATBOT_ALLOWED_ORIGINS must be origins as browsers write them" in said
    assert "Entry 2 is none" in said


def test_origins_lose_what_stands_around_them() -> None:
    options = conf.ChatOptions.from_environ({"CHATBOT_ALLOWED_ORIGINS": "'https://a.example', \"https://b.example\" ,"})

    assert options.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("CHATBOT_PROVDER", "CHATBOT_PROVIDER"),
        ("CHATBOT_LANGUAGE", "CHATBOT_LANGUAGES"),
        ("WIT_TOKEN", "WIT_ACCESS_TOKEN"),
        ("DIALOGFLOW_PROJECT", "DIALOGFLOW_PROJECT_ID"),
    ],
)
def test_a_name_that_nobody_knows_is_told_with_the_nearest(wrong: str, right: str) -> None:
    [said] = [line for line in messages(**{wrong: "s3cret"}) if "W005" in line]

    assert f"{wrong} (did you mean {right}?)" in said
    assert "s3cret" not in said


def test_what_kubernetes_sets_is_no_error(tmp_path: Path) -> None:
    names = {"CHATBOT_SERVICE_HOST": "10.0.0.1", "CHATBOT_PORT": "tcp://10.0.0.1:80", "CHATBOT_PORT_80_TCP_ADDR": "10.0.0.1"}
    done = Site(tmp_path, **names).manage("check")

    assert done.returncode == 0
    assert "Kubernetes sets names such as CHATBOT_PORT" in done.stderr
    assert all(name in done.stderr for name in names)


def test_the_variables_of_an_adapter_of_one_s_own_are_known() -> None:
    own = "tests.support.own_adapter.OwnAdapter"

    assert messages(CHATBOT_PROVIDER=own, CHATBOT_OWN_WORDS="hello") == []
    assert "CHATBOT_OWN_WORD (did you mean CHATBOT_OWN_WORDS?)" in messages(CHATBOT_PROVIDER=own, CHATBOT_OWN_WORD="x")[0]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {
                "CHATBOT_PROVIDER": "wit",
                "WIT_ACCESS_TOKEN": "0123456789ABCDEFGHIJKLMNOPQRSTUV",
                "CHATBOT_WELCOME_EVENT": "HI",
            },
            "CHATBOT_WELCOME_EVENT has no effect: the provider wit has no events.",
        ),
        (
            {"CHATBOT_BREAKER": "off", "CHATBOT_PROVIDER_RATE": "9"},
            "CHATBOT_PROVIDER_RATE has no effect: CHATBOT_BREAKER is off.",
        ),
        (
            {"WIT_ACCESS_TOKEN": "s3cret"},
            "WIT_ACCESS_TOKEN has no effect: CHATBOT_PROVIDER isn't set, so the echo bot answers.",
        ),
    ],
)
def test_a_variable_without_effect_is_told(variables: dict[str, str], said: str) -> None:
    [line] = messages(**variables)

    assert f"chat.W006 {said}" in line
    assert "s3cret" not in line


def test_a_provider_with_events_has_a_welcome() -> None:
    assert messages(CHATBOT_WELCOME_EVENT="", WIT_URL="", CHATBOT_PROVIDER="echo", WIT_ACCESS_TOKEN="kept for later") == []


def test_a_language_that_dialogflow_does_not_list_is_told() -> None:
    local = {"DIALOGFLOW_PROJECT_ID": "demo", "DIALOGFLOW_EMULATOR_HOST": "127.0.0.1:1", "CHATBOT_PROVIDER": "dialogflow"}

    [said] = messages(**local, CHATBOT_LANGUAGES="en,ar,nb,pt_PT,iw")
    assert "chat.W012 CHATBOT_LANGUAGES names ar, iw, which the provider dialogflow doesn't list." in said
    assert messages(**local, CHATBOT_LANGUAGES="en,zh-Hant,pt-BR,nn") == []
