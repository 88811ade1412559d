"""Try the rules of an adapter:

python -m integrations.testing site_bot.Webhook --fake webhook_server.FakeWebhook

Without --fake the real provider is asked, with the variables of the environment.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from integrations import ConfigurationError, find
from integrations.testing.provider import LiveProvider, Provider
from integrations.testing.trying import attempts, failure


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the adapter keeps all rules that can be tried, 1 if it breaks one, 2 if it can't be made."""
    parser = argparse.ArgumentParser(prog="python -m integrations.testing", description="Try the rules of an adapter.")
    parser.add_argument("adapter", help="the dotted path of its class, or a provider's name")
    parser.add_argument("--fake", help="the dotted path of a subclass of integrations.testing.Provider")
    parser.add_argument("--text", default="hello", help="what the real provider is asked without --fake")
    given = parser.parse_args(arguments)
    try:
        find(given.adapter)
        provider = _fake(given.fake) if given.fake else LiveProvider(dict(os.environ), given.text)
        provider.name = given.adapter
        provider.start()
        try:
            provider.adapter()
            return _try_all(provider)
        finally:
            provider.stop()
    except ConfigurationError as error:
        for problem in error.problems:  # what is wrong with the adapter itself is told of the chat's variable
            is_own = problem.variable != "CHATBOT_PROVIDER"
            sys.stderr.write(f"{problem if is_own else f'{given.adapter} {problem.message}'}\n")
        return 2
    except NoFake as error:
        sys.stderr.write(f"{error}\n")
        return 2


class NoFake(Exception):
    """--fake can't be used. The message says what to change."""


def _fake(path: str) -> Provider:
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise NoFake(
            f"--fake {path} can't be imported ({type(error).__name__}). Give the dotted path of a class."
        ) from error
    if not (isinstance(found, type) and issubclass(found, Provider) and found.can("answers")):
        raise NoFake(f"--fake {path} must be a subclass of integrations.testing.Provider with the method answers.")
    return found()


def _try_all(provider: Provider) -> int:
    broken = untried = kept = 0
    for attempt in attempts(provider):
        if attempt.obstacle:
            untried += 1
            _write(f"skip  {attempt.title} ({attempt.obstacle})")
        elif failed := failure(provider, attempt.rule, attempt.error):
            broken += 1
            _write(f"FAIL  {attempt.title}\n      {failed.what}\n      To change: {failed.remedy}")
        else:
            kept += 1
            _write(f"ok    {attempt.title}")
    _write(f"{kept} kept, {broken} broken, {untried} not tried.")
    return 1 if broken else 0


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
