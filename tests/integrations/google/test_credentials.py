import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.oauth2 import service_account
from pytest_mock import MockerFixture

from integrations import ConfigurationError
from integrations.google.credentials import load

Key = dict[str, Any]


def as_json(key: Key, folder: Path) -> str:
    return json.dumps(key)


def as_base64(key: Key, folder: Path) -> str:
    return base64.b64encode(json.dumps(key).encode()).decode()


def as_wrapped_base64(key: Key, folder: Path) -> str:
    return base64.encodebytes(json.dumps(key).encode()).decode().strip()


def as_file(key: Key, folder: Path) -> str:
    (folder / "key.json").write_text(json.dumps(key))
    return str(folder / "key.json")


def as_file_with_mark(key: Key, folder: Path) -> str:
    (folder / "key.json").write_text(json.dumps(key), encoding="utf-8-sig")
    return str(folder / "key.json")


def with_real_line_ends(key: Key, folder: Path) -> str:
    return json.dumps(key).replace("\\n", "\n")


def as_unpadded_base64_for_addresses(key: Key, folder: Path) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def with_a_mark(key: Key, folder: Path) -> str:
    return "\ufeff" + json.dumps(key)


def in_single_quotes(form: Callable[[Key, Path], str]) -> Callable[[Key, Path], str]:
    return lambda key, folder: f"'{form(key, folder)}'"


def in_double_quotes(form: Callable[[Key, Path], str]) -> Callable[[Key, Path], str]:
    return lambda key, folder: f'"{form(key, folder)}"'


FORMS = [as_json, as_base64, as_wrapped_base64, as_file, as_file_with_mark, with_real_line_ends]
QUOTED = [quoted(form) for form in FORMS for quoted in (in_single_quotes, in_double_quotes)]


@pytest.mark.parametrize("form", [*FORMS, *QUOTED, as_unpadded_base64_for_addresses, with_a_mark])
def test_a_key_is_read_in_every_form(form: Callable[[Key, Path], str], key: Key, tmp_path: Path) -> None:
    credentials, project = load(form(key, tmp_path))

    assert isinstance(credentials, service_account.Credentials)
    assert credentials.service_account_email == key["client_email"]
    assert project == key["project_id"]


def test_line_ends_that_were_written_as_two_characters_are_mended(key: Key, tmp_path: Path) -> None:
    key["private_key"] = key["private_key"].replace("\n", "\\n")

    assert load(json.dumps(key))[0].service_account_email == key["client_email"]


def without(name: str) -> Callable[[Key], Key]:
    return lambda key: {field: value for field, value in key.items() if field != name}


