"""Language tags as browsers, websites and providers write them: which of several languages serves which visitor."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from babel.core import get_global, parse_locale

MAX_TAG = 35
"""Characters, as BCP 47 recommends."""
_NORWEGIAN = {"no", "nb", "nn"}
_EXTENSION = re.compile(r"-[a-z0-9](-.*)?$", re.IGNORECASE)
_EXTENDED = re.compile(r"^[a-z]{2,3}-(?=[a-z]{3}(-|$))", re.IGNORECASE)


class Language(NamedTuple):
    """A tag's parts, such as zh, Hant, TW. The script is always filled in, the territory only if the tag has one."""

    language: str
    script: str
    territory: str | None

    @property
    def base(self) -> str:
        """The language. The three tags of Norwegian count as one."""
        return "no" if self.language in _NORWEGIAN else self.language


def parse(tag: str) -> Language | None:
    """The tag's parts, None if it is no language tag. An underscore and the old codes (iw, in) are understood."""
    tag = _EXTENSION.sub("", tag.strip().replace("_", "-"))
    try:
        language, territory, script, *_ = parse_locale(_EXTENDED.sub("", tag)[:MAX_TAG], sep="-")
        # An old code may stand for a language with a script: sh for sr_Latn.
        language, _, implied, *_ = parse_locale(get_global("language_aliases").get(language, language))
    except ValueError:
        return None
    return Language(language, script or implied or _likely(language, territory)[0], territory)


def _likely(language: str, territory: str | None) -> tuple[str, str]:
    """The script and the territory of most who write the language there. Empty if CLDR doesn't know the language."""
    likely = get_global("likely_subtags")
    full = likely.get(f"{language}_{territory}") or likely.get(language)
    return (full.split("_")[1], full.split("_")[2]) if full else ("", "")


def match(tag: str | None, offered: tuple[str, ...]) -> str | None:
    """The offered tag that serves a tag: the same, else the nearest of the same language in the same script.

    None if there is none. Somebody who reads Traditional Chinese never gets Simplified.
    """
    return _match(tag, offered) if tag and len(tag) <= 4 * MAX_TAG else None


@functools.lru_cache(maxsize=1024)
def _match(tag: str, offered: tuple[str, ...]) -> str | None:
    for candidate in offered:
        if candidate.lower() == tag.lower():
            return candidate
    wanted = parse(tag)
    if wanted is None:
        return None
    near = [
        (found.language != wanted.language, _distance(wanted, found), found.territory != _default(found), len(other), place)
        for place, other in enumerate(offered)
        if (found := parse(other)) and (found.base, found.script) == (wanted.base, wanted.script)
    ]
    return offered[min(near)[-1]] if near else None


def _default(language: Language) -> str:
    return _likely(language.language, None)[1]


def _distance(one: Language, other: Language) -> int:
    """How many steps up and down CLDR's tree of regions lie between two tags of a language and script."""
    up, down = list(_ancestors(one)), list(_ancestors(other))
    return min(up.index(region) + down.index(region) for region in up if region in down)


def _ancestors(language: Language) -> Iterator[str | None]:
    """The tag's territory and those that CLDR puts above it: MX, 419 and None for Mexican Spanish."""
    parents = get_global("parent_exceptions")
    territory = language.territory
    while territory:
        yield territory
        name, script = language.language, language.script
        parent = parents.get(f"{name}_{script}_{territory}") or parents.get(f"{name}_{territory}") or ""
        above = parse(parent) if parent.startswith(f"{name}_") else None
        territory = above.territory if above else None
    yield None
