"""All texts of the desk's page, translated by Django. The page fills in the names in braces."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_noop, ngettext, override

from chat.models import Outcome
from chat.sites.strings import TEXTS as WIDGET
from chat.sites.strings import translated

SHARED = ("new_tab", "field", "left", "over", "send", "sending", "retry", "delete", "typing", "earlier", "loading")
"""Keys of the widget's texts that the desk uses, too."""

TEXTS = {
    # The bar and the frame
    "away": gettext_noop("Away"),
    "sound": gettext_noop("Sound"),
    "notifications": gettext_noop("Notifications"),
    "choose": gettext_noop("Choose a conversation from the lists."),
    "back": gettext_noop("Back to the lists"),
    "conversation": gettext_noop("Conversation"),
    "lost": gettext_noop("Connection lost. It comes back by itself."),
    "stopped": gettext_noop("You are logged out, or your account may not use the desk any more."),
    "log_in": gettext_noop("Log in again"),
    "late": gettext_noop("Several server processes run without Redis, so what others do may come late."),
    "unsent": gettext_noop("The connection is lost. Try again when it is back."),
    "waits_now": gettext_noop("Somebody waits for a person: {facts}"),
    "waits_title": gettext_noop("Somebody waits for a person"),
    # The lists
    "conversations": gettext_noop("Conversations"),
    "list_waiting": gettext_noop("Waiting"),
    "list_mine": gettext_noop("Mine"),
    "list_others": gettext_noop("Colleagues"),
    "list_bots": gettext_noop("With the bot"),
    "none_waiting": gettext_noop("Nobody waits."),
    "none_mine": gettext_noop("You have no conversation."),
    "none_others": gettext_noop("None."),
    "no_words": gettext_noop("(no words)"),
    "waits": gettext_noop("waits {time}"),
    "moment": gettext_noop("less than a minute"),
    "somebody": gettext_noop("somebody"),
    # The conversation
    "take": gettext_noop("Take"),
    "give_back": gettext_noop("Give back to the bot"),
    "close": gettext_noop("End"),
    "pass_on": gettext_noop("Pass on"),
    "to_queue": gettext_noop("Back to the queue"),
    "is_away": gettext_noop("{name} (away)"),
    "status_bot": gettext_noop("The bot answers."),
    "status_waiting": gettext_noop("Waits for a person. The bot answers meanwhile."),
    "status_mine": gettext_noop("You have it."),
    "status_operator": gettext_noop("{name} has it."),
    "status_somebody": gettext_noop("Somebody has it."),
    "status_closed": gettext_noop("Ended."),
    "messages": gettext_noop("Messages"),
    "visitor": gettext_noop("Visitor"),
    "bot": gettext_noop("Bot"),
    "operator": gettext_noop("Operator"),
    "system": gettext_noop("Notice"),
    "you": gettext_noop("You"),
    "not_sent": gettext_noop("Not sent: {reason}"),
    # The field
    "placeholder": gettext_noop("Write to the visitor… (/ for ready-made answers)"),
    "take_and_send": gettext_noop("Take and send"),
    "suggestions": gettext_noop("Ready-made answers"),
    "intent": gettext_noop("Intent: {name}"),
    "sent_with_it": gettext_noop("Sent with it: {parts}"),
    "leave_out": gettext_noop("Leave out"),
    "below_quick_replies": gettext_noop("buttons"),
    "below_card": gettext_noop("a card"),
    "below_link": gettext_noop("a link"),
    "below_image": gettext_noop("a picture"),
    "below_list": gettext_noop("a list"),
    # Beside the conversation
    "about": gettext_noop("The visitor"),
    "fact_language": gettext_noop("Language"),
    "fact_site": gettext_noop("Site"),
    "fact_page": gettext_noop("Page"),
    "fact_began": gettext_noop("Began"),
    "fact_messages": gettext_noop("Messages"),
    "fact_address": gettext_noop("Answer to"),
    "transcript": gettext_noop("Transcript, search and history"),
    "earlier_ones": gettext_noop("Earlier conversations"),
    "notes": gettext_noop("Notes"),
    "note_field": gettext_noop("A note for colleagues"),
    "add_note": gettext_noop("Add note"),
    "deleted_account": gettext_noop("A deleted account"),
    # What the server refuses, by its code
    "error_empty": gettext_noop("The message is empty."),
    "error_too_long": gettext_noop("The message is longer than {limit} characters. Shorten it and send it again."),
    "error_rate_limited": gettext_noop("Too much was sent in a short time. Wait a moment and send it again."),
    "error_busy": gettext_noop("Too many messages are waiting for an answer. Send it again in a moment."),
    "error_try_again": gettext_noop("The database can't be reached. Try again in a moment."),
    "error_draining": gettext_noop("The server is about to restart. Send it again in a moment."),
    "error_forbidden": gettext_noop("Your account may not do this. Ask whoever manages accounts for the right to answer."),
    "error_gone": gettext_noop("The conversation was deleted, or there has never been one with this id."),
    "error_closed": gettext_noop("The conversation has ended."),
    "error_taken": gettext_noop("Somebody else has this conversation."),
    "error_taken_by": gettext_noop("Taken by {name}."),
    "error_not_held": gettext_noop("Nobody has this conversation. Take it first."),
    "error_nobody": gettext_noop("This colleague has no open desk, or may not answer."),
    "error_internal": gettext_noop("Something went wrong on the server. Try again in a moment."),
}
"""Key -> the English text."""

COUNTS: dict[str, Callable[[int], str]] = {
    "unread": lambda n: ngettext("{n} unread message", "{n} unread messages", n),
}
"""Key -> the text that goes with a number, in the current language."""


def strings(language: str) -> dict[str, str | dict[str, str]]:
    """The desk's texts in a language of LANGUAGES. A text that goes with a number is an object by plural category."""
    with override(language):
        outcomes = {f"outcome_{outcome.value}": str(outcome.label) for outcome in Outcome}
    return {**outcomes, **translated({key: WIDGET[key] for key in SHARED} | TEXTS, COUNTS, language)}
