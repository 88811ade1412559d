"""What is stored: conversations and their messages, the replies that staff write, and the sites that show the chat.

Keys are growing integers, since random ones slow down writing as the table grows. Outside, a conversation is known by its
random `public_id`. Only the writer (chat/storage/writer.py) writes conversations and messages, except for visitors'
feedback. It takes a message's columns from the model: declare a new one here and in Entry.
"""

import secrets
import uuid
import zoneinfo
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import opening_hours  # noqa: F401 - importing registers its models
from chat.edited import Versioned, WithParts
from chat.text import composed

MAX_QUESTION_CHARACTERS = 500
"""Of one example question."""


class Outcome(models.TextChoices):
    """How a turn ended. Stored on the bot's reply."""

    ANSWERED = "answered", _("Answered")
    NO_MATCH = "no_match", _("Not understood")
    LOW_CONFIDENCE = "low_confidence", _("Not sure enough")
    NO_REPLY = "no_reply", _("Understood, but no words for it")
    TIMEOUT = "timeout", _("No answer in time")
    UNAVAILABLE = "unavailable", _("Provider not reachable")
    RATE_LIMITED = "rate_limited", _("Provider's quota used up")
    AUTHENTICATION = "authentication", _("Provider refuses the credentials")
    REJECTED = "rejected", _("Provider refuses the input")
    INVALID_RESPONSE = "invalid_response", _("Provider's answer makes no sense")
    INTERNAL = "internal", _("Unexpected error")


FALLBACK_OUTCOMES = [(value, label) for value, label in Outcome.choices if value != Outcome.ANSWERED]


class Sender(models.TextChoices):
    VISITOR = "visitor", _("Visitor")
    BOT = "bot", _("Bot")
    OPERATOR = "operator", _("Operator")
    SYSTEM = "system", _("System")


class Status(models.TextChoices):
    BOT = "bot", _("With the bot")
    WAITING = "waiting", _("Waiting for an operator")
    OPERATOR = "operator", _("With an operator")
    CLOSED = "closed", _("Closed")


class Feedback(models.TextChoices):
    """What a visitor thinks of a reply."""

    UP = "up", _("Helpful")
    DOWN = "down", _("Not helpful")


def new_public_id() -> str:
    """122 random bits as 36 characters. Dialogflow's session names may be as long as that, but no longer."""
    return str(uuid.uuid4())


def new_stamp() -> int:
    return secrets.randbits(31)


