"""Google's credentials: a file's path, JSON, base64 of the JSON, each also in quotation marks, or nothing (application
default)."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from pathlib import Path
from typing import Any

import google.auth
from google.auth.credentials import AnonymousCredentials
from google.oauth2 import service_account

from integrations.options import ConfigurationError, Problem

VARIABLE = "DIALOGFLOW_CREDENTIALS"
GOOGLES_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
_EXAMPLE = "/etc/chat/service-account.json"
_OTHER_TYPES = (
    "external_account",
    "external_account_authorized_user",
    "impersonated_service_account",
    "gdch_service_account",
)
_DEFAULT_TYPES = ("service_account", "authorized_user", *_OTHER_TYPES)
_WANTED = "A service account's key is needed (a file, its JSON, or base64 of the JSON)."


def load(text: str) -> tuple[Any, str]:
    """Credentials for Google's clients, and the id of the key's project, empty if there is no key or it names none.

    Raises ConfigurationError, which never repeats what it was given.
    """
    text = text.strip().lstrip("\ufeff")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    if not text:
        return _application_default(), ""
    info = _parse(*_json_text(text))
    try:
        credentials = service_account.Credentials.from_service_account_info(info)  # type: ignore[no-untyped-call]
        _try_to_sign(credentials)
    except Exception as error:  # noqa: BLE001 (the parsers below it raise what they like)
        raise _error(
            f"holds a private_key that can't be used ({type(error).__name__}). It must be the whole PEM text of an RSA key, "
            "from BEGIN to END, as Google made it."
        ) from None
    project = info.get("project_id")
    return credentials, project if isinstance(project, str) else ""


def _try_to_sign(credentials: Any) -> None:
    """Sign something. A key that isn't RSA can be read, but can't sign."""
    if isinstance(credentials, service_account.Credentials):
        credentials.sign_bytes(b"try")


def none() -> Any:
    """Credentials for a local server that asks for none."""
    return AnonymousCredentials()  # type: ignore[no-untyped-call]


def _application_default() -> Any:
    path = os.environ.get(GOOGLES_VARIABLE)
    if path:
        _check_default_file(Path(path))
    try:
        credentials, _ = google.auth.default()
        _try_to_sign(credentials)
    except Exception as error:  # noqa: BLE001 (so may these)
        if path:
            raise _error(
                f"names a file that can't be used ({type(error).__name__}). It must be as Google made it, with every field.",
                GOOGLES_VARIABLE,
            ) from None
        raise _error(
            f"is not set, and Google's application default credentials can't be used ({type(error).__name__}). Name a "
            f"service account's key here, or set {GOOGLES_VARIABLE}, or run `gcloud auth application-default login`."
        ) from None
    return credentials


def _check_default_file(path: Path) -> None:
    """Name the mistakes that Google's library reports with a path or a traceback."""
    try:
        info = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise _error("names a file that doesn't exist.", GOOGLES_VARIABLE) from None
    except IsADirectoryError:
        raise _error("names a directory. It must name the file in it.", GOOGLES_VARIABLE) from None
    except PermissionError:
        raise _error("names a file that this process may not read. Change its owner or mode.", GOOGLES_VARIABLE) from None
    except (OSError, ValueError, RecursionError):
        raise _error("names a file that is not JSON, or only a part of it.", GOOGLES_VARIABLE) from None
    if not isinstance(info, dict) or info.get("type") not in _DEFAULT_TYPES:
        raise _error(
            f"names a file of an unknown type. The type must be one of {', '.join(_DEFAULT_TYPES)}.", GOOGLES_VARIABLE
        )


