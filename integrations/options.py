"""Options read from environment variables, with errors that name the variable.

A frozen dataclass declares its variables once. All are read before anything is raised, so that the error names all
problems. A value may be a secret, so no message repeats one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Problem:
    """One variable that can't be used: its name, what is wrong, and an example of what is right."""

    variable: str
    message: str
    example: str

    def __str__(self) -> str:
        return f"{self.variable} {self.message} Example: {self.variable}={self.example}"


class ConfigurationError(Exception):
    """The site's configuration is wrong. Trying again can't help, and no fallback reply may hide it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def variable(name: str, parse: Callable[[str], T], *, example: str, default: str | None = None, secret: bool = False) -> T:
    """A field of an Options class, read from the environment variable `name`.

    `parse` turns the text into the value. It raises ValueError with a sentence ("must be a number above 0.") that
    doesn't repeat the text. An unset or empty variable takes `default`. Without a default it is required. A `secret` is
    left out of the repr, and so out of tracebacks.
    """
    metadata = {"name": name, "parse": parse, "example": example, "default": default}
    field: T = dataclasses.field(metadata=metadata, repr=not secret)
    return field


def unquoted(text: str) -> str:
    """Without white space and quotation marks around it, which some panels and container tools leave in a value."""
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] in "\"'" and text.find(text[0], 1) == len(text) - 1
    return text[1:-1].strip() if is_quoted else text


def no_placeholder(text: str) -> str:
    """Parse a text that isn't still the YOUR-... of an example."""
    if re.match(r"<|your[-_]", text, re.IGNORECASE):
        raise ValueError("still holds the placeholder of an example.")
    return text


def entries(text: str) -> list[str]:
    """The entries of a list that commas separate, without empty ones."""
    return [entry for part in unquoted(text).split(",") if (entry := unquoted(part))]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Base of everything that is configured by environment variables."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every field. Raises ConfigurationError with all problems at once."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for field in dataclasses.fields(cls):
            name, example = field.metadata["name"], field.metadata["example"]
            text = unquoted(environ.get(name, "")) or field.metadata["default"]
            if text is None:
                problems.append(Problem(name, "is not set.", example))
                continue
            try:
                values[field.name] = field.metadata["parse"](text)
            except ValueError as error:
                problems.append(Problem(name, str(error), example))
        if problems:
            raise ConfigurationError(*problems)
        return cls(**values)

    @classmethod
    def defaults(cls) -> dict[str, str | None]:
        """By variable: the text that is used if it is unset, None if the variable is required."""
        return {field.metadata["name"]: field.metadata["default"] for field in dataclasses.fields(cls)}

    @classmethod
    def variables(cls) -> list[str]:
        return [field.metadata["name"] for field in dataclasses.fields(cls)]


def number(*, minimum: float, maximum: float) -> Callable[[str], float]:
    """A parser of decimal numbers from `minimum` to `maximum`, both included."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not minimum <= value <= maximum:
            raise ValueError(f"must be a number from {minimum:g} to {maximum:g}.")
        return value

    return parse


def whole_number(*, minimum: int, maximum: int) -> Callable[[str], int]:
    """A parser of whole numbers from `minimum` to `maximum`, both included."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 12 or not minimum <= int(text) <= maximum:
            raise ValueError(f"must be a whole number from {minimum} to {maximum}.")
        return int(text)

    return parse


def switch(text: str) -> bool:
    """Parse on or off."""
    value = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
    if text.lower() not in value:
        raise ValueError("must be on or off.")
    return value[text.lower()]


def url(text: str) -> str:
    """Parse an http or https address without query and fragment. A slash at its end is dropped."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character in text for character in " ?#@"):
        raise ValueError("must be an address that begins with https:// or http:// and has no password, ? or # in it.")
    return text.rstrip("/")
