"""Languages as staff choose and read them."""

from __future__ import annotations

from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from chat import conf

ANY = _("Any language")


def name(tag: str) -> str:
    """Such as "German (de)", in the admin's language. Only the tag if its name is unknown, "Any language" without a tag."""
    if not tag:
        return str(ANY)
    try:
        return f"{get_language_info(tag.lower())['name_translated']} ({tag})"
    except KeyError:
        return tag


def choices(*stored: str) -> list[tuple[str, str]]:
    """The configured languages, and after them others that are still in use."""
    tags = dict.fromkeys([*conf.options().languages, *filter(None, stored)])
    return [(tag, name(tag)) for tag in tags]
