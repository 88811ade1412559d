"""What the server itself says in conversations, in every language of the interface. `chat/locale` has the translations.

Staff can write other words for each of these cases, see DeskText in the models.
"""

from __future__ import annotations

import datetime
import functools
import re
from typing import Final

from django.conf import settings
from django.utils import dateformat
from django.utils.translation import gettext, gettext_noop, override

from integrations.languages import match

PERSON: Final = gettext_noop("Talk to a person")
"""What a visitor says, or presses, to talk to a person."""
TEAM_MEMBER: Final = gettext_noop("Team member")

NOTICES: Final = {
    "joined": gettext_noop("{name} has joined the conversation."),
    "left": gettext_noop("{name} has left the conversation. The assistant answers again."),
    "closed": gettext_noop("{name} has ended the conversation."),
    "passed": gettext_noop("{to} takes over from {name}."),
    "queued": gettext_noop(
        "{name} has handed you on. A colleague will join you as soon as one is free. The assistant answers meanwhile."
    ),
    "lost": gettext_noop(
        "{name} is away. A colleague will join you as soon as one is free. The assistant answers meanwhile."
    ),
    "asked": gettext_noop("I have asked for a colleague, who will join you as soon as one is free."),
    "absent": gettext_noop(
        "No colleague is here at the moment. Write your e-mail address, and we will answer you there. "
        "Meanwhile I can go on helping you."
    ),
    "absent_until": gettext_noop(
        "No colleague is here at the moment. We are back {time}. Write your e-mail address, and we will answer you there. "
        "Meanwhile I can go on helping you."
    ),
    "missed": gettext_noop(
        "No colleague is free at the moment. Write your e-mail address, and we will answer you there. "
        "The assistant answers again."
    ),
    "address": gettext_noop("Thank you. We will answer you at {address}."),
}
"""Case -> the English text. Names in braces are filled in."""

NEAR: Final = datetime.timedelta(days=6)
"""A day within this time is called by its name."""


def notice(case: str, language: str, text: str = "", **values: str) -> str:
    """What is said in a case. text: the staff's own words, empty for the program's. values: for the names in braces."""
    text = text or in_language(NOTICES[case], language)
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def public_name(name: str, language: str) -> str:
    """What visitors call an operator. name: the public one, empty if the operator has none."""
    return name or in_language(TEAM_MEMBER, language)


def day_and_time(at: datetime.datetime, now: datetime.datetime, language: str) -> str:
    """Such as "Monday at 9:00", in the time zone of `at`."""
    with override(_spoken(language)):
        day = dateformat.format(at, "l" if at - now < NEAR else "l, j F")
        return gettext(ON_DAY).replace("{day}", day).replace("{time}", dateformat.format(at, "G:i"))


ON_DAY: Final = gettext_noop("{day} at {time}")


def is_request(text: str) -> bool:
    """Whether the text is just what a visitor says to talk to a person, in any language of the interface."""
    return text.strip().casefold() in _requests()


@functools.cache
def _requests() -> frozenset[str]:
    return frozenset(in_language(PERSON, tag).casefold() for tag, _ in settings.LANGUAGES)


def in_language(text: str, language: str) -> str:
    """The text's translation. In English if the interface isn't translated into the language."""
    with override(_spoken(language)):
        return gettext(text)


def _spoken(language: str) -> str:
    return match(language, tuple(tag for tag, _ in settings.LANGUAGES)) or "en"