class Conversation(models.Model):
    public_id = models.CharField(max_length=36, default=new_public_id, editable=False)
    language = models.CharField(max_length=35, verbose_name=_("language"))
    origin = models.CharField(max_length=255, blank=True, help_text=_("The website whose page showed the chat."))
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.BOT, verbose_name=_("status"))
    last_seq = models.PositiveIntegerField(default=0, verbose_name=_("messages"))
    welcomed = models.BooleanField(default=False)
    process = models.CharField(max_length=16, db_default="", editable=False)  # took the visitor's last message
    # The seqs of the visitor's messages that the bot still has to answer, separated by spaces. They are stored in this row,
    # because it is written with each message anyway.
    awaiting = models.TextField(db_default="", editable=False)
    # The key of the operator who holds the conversation. No foreign key: an account may be deleted at any time, and then a
    # sweep gives the conversation back to the queue by an entry, as every change of the holder is one.
    holder = models.BigIntegerField(null=True, editable=False)
    returned = models.PositiveIntegerField(db_default=0, editable=False)  # the seq at which an operator last gave it back
    waiting_since = models.DateTimeField(null=True, editable=False)
    misses = models.PositiveSmallIntegerField(db_default=0, editable=False)  # how often in a row the bot didn't understand
    # When the visitor was last told that nobody is there, in seconds since 1970. 0: never.
    told_at = models.BigIntegerField(db_default=0, editable=False)
    address = models.CharField(max_length=254, db_default="", blank=True)  # where the visitor wants to be answered
    created_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_activity_at", "-id"]
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        # Not unique=True, because Django then adds a second index, for LIKE, on PostgreSQL.
        constraints = [models.UniqueConstraint(fields=["public_id"], name="conversation_public_id")]
        indexes = [
            models.Index(fields=["-last_activity_at", "-id"], name="conversation_activity"),
            # For the desk, which lists the few that wait or are held among any number of others.
            models.Index(fields=["waiting_since", "id"], condition=models.Q(status="waiting"), name="conversation_waiting"),
            models.Index(fields=["holder", "id"], condition=models.Q(status="operator"), name="conversation_held"),
        ]
        permissions = [
            ("answer_conversation", "Can answer visitors at the desk"),
            ("view_provider", "Can see whether the provider works"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    seq = models.PositiveIntegerField()
    sender = models.CharField(max_length=8, choices=Sender.choices)
    text = models.TextField(blank=True)
    parts = models.JSONField(default=list, blank=True)
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - unique if it is set
    # Messages are deleted only with their conversation. Without a cascade here, one statement deletes them all.
    in_reply_to = models.OneToOneField("self", on_delete=models.DO_NOTHING, null=True, blank=True, related_name="answer")
    intent = models.CharField(max_length=255, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    entities = models.JSONField(default=dict, blank=True)
    traits = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    provider = models.CharField(max_length=64, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    feedback = models.CharField(max_length=4, choices=Feedback.choices, null=True, blank=True)  # noqa: DJ001 - null as in the protocol
    author = models.BigIntegerField(null=True, blank=True)  # the key of the operator who wrote it or brought it about
    name = models.CharField(max_length=80, db_default="", blank=True)  # the public name that this operator had then

    class Meta:
        ordering = ["conversation_id", "seq"]
        verbose_name = _("message")
        verbose_name_plural = _("messages that need attention")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq"),
            # Only if it is set: an index entry for each reply would take a tenth of SQLite's time.
            models.UniqueConstraint(
                fields=["conversation", "client_id"], condition=models.Q(client_id__isnull=False), name="message_client_id"
            ),
        ]
        indexes = [
            # For the staff's filter by outcome. Without it PostgreSQL reads all conversations to find a rare outcome.
            # Only failed replies have an entry, so storing any other message costs nothing.
            models.Index(
                fields=["outcome", "conversation"], condition=~models.Q(outcome__in=["", "answered"]), name="message_trouble"
            ),
            # For the staff's filter by feedback. New messages have none.
            models.Index(
                fields=["feedback", "conversation"], condition=models.Q(feedback__isnull=False), name="message_feedback"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"


class Operator(Versioned):
    """What the chat keeps of an account that answers visitors."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="operator",
        verbose_name=_("user"),
        help_text=_("The colleague's account."),
    )
    public_name = models.CharField(
        max_length=80,
        blank=True,
        verbose_name=_("public name"),
        help_text=_("What visitors read. Empty: “Team member” in the visitor's language."),
    )

    away = models.BooleanField(db_default=False, default=False, editable=False)
    # Until when an open desk counts as open, unless it says again that it is. None: none is open.
    open_until = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)  # when a desk was last open

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")

    def __str__(self) -> str:
        return self.public_name or self.user.get_full_name() or self.user.get_username()


_ANY_SITUATION = _("Any situation")
_ANY_LANGUAGE = _("any language")


class StaffText(Versioned):
    """Words that staff write, for one language or for any."""

    language = models.CharField(max_length=35, blank=True, verbose_name=_("language"), help_text=_("Empty: any language."))
    text = models.TextField(
        max_length=4000,
        verbose_name=_("text"),
        help_text=_("What the visitor reads, up to 4,000 characters. Line breaks stay."),
    )
    active = models.BooleanField(
        default=True,
        verbose_name=_("active"),
        help_text=_("Used for visitors. Switch it off instead of deleting it if you may want it again."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        if self.text and not self.text.strip():  # Django itself reports an empty text
            raise ValidationError({"text": _("A reply needs words.")})


class StaffReply(StaffText, WithParts):
    """A reply that staff write."""

    overrides = models.BooleanField(
        default=False,
        verbose_name=_("always say this"),
        help_text=_("Also if the service behind the bot has sent words of its own."),
    )

    class Meta:
        abstract = True


class DeskCase(models.TextChoices):
    """What a text of the desk is for."""

    ASKED = "asked", _("A person was asked for")
    ABSENT = "absent", _("Nobody is there")
    ABSENT_UNTIL = "absent_until", _("Nobody is there before a certain time")
    MISSED = "missed", _("Nobody has come in time")
    ADDRESS = "address", _("The visitor has left an address")
    JOINED = "joined", _("An operator joins")
    LEFT = "left", _("An operator gives back to the bot")
    PASSED = "passed", _("A colleague takes over")
    QUEUED = "queued", _("An operator puts the visitor into the queue")
    LOST = "lost", _("An operator is gone")
    CLOSED = "closed", _("An operator ends the conversation")


class FallbackReply(StaffReply):
    """What the bot says when it has no answer of its own."""

    outcome = models.CharField(
        max_length=16,
        choices=FALLBACK_OUTCOMES,
        blank=True,
        verbose_name=_("situation"),
        help_text=_("Empty: any situation."),
    )
    weight = models.PositiveSmallIntegerField(
        default=1,
        verbose_name=_("how often"),
        help_text=_("If several replies fit: how often this one is chosen, compared with the others. 0: never."),
    )

    class Meta:
        ordering = ["outcome", "language", "id"]
        verbose_name = _("fallback reply")
        verbose_name_plural = _("fallback replies")

    def __str__(self) -> str:
        return f"{self.get_outcome_display() or _ANY_SITUATION}, {self.language or _ANY_LANGUAGE}"


class IntentReply(StaffReply):
    """What the bot says to an intent that the provider recognised."""

    intent = models.CharField(max_length=255, verbose_name=_("intent"))

    class Meta:
        ordering = ["intent", "language", "id"]
        verbose_name = _("intent reply")
        verbose_name_plural = _("intent replies")
        constraints = [
            models.UniqueConstraint(
                fields=["intent", "language"],
                condition=models.Q(active=True),
                name="intent_reply",
                violation_error_message=_(
                    "An active reply for this intent and language exists. Visitors get one only. Change that one, or make "
                    "it inactive first."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.intent}, {self.language or _ANY_LANGUAGE}"

    def clean(self) -> None:
        self.intent = composed(self.intent.strip())
        super().clean()
        try:
            self.validate_constraints()
        except ValidationError as error:
            raise ValidationError({"intent": error.messages}) from None


class Answer(Versioned, WithParts):
    """An answer that a provider on this machine learns, and what visitors ask to get it."""

    language = models.CharField(max_length=35, verbose_name=_("language"))
    title = models.CharField(
        max_length=80,
        verbose_name=_("title"),
        help_text=_(
            "A few words, such as “Opening hours”. If two answers are nearly as likely, visitors read both titles and "
            "choose one."
        ),
    )
    questions = models.TextField(
        max_length=20_000,
        verbose_name=_("example questions"),
        help_text=_("What visitors ask, one a line, in their words. Ten different ones are good, one is enough to begin."),
    )
    text = models.TextField(max_length=4000, verbose_name=_("text"), help_text=_("What the visitor reads."))
    active = models.BooleanField(
        default=True,
        verbose_name=_("active"),
        help_text=_("Used for visitors. Switch it off instead of deleting it if you may want it again."),
    )
    # Another random number with each change. The sum of all tells every process that something has changed, without a clock.
    stamp = models.PositiveIntegerField(default=new_stamp, editable=False)

    class Meta:
        ordering = ["language", "title"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(
                fields=["language", "title"],
                name="answer_title",
                violation_error_message=_(
                    "There is an answer with this title in this language. Change that one, or choose another title."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.language}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.stamp = new_stamp()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "stamp"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.title = " ".join(self.title.split())
        self.questions = "\n".join(dict.fromkeys(question_lines(self.questions)))
        errors: dict[str, Any] = {}
        if not self.title:
            errors["title"] = _("An answer needs a title.")
        if not any(character.isalnum() for character in self.questions):
            errors["questions"] = _("An answer needs at least one example question. Write what a visitor would ask.")
        elif max(map(len, question_lines(self.questions))) > MAX_QUESTION_CHARACTERS:
            errors["questions"] = gettext(
                "A question has at most {characters} characters. Write one question a line."
            ).format(characters=MAX_QUESTION_CHARACTERS)
        if not self.text.strip():
            errors["text"] = _("An answer needs words for the visitor.")
        if errors:
            raise ValidationError(errors)


def question_lines(text: str) -> list[str]:
    """The questions of a text that has one a line."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


class DeskText(StaffText):
    """What visitors read when a person is asked for, comes or leaves."""

    case = models.CharField(
        max_length=16, choices=DeskCase.choices, verbose_name=_("case"), help_text=_("When visitors read this.")
    )

    class Meta:
        ordering = ["case", "language", "id"]
        verbose_name = _("desk text")
        verbose_name_plural = _("desk texts")

    def __str__(self) -> str:
        return f"{self.get_case_display()}, {self.language or _ANY_LANGUAGE}"


class Note(models.Model):
    """What colleagues write to each other about a conversation. It never reaches the visitor."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.pk}"


class ReadyAnswer(Versioned, WithParts):
    """What operators say often. At the desk, "/" and the name bring it."""

    name = models.CharField(
        max_length=40,
        verbose_name=_("name"),
        help_text=_("Short, such as “parcel”. Operators type / and its beginning."),
    )
    text = models.TextField(
        max_length=4000,
        verbose_name=_("text"),
        help_text=_("What the visitor reads. Operators can change it before they send it."),
    )
    language = models.CharField(max_length=35, blank=True, verbose_name=_("language"), help_text=_("Empty: any language."))

    class Meta:
        ordering = ["name", "language", "id"]
        verbose_name = _("ready-made answer")
        verbose_name_plural = _("ready-made answers")

    def __str__(self) -> str:
        return f"{self.name}, {self.language or _ANY_LANGUAGE}"


class Theme(models.TextChoices):
    AUTO = "auto", _("As on the visitor's device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Site(Versioned):
    """A website whose pages may hold the chat, and how the chat looks there."""

    name = models.CharField(
        max_length=80, verbose_name=_("name"), help_text=_("For you and your colleagues. Visitors don't see it.")
    )
    origins = models.TextField(
        max_length=4000,
        verbose_name=_("addresses"),
        help_text=_(
            "The addresses of the pages, one a line, such as https://www.example.com. What follows the host is left out. "
            "With and without www are two addresses."
        ),
    )
    title = models.CharField(
        max_length=80,
        blank=True,
        verbose_name=_("title"),
        help_text=_("Shown at the top of the chat. Empty: “Chat with us” in the visitor's language."),
    )
    greeting = models.TextField(
        max_length=500,
        blank=True,
        verbose_name=_("greeting"),
        help_text=_(
            "What a visitor reads before the first message. Empty: “Hello! What can we do for you?” in the visitor's "
            "language."
        ),
    )
    starters = models.TextField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        verbose_name=_("starters"),
        help_text=_("What visitors often ask, one a line, at most four. An empty chat offers them as buttons."),
    )
    avatar = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        verbose_name=_("picture"),
        help_text=_(
            "The bot's face or your logo, best square: an address that begins with https://, or the name of a static file "
            "of the chat's server, such as chat/favicon.svg. Empty: a speech bubble."
        ),
    )
    accent = models.CharField(
        max_length=7,
        blank=True,
        default="",
        db_default="",
        verbose_name=_("brand colour"),
        help_text=_(
            "As #rrggbb. Empty: the chat's green. Any colour will do: the chat chooses a text colour that can be read on "
            "it, and a darker or lighter shade of it for links."
        ),
    )
    language = models.CharField(max_length=35, blank=True, verbose_name=_("language"))
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        verbose_name=_("time zone"),
        help_text=_("Of the opening hours below, such as Europe/Berlin. Empty: the server's."),
    )
    theme = models.CharField(
        max_length=5, choices=Theme.choices, default=Theme.AUTO, verbose_name=_("colours"), help_text=_("Of the chat.")
    )
    active = models.BooleanField(
        default=True, verbose_name=_("active"), help_text=_("The chat appears only on the pages of active sites.")
    )

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("site")
        verbose_name_plural = _("sites")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.time_zone and self.time_zone not in zoneinfo.available_timezones():
            raise ValidationError({"time_zone": _("There is no such time zone. Example: Europe/Berlin")})


class SiteHours(Site):
    """A site, for those who manage its opening hours and nothing else of it."""

    class Meta:
        proxy = True
        verbose_name = _("hours of a site")
        verbose_name_plural = _("opening hours of sites")