def _json_text(text: str) -> tuple[str, str]:
    """The JSON that the variable holds or names, and what to say of it if it is cut."""
    if text.startswith("{"):
        return text, (
            "is only the beginning of a JSON text. In .env, put single quotation marks around JSON of several lines, or "
            "write it in one line."
        )
    if text.startswith("AIza"):
        raise _error(f"holds an API key, which Dialogflow doesn't take. {_WANTED}")
    cut_off = "is base64 of the beginning of a JSON text only: the rest was cut off. Copy it again, in one line."
    if decoded := _from_base64(text):
        return decoded, cut_off
    path = Path(text)
    try:
        if not path.is_absolute() and (text.startswith(("~", "./", "../")) or text.endswith(".json") or path.is_file()):
            raise _error(
                "begins with ~, which only a shell understands. Write the whole path, from / on."
                if text.startswith("~")
                else "is a relative path, and it depends on where the server is started. Write the whole path, from / on."
            )
        return path.read_text(encoding="utf-8-sig"), "names a file that is cut off. Download the key again."
    except IsADirectoryError:
        raise _error("names a directory. It must name the key file in it.") from None
    except PermissionError:
        raise _error("names a file that this process may not read. Change its owner or its mode.") from None
    except UnicodeDecodeError:
        raise _error("names a file that is not JSON. It must be the key file as Google made it.") from None
    except (OSError, ValueError):  # no such file, or no path at all
        pass
    if text.startswith(("eyJ", "ewo", "ew0", "eyA")):  # how base64 of a JSON object begins
        raise _error("looks like base64, but can't be decoded: is it cut off, or is a character lost?")
    if text.startswith("-----BEGIN"):
        raise _error(f"holds a private key alone. {_WANTED}")
    if text.startswith('"') or re.match(r"""\w+["']?\s*:""", text):
        raise _error("is JSON without the braces around it. Copy the whole key, from { to }.")
    if "/" in text:
        raise _error("names a file that doesn't exist.")
    raise _error(f"is neither a file, nor JSON, nor base64 of JSON. {_WANTED}")


def _from_base64(text: str) -> str:
    """The JSON, empty if the text is no base64 of JSON. The padding may be missing, and both alphabets are read."""
    plain = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        return ""
    return decoded if decoded.lstrip().startswith("{") else ""


def _parse(text: str, cut_off: str) -> dict[str, Any]:
    """The key's fields, checked so far that a mistake can be named. `cut_off` says what to do if the end is missing."""
    try:
        info = json.loads(text, strict=False)  # line ends inside strings, too: panels write them for the key's \\n
    except (ValueError, RecursionError) as error:
        if re.match(r"\{\s*\\+[\"']", text):
            raise _error("holds JSON with backslashes before its quotation marks. Take them out.") from None
        if re.match(r"\{\s*['A-Za-z_]", text):
            raise _error("holds JSON that has lost its double quotation marks. Put single ones around the whole.") from None
        if text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
            raise _error(cut_off) from None
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _error(f"holds JSON that can't be read{where}. It must be the key as Google made it.") from None
    if not isinstance(info, dict):
        raise _error(f"holds JSON that is not an object. {_WANTED}")
    kind = info.get("type")
    if kind == "authorized_user":
        raise _error(
            "holds a person's credentials (authorized_user). A service account's key is needed. To use a person's, leave "
            "this unset and set GOOGLE_APPLICATION_CREDENTIALS."
        )
    if kind in _OTHER_TYPES:
        raise _error(
            f"holds credentials of the type {kind}. Leave this unset and name their file in GOOGLE_APPLICATION_CREDENTIALS."
        )
    if "web" in info or "installed" in info:
        raise _error(f"holds an OAuth client's secret. {_WANTED}")
    missing = [key for key in ("client_email", "private_key", "token_uri") if not _filled(info.get(key))]
    if kind != "service_account" or missing:
        lacks = ", ".join(missing) or 'the type "service_account"'
        raise _error(f"holds JSON that is not a service account's key. It lacks {lacks}.")
    return {**info, "private_key": info["private_key"].replace("\\n", "\n")}


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _error(message: str, variable: str = VARIABLE) -> ConfigurationError:
    return ConfigurationError(Problem(variable, message, _EXAMPLE))