def changed(**fields: Any) -> Callable[[Key], Key]:
    return lambda key: {**key, **fields}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("client_email"), "client_email"),
        (without("private_key"), "private_key"),
        (without("token_uri"), "token_uri"),
        (without("type"), "service_account"),
        (changed(private_key=5), "private_key"),
        (changed(private_key="nonsense"), "private_key"),
        (changed(private_key="-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "PEM"),
        (changed(type="authorized_user"), "authorized_user"),
        (changed(type="external_account"), "GOOGLE_APPLICATION_CREDENTIALS"),
        (changed(type="secret-thing"), "service_account"),
        (lambda key: {"installed": {"client_secret": "secret-thing"}}, "OAuth client"),
        (lambda key: {}, "client_email"),
    ],
)
def test_a_spoilt_key_is_named(
    form: Callable[[Key, Path], str], spoil: Callable[[Key], Key], said: str, key: Key, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        load(form(spoil(key), tmp_path))

    complain = str(caught.value)
    assert complain.startswith("DIALOGFLOW_CREDENTIALS holds")
    assert "Example: DIALOGFLOW_CREDENTIALS=/" in complain
    assert not any(secret in complain for secret in ("secret-thing", "nonsense", "AAAA", key["private_key"][60:90]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AIzaSyA-secret-thing", "API key"),
        ("secret-thing", "neither a file, nor JSON, nor base64"),
        ("/no/such/place/key.json", "doesn't exist"),
        ("{secret-thing", "lost its double quotation marks"),
        ("{type: secret-thing}", "lost its double quotation marks"),
        ("{'type': 'secret-thing'}", "lost its double quotation marks"),
        (r"{\"type\": \"secret-thing\"}", "backslashes before its quotation marks"),
        ('{"type": "service_account", secret-thing}', "line 1, column 29"),
        ('{"type": "service_account"', "only the beginning of a JSON text"),
        ("{", "only the beginning of a JSON text. In .env, put single quotation marks"),
        ('{"a":' * 50_000, "only the beginning"),
        ('"type": "secret-thing"', "without the braces"),
        ("-----BEGIN PRIVATE KEY-----", "a private key alone"),
        ("~/secret-thing/key.json", "begins with ~, which only a shell understands"),
        ("secret-thing.json", "is a relative path"),
        ("./secret-thing", "is a relative path"),
        (base64.b64encode(b'{"type": "secret-thing", "client').decode(), "base64 of the beginning of a JSON text only"),
        (base64.b64encode(b'{"type": "secret-thing", "clien').decode().rstrip("="), "base64 of the beginning"),
        ("eyJ0eXBlIjogInNlcnZpY2VfYWNjb3Vu!", "looks like base64"),
        ("c2VjcmV0LXRoaW5n", "neither"),
        ("secret\0thing", "neither"),
        ("x" * 5000, "neither"),
    ],
)
def test_a_text_that_is_no_key_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        load(text)

    assert str(caught.value).startswith("DIALOGFLOW_CREDENTIALS ")
    assert "secret" not in str(caught.value)


def test_a_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="names a directory"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff\xfe\x00", "not JSON"), (b"", "line 1, column 1"), (b"[1]", "not an object")]
)
def test_a_file_that_is_no_key_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes(content)

    with pytest.raises(ConfigurationError, match=said):
        load(str(tmp_path / "key.json"))


def test_a_file_that_may_not_be_read_is_named(mocker: MockerFixture) -> None:
    mocker.patch.object(Path, "read_text", side_effect=PermissionError)

    with pytest.raises(ConfigurationError, match="may not read"):
        load("/etc/chat/key.json")


def test_missing_default_credentials_name_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)

    with pytest.raises(ConfigurationError, match="DIALOGFLOW_CREDENTIALS is not set"):
        load("")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON, or only a part of it"),
        ("[1]", "unknown type"),
        ("{}", "unknown type. The type must be one of service_account, authorized_user, external_account"),
        ('{"type": "secret-thing"}', "unknown type"),
        ('{"type": "service_account"}', "can't be used"),
        ('{"type": "authorized_user"}', "can't be used"),
        ('{"type": "external_account", "credential_source": [1]}', "can't be used"),
    ],
)
def test_broken_default_credentials_name_google_s_variable(
    content: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "default.json").write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "default.json"))

    with pytest.raises(ConfigurationError, match=said) as caught:
        load("")

    [problem] = caught.value.problems
    assert problem.variable == "GOOGLE_APPLICATION_CREDENTIALS"
    assert "not set" not in str(caught.value)
    assert "secret-thing" not in str(caught.value)


@pytest.mark.parametrize(("place", "said"), [("gone.json", "doesn't exist"), ("", "names a directory")])
def test_a_missing_file_of_default_credentials_is_named(
    place: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / place))

    with pytest.raises(ConfigurationError, match=said) as caught:
        load("")

    assert caught.value.problems[0].variable == "GOOGLE_APPLICATION_CREDENTIALS"


def test_a_key_that_is_not_rsa_is_named(key: Key, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private_key = ec.generate_private_key(ec.SECP256R1())
    key["private_key"] = private_key.private_bytes(encoding, form, serialization.NoEncryption()).decode()

    with pytest.raises(ConfigurationError, match="must be the whole PEM text of an RSA key"):
        load(json.dumps(key))

    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", as_file(key, tmp_path))
    with pytest.raises(ConfigurationError, match="GOOGLE_APPLICATION_CREDENTIALS names a file that can't be used"):
        load("")


def test_default_credentials_are_used_where_nothing_is_named(
    key: Key, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", as_file(key, tmp_path))

    assert load("")[0].service_account_email == key["client_email"]


def test_a_relative_path_is_named_though_the_file_is_there(
    key: Key, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(json.dumps(key))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match="is a relative path"):
        load("key")
