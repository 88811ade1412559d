"""Fill the database with invented conversations, to try the admin on a large one and to measure it."""

from __future__ import annotations

import argparse
import datetime
import random
import statistics
import time
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.test import RequestFactory
from django.utils import timezone
from tqdm import tqdm

from chat import seeds
from chat.models import (
    FALLBACK_OUTCOMES,
    Conversation,
    Feedback,
    Message,
    Note,
    Operator,
    Outcome,
    ReadyAnswer,
    Sender,
    Status,
)
from chat.staff.desk import page as desk_page
from chat.storage import desk as desk_lists

CONVERSATIONS_AT_ONCE = 500
OPERATORS = ("Ana", "Ben")
DESK_PASSWORD = "desk-of-the-scratch-site"  # noqa: S105 - for a database of invented conversations
RARE_WORD = "zanzibar"
WORDS = {
    "en": "I would like to book a room for two nights with breakfast and a view please is the pool open what does it cost "
    "when can we arrive do you take dogs my booking number has changed thank you",
    "de": "Ich möchte ein Zimmer für zwei Nächte mit Frühstück buchen ist das Schwimmbad geöffnet was kostet der Parkplatz "
    "wann können wir anreisen darf unser Hund mitkommen vielen Dank schöne Grüße",
    "es": "Quisiera reservar una habitación para dos noches con desayuno y vistas está abierta la piscina cuánto cuesta el "
    "aparcamiento cuándo podemos llegar mañana muchas gracias",
    "fr": "Je voudrais réserver une chambre pour deux nuits avec petit déjeuner est-ce que la piscine est ouverte combien "
    "coûte le parking à quelle heure pouvons-nous arriver merci beaucoup",
}
INTENTS = ["room.book", "room.price", "pool.hours", "dogs", "breakfast", "parking", "booking.change", "goodbye"]


def _at_least_two(text: str) -> int:
    number = int(text)
    if number < 2 and number != 0:
        raise argparse.ArgumentTypeError("must be 2 or more (a question and its answer), or 0 to add nothing.")
    return number


class Command(BaseCommand):
    help = "Add invented conversations to this database, to try the admin on a large one. Never on a site that is in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--messages", type=_at_least_two, required=True, help="How many messages to add. 0 adds none.")
        parser.add_argument("--desk", action="store_true", help="Also add a desk with conversations in every state.")
        parser.add_argument("--measure", action="store_true", help="Also show how long the admin's pages take.")

    def handle(self, *args: Any, messages: int, desk: bool, measure: bool, **options: Any) -> None:
        if messages:
            conversations = seed(messages, random.Random(1))  # noqa: S311 - invented words
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:  # autovacuum would do it later
                    cursor.execute("ANALYZE chat_conversation, chat_message")
            self.stdout.write(f"Added {conversations:,} conversations with {messages:,} messages.")
        if desk:
            seed_desk(random.Random(2))  # noqa: S311 - invented words
            self.stdout.write(f"Added a desk. {' and '.join(OPERATORS)} have the password {DESK_PASSWORD!r}.")
        if measure:
            self.stdout.write(f"{Conversation.objects.count():,} conversations, {Message.objects.count():,} messages.")
            for what, milliseconds, queries in measured():
                self.stdout.write(f"{milliseconds:8.0f} ms  {queries} queries  {what}")


