"""All texts of the widget, translated by Django. `chat/locale` holds the translations.

The widget fills in the names in braces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.translation import gettext, gettext_noop, ngettext, override

from chat.words import PERSON, TEAM_MEMBER
from integrations.languages import match

TEXTS = {
    "open": gettext_noop("Open the chat"),
    "close": gettext_noop("Close the chat"),
    "title": gettext_noop("Chat with us"),
    "greeting": gettext_noop("Hello! What can we do for you?"),
    "subtitle_bot": gettext_noop("You are talking with the assistant"),
    "subtitle_waiting": gettext_noop("A colleague will join you soon"),
    "subtitle_operator": gettext_noop("You are talking with a person"),
    "unreachable": gettext_noop("We cannot be reached here at the moment"),
    "subtitle_closed": gettext_noop("This conversation has ended"),
    "conversation": gettext_noop("Conversation"),
    "earlier": gettext_noop("Show earlier messages"),
    "loading": gettext_noop("Loading earlier messages…"),
    "visitor": gettext_noop("You"),
    "bot": gettext_noop("Assistant"),
    "operator": TEAM_MEMBER,
    "system": gettext_noop("Notice"),
    "says": gettext_noop("{sender}: {text}"),
    "typing": gettext_noop("{sender} is typing"),
    "field": gettext_noop("Your message"),
    "placeholder": gettext_noop("Write a message…"),
    "send": gettext_noop("Send"),
    "left": gettext_noop("Characters left: {n}"),
    "over": gettext_noop("Too long by {n}. Shorten the message to send it."),
    "sending": gettext_noop("Sending…"),
    "waiting": gettext_noop("Will be sent when the connection is back"),
    "sent": gettext_noop("Sent"),
    "unacknowledged": gettext_noop("Not sent: the server gave no answer."),
    "full": gettext_noop("Too many unsent messages. Send this one when you are back online."),
    "refused_wait": gettext_noop("The chat is busy. Try again in a moment."),
    "refused_long": gettext_noop("The message is too long. Shorten it and send it again."),
    "refused": gettext_noop("The message could not be sent. Change it and send it again."),
    "retry": gettext_noop("Send again"),
    "edit": gettext_noop("Edit"),
    "delete": gettext_noop("Delete"),
    "lost": gettext_noop("Connection lost."),
    "offline": gettext_noop("You are offline. What you write is sent when the network is back."),
    "in": gettext_noop("Trying again in {n} s"),
    "now": gettext_noop("Try now"),
    "stopped": gettext_noop("The chat has ended the connection. Send a message to try again."),
    "connected": gettext_noop("Connected again"),
    "new_tab": gettext_noop("(opens in a new tab)"),
    "menu": gettext_noop("More"),
    "copy": gettext_noop("Copy"),
    "copy_all": gettext_noop("Copy the conversation"),
    "copied": gettext_noop("Copied"),
    "uncopied": gettext_noop("The browser does not allow copying here"),
    "helpful": gettext_noop("This helped"),
    "unhelpful": gettext_noop("This did not help"),
    "thanks": gettext_noop("Thank you"),
    "download": gettext_noop("Download the conversation"),
    "end": gettext_noop("End the conversation"),
    "end_ask": gettext_noop("Do you want to end the conversation?"),
    "end_yes": gettext_noop("Yes, end it"),
    "cancel": gettext_noop("Cancel"),
    "hide": gettext_noop("Hide this message"),
    "begin": gettext_noop("Start a new conversation"),
    "sound": gettext_noop("Sound for new messages"),
    "ended": gettext_noop("The conversation has ended."),
    "person": PERSON,
    "did_you_mean": gettext_noop("Did you mean:"),
}
"""Key -> the English text."""

COUNTS: dict[str, Callable[[int], str]] = {
    "open_unread": lambda n: ngettext("Open the chat, {n} new message", "Open the chat, {n} new messages", n),
    "below": lambda n: ngettext("{n} new message", "{n} new messages", n),
}
"""Key -> the text that goes with a number, in the current language."""

SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
"""A number for each of CLDR's plural categories, in any language. If a language lacks a category, it is never used."""


def strings(language: str) -> dict[str, str | dict[str, str]]:
    """The widget's texts in a language of LANGUAGES. A text that goes with a number is an object by plural category."""
    return translated(TEXTS, COUNTS, language)


def translated(
    texts: Mapping[str, str], counts: Mapping[str, Callable[[int], str]], language: str
) -> dict[str, str | dict[str, str]]:
    """These texts in a language of LANGUAGES. A text that goes with a number is an object by plural category."""
    with override(language):
        return {
            **{key: gettext(text) for key, text in texts.items()},
            **{key: {category: counted(n) for category, n in SAMPLES.items()} for key, counted in counts.items()},
        }


def languages() -> tuple[str, ...]:
    """The languages that the interface speaks."""
    return tuple(tag for tag, _ in settings.LANGUAGES)


def say(key: str, language: str) -> str:
    """A text of the server's own, in English if the interface isn't translated into the language."""
    with override(match(language, languages()) or "en"):
        return gettext(TEXTS[key])
