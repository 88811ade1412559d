"""Google's credentials in four forms: a file, JSON, base64 of the JSON, or nothing (application default)."""

from __future__ import annotations

import base64
import binascii
import json
import os
from pathlib import Path
from typing import Any

import google.auth
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account

from integrations.options import ConfigurationError, Problem

VARIABLE = "DIALOGFLOW_CREDENTIALS"
_EXAMPLE = "/etc/chat/service-account.json"
_OTHER_TYPES = (
    "external_account",
    "external_account_authorized_user",
    "impersonated_service_account",
    "gdch_service_account",
)
_WANTED = "A service account's key is needed (a file, its JSON, or base64 of the JSON)."


def load(text: str) -> Any:
    """Credentials for Google's clients. Raises ConfigurationError, which never repeats the text."""
    if not text:
        return _application_default()
    info = _parse(_json_text(text))
    try:
        return service_account.Credentials.from_service_account_info(info)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 (the parsers that it calls may raise anything)
        raise _error(
            f"holds a private_key that can't be read ({type(error).__name__}). It must be the whole PEM text, from "
            "BEGIN to END, as Google made it."
        ) from None


def none() -> Any:
    """Credentials for a local server that asks for none."""
    return AnonymousCredentials()  # type: ignore[no-untyped-call]


def _application_default() -> Any:
    try:
        credentials, _ = google.auth.default()
    except (GoogleAuthError, ValueError, OSError) as error:
        raise _error(
            f"is not set, and Google's application default credentials can't be used ({type(error).__name__}). Name a "
            "service account's key here, or set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth "
            "application-default login`."
        ) from None
    return credentials


def _json_text(text: str) -> str:
    """The JSON that the variable holds or names."""
    if text.startswith("{"):
        return text
    if text.startswith("AIza"):
        raise _error(f"holds an API key, which Dialogflow doesn't take. {_WANTED}")
    path = Path(os.path.expanduser(text))
    try:
        return path.read_text(encoding="utf-8-sig")
    except IsADirectoryError:
        raise _error("names a directory. It must name the key file in it.") from None
    except PermissionError:
        raise _error("names a file that this process may not read. Change its owner or its mode.") from None
    except UnicodeDecodeError:
        raise _error("names a file that is not JSON. It must be the key file as Google made it.") from None
    except (OSError, ValueError):  # no such file, or no path at all
        return _from_base64(text)


def _from_base64(text: str) -> str:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        decoded = ""
    if decoded.lstrip().startswith("{"):
        return decoded
    if text.startswith(("eyJ", "ewo", "ew0", "eyA")):  # base64 of a JSON object begins like this
        raise _error("looks like base64, but can't be decoded. Check that it is complete.")
    if "/" in text or text.endswith(".json"):
        raise _error("names a file that doesn't exist.")
    raise _error(f"is neither a file, nor JSON, nor base64 of JSON. {_WANTED}")


def _parse(text: str) -> dict[str, Any]:
    """The key's fields, after checks that name the mistake."""
    try:
        info = json.loads(text)
    except (ValueError, RecursionError) as error:
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


def _error(message: str) -> ConfigurationError:
    return ConfigurationError(Problem(VARIABLE, message, _EXAMPLE))