def seed_desk(rng: random.Random) -> None:
    """Add two operators, and conversations that wait, that they have, that have ended, and that want an answer by mail."""
    now = timezone.now()
    group = Group.objects.filter(name=seeds.OPERATORS)
    keys = []
    for name in OPERATORS:
        user, created = User.objects.get_or_create(username=name.lower(), defaults={"is_staff": True})
        if created:
            user.set_password(DESK_PASSWORD)
            user.save()
            user.groups.set(group)
        Operator.objects.update_or_create(user=user, defaults={"public_name": name, "seen_at": now})
        keys.append(user.pk)
    states: list[dict[str, Any]] = [
        *({"status": Status.WAITING, "waiting_since": now - datetime.timedelta(seconds=20 * n)} for n in range(5)),
        *({"status": Status.OPERATOR, "holder": keys[n % len(keys)]} for n in range(5)),
        *({"status": Status.BOT} for _ in range(5)),
        {"status": Status.BOT, "address": "visitor@example.com"},
        {"status": Status.CLOSED},
    ]
    for state in states:
        _add([rng.randint(2, 12)], now, rng, days=0.01, **state)
        Note.objects.create(
            conversation=Conversation.objects.latest("pk"), author_id=rng.choice(keys), text="Calls every spring."
        )
    for name, text in (("parcel", "Your parcel comes tomorrow."), ("bye", "Goodbye! I wish you a nice day.")):
        ReadyAnswer.objects.get_or_create(name=name, language="en", defaults={"text": text})


def seed(messages: int, rng: random.Random) -> int:
    """Add so many messages, on average ten to a conversation. Return the number of conversations."""
    now = timezone.now()
    added = 0
    with tqdm(total=messages, unit=" messages", disable=None) as bar:
        sizes = _sizes(messages, rng)
        while batch := [size for _, size in zip(range(CONVERSATIONS_AT_ONCE), sizes, strict=False)]:
            _add(batch, now, rng)
            added += len(batch)
            bar.update(sum(batch))
    return added


