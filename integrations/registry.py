"""From a provider's name and the environment to a ready adapter."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import PurePath

from integrations.base import Adapter
from integrations.options import ConfigurationError, Problem

ADAPTERS = {
    "echo": "integrations.providers.echo.EchoAdapter",
    "faq": "integrations.providers.faq.adapter.FaqAdapter",
    "dialogflow": "integrations.providers.dialogflow.DialogflowAdapter",
    "dialogflow_cx": "integrations.providers.dialogflow_cx.DialogflowCXAdapter",
    "wit": "integrations.providers.wit.adapter.WitAdapter",
}

EXTRAS = {"numpy": "requirements/faq.txt"}
"""Library -> what installs it for the providers that need it."""


def find(provider: str) -> type[Adapter]:
    """Import and return the adapter class, by a name in ADAPTERS or a dotted path. Raises ConfigurationError."""
    path = ADAPTERS.get(provider, provider)
    module_name, _, class_name = path.rpartition(".")
    names = ", ".join(ADAPTERS)
    if not module_name:
        raise _error(f"names no provider. It must be one of {names}, or the dotted path of an adapter class.")
    try:
        found = getattr(import_module(module_name), class_name)
    except Exception as error:
        if isinstance(error, ImportError) and error.name in EXTRAS:
            raise _error(
                f"needs {error.name}, which is not installed. `make run` installs it for this provider. "
                f"Otherwise run: uv pip install --require-hashes -r {EXTRAS[error.name]}"
            ) from error
        missing = f" of {error.name}" if isinstance(error, ImportError) and error.name else ""
        where = f" at {at}" if (at := place(error, module_name)) else ""
        raise _error(
            f"can't be imported ({type(error).__name__}{missing}{where}). It must be one of {names}, or a dotted path."
        ) from error
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise _error("names something that is not a subclass of integrations.Adapter.")
    if inspect.isabstract(found) or not hasattr(found, "name") or not hasattr(found, "options_class"):
        raise _error("names an adapter class that lacks name, options_class or detect_intent.")
    return found


def place(error: BaseException, module: str) -> str:
    """The line of the module that led to the error, such as "own_adapter.py, line 12". Empty if none of its lines did.

    The error's message isn't part of it, because it may contain a visitor's text.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{PurePath(error.filename).name}, line {error.lineno}"
    lines = [
        f"{PurePath(frame.f_code.co_filename).name}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") == module
    ]
    return lines[-1] if lines else ""


def create(provider: str, environ: Mapping[str, str]) -> Adapter:
    """A ready adapter, configured from its own variables in `environ`. Raises ConfigurationError."""
    adapter_class = find(provider)
    options = adapter_class.options_class.from_environ(environ)
    try:
        return adapter_class(options)
    except ConfigurationError:
        raise
    except Exception as error:
        where = place(error, adapter_class.__module__)
        raise _error(f"names an adapter that raised {type(error).__name__} when it was made, at {where}.") from error


def _error(message: str) -> ConfigurationError:
    return ConfigurationError(Problem("CHATBOT_PROVIDER", message, "echo"))