def _sizes(messages: int, rng: random.Random) -> Iterator[int]:
    """The number of messages of each conversation. Most are short. One in a thousand is long, and so is the first."""
    size = min(2_000, max(2, messages // 10))
    while messages > 0:
        yield size
        messages -= size
        size = 200 if rng.random() < 0.001 else max(1, round(rng.expovariate(1 / 9.6)))
        size = min(size, messages)


def _add(sizes: list[int], now: datetime.datetime, rng: random.Random, days: float = 365, **state: Any) -> None:
    """state: fields of the conversations that aren't drawn."""
    conversations = []
    for size in sizes:
        ended = now - datetime.timedelta(days=days * rng.random())
        conversations.append(
            Conversation(
                public_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                language=rng.choice([*WORDS, "en", "en"]),
                origin="https://www.example.com",
                last_seq=size,
                **{"status": rng.choices([Status.BOT, Status.CLOSED], weights=[82, 18])[0], **state},
                created_at=ended - datetime.timedelta(seconds=30 * size),
                last_activity_at=ended,
            )
        )
    with transaction.atomic():
        Conversation.objects.bulk_create(conversations)
        questions = Message.objects.bulk_create(
            _question(conversation, seq, rng)
            for conversation in conversations
            for seq in range(1, conversation.last_seq + 1, 2)
        )
        Message.objects.bulk_create(
            _answer(question, rng) for question in questions if question.seq < question.conversation.last_seq
        )


def _words(language: str, rng: random.Random) -> str:
    words = WORDS[language].split()
    text = " ".join(rng.choice(words) for _ in range(rng.randint(1, 14)))
    return f"{text} {RARE_WORD}" if rng.random() < 0.00002 else text


def _question(conversation: Conversation, seq: int, rng: random.Random) -> Message:
    return Message(
        conversation=conversation,
        seq=seq,
        sender=Sender.VISITOR,
        text=_words(conversation.language, rng),
        client_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        created_at=conversation.created_at + datetime.timedelta(seconds=30 * seq),
    )


def _answer(question: Message, rng: random.Random) -> Message:
    failed = rng.random() < 0.08
    outcome = (
        rng.choices(FALLBACK_OUTCOMES, weights=[300, 100, 50, 20, 10, 5, 1, 2, 2, 1])[0][0] if failed else Outcome.ANSWERED
    )
    text = _words(question.conversation.language, rng)
    return Message(
        conversation=question.conversation,
        seq=question.seq + 1,
        sender=Sender.BOT,
        text=text,
        parts=[{"type": "text", "text": text}],
        in_reply_to=question,
        intent="" if failed else rng.choice(INTENTS),
        confidence=None if failed else round(rng.uniform(0.5, 1), 3),
        outcome=outcome,
        provider="dialogflow" if rng.random() < 0.999 else "wit",
        latency_ms=round(rng.lognormvariate(6, 0.5)),
        created_at=question.created_at + datetime.timedelta(seconds=1),
        feedback=rng.choices([None, Feedback.UP, Feedback.DOWN], weights=[950, 40, 10])[0],
    )


def measured() -> Iterator[tuple[str, float, int]]:
    """Open the admin's pages as a superuser. Yield each page's name, the median of five times, and its queries."""
    user = User(username="measure", is_staff=True, is_superuser=True)
    conversations = admin.site.get_model_admin(Conversation)
    longest = Conversation.objects.order_by("-last_seq")[0]
    today = timezone.localdate()
    year_ago = today - datetime.timedelta(days=360)
    lists = {
        "the list": {},
        "its tenth page": {"p": "10"},
        "its thousandth page": {"p": "1000"},
        "by date, long ago": {"until": year_ago.isoformat()},
        "by status, closed": {"status__exact": "closed"},
        "by status, waiting": {"status__exact": "waiting"},
        "today": {"since": today.isoformat()},
        "by website, no site's": {"site": "other"},
        "by language, French": {"language": "fr"},
        **{f"by outcome, {label.lower()}": {"outcome": value} for value, label in Outcome.choices},
        **{f"by feedback, {label.lower()}": {"feedback": value} for value, label in Feedback.choices},
        "by provider, common": {"provider": "dialogflow"},
        "by provider, rare": {"provider": "wit"},
        "by provider, absent": {"provider": "echo"},
        "search, common word": {"q": "room"},
        "search, rare word": {"q": RARE_WORD},
        "search, absent word": {"q": "xylophone"},
        "search, two words": {"q": "pool breakfast"},
        "search, beyond ASCII": {"q": "MÖCHTE"},
        "search, absent word beyond ASCII": {"q": "äöüß"},
        "search and outcome and provider": {"q": "pool", "outcome": "timeout", "provider": "dialogflow"},
    }
    for what, query in lists.items():
        request = RequestFactory(SERVER_NAME="localhost").get("/", query)
        request.user = user
        yield what, *_timed(lambda request=request: conversations.changelist_view(request))
    messages = admin.site.get_model_admin(Message)
    of_messages = {
        "messages not understood": {},
        "their hundredth page": {"p": "100"},
        "messages not understood today": {"since": today.isoformat()},
        "messages not understood, long ago": {"until": year_ago.isoformat()},
        **{f"messages, {label.lower()}": {"reason": value} for value, label in FALLBACK_OUTCOMES},
        "messages, not helpful": {"reason": Feedback.DOWN.value},
        "messages, not helpful today": {"reason": Feedback.DOWN.value, "since": today.isoformat()},
    }
    for what, query in of_messages.items():
        request = RequestFactory(SERVER_NAME="localhost").get("/", query)
        request.user = user
        yield what, *_timed(lambda request=request: messages.changelist_view(request))
    request = RequestFactory(SERVER_NAME="localhost").get("/")
    request.user = user
    yield "the front page", *_timed(lambda: admin.site.index(request))
    yield "the desk's page", *_timed(lambda: desk_page(request))
    yield "the desk's lists", *_timed(lambda: _Unrendered(desk_lists.lists()))
    yield "the desk's list of the bot's conversations", *_timed(lambda: _Unrendered(desk_lists.bots()))
    yield (
        f"the last page of a transcript of {longest.last_seq:,}",
        *_timed(lambda: conversations.change_view(request, str(longest.pk))),
    )


class _Unrendered:
    """What has been read is there already."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def render(self) -> None:
        pass


def _timed(view: Any) -> tuple[float, int]:
    times = []
    queries: list[str] = []

    def count(execute: Any, sql: str, *args: Any) -> Any:
        queries.append(sql)
        return execute(sql, *args)

    for _ in range(5):
        queries.clear()
        started = time.perf_counter()
        with connection.execute_wrapper(count):
            view().render()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), len(queries)
