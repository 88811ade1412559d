"""How staff find messages: those that weren't understood, and those that a search finds."""

from __future__ import annotations

import datetime
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from chat import seeds
from chat.models import Conversation, Message, Site
from chat.staff.filters import with_reason
from chat.staff.search import snippet
from tests.support.staff import conversation, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/conversation/"
MESSAGES = "/admin/chat/message/"


@pytest.fixture
def reader() -> Client:
    return signed_in(seeds.READERS)


def asked(text: str, at: datetime.datetime | None = None, **reply: Any) -> Conversation:
    """A conversation with a question and its answer."""
    found = conversation({"text": "hello"}, {"text": text}, {"sender": "bot", "text": "Hm?", **reply}, at=at)
    Message.objects.filter(conversation=found, seq=3).update(in_reply_to=Message.objects.get(conversation=found, seq=2))
    return found


def links(client: Client, address: str, column: str) -> list[tuple[str, str]]:
    """The addresses and words of a column."""
    page = client.get(address).content.decode()
    cells = re.findall(rf'field-{column}[^>]*><a href="(.*?)" dir="auto">(.*?)</a></t[dh]>', page)
    return [(unescape(target), words) for target, words in cells]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["unsure", "odd"]),
        ("?reason=no_match", ["odd"]),
        ("?reason=timeout", ["late"]),
        ("?reason=down", ["late", "bad"]),
        ("?reason=nonsense", ["unsure", "odd"]),
        ("?since=2026-03-02", ["unsure"]),
        ("?until=2026-03-01", ["odd"]),
    ],
)
def test_messages_that_need_attention_are_listed_the_latest_first(reader: Client, query: str, found: list[str]) -> None:
    march = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    asked("odd", march, outcome="no_match")
    asked("good", march, outcome="answered")
    asked("bad", march, outcome="answered", feedback="down")
    asked("late", march, outcome="timeout", feedback="down")
    asked("unsure", march + datetime.timedelta(days=3), outcome="low_confidence")

    assert [words for _, words in links(reader, MESSAGES + query, "question")] == found


def test_a_message_leads_to_its_place_in_the_transcript(reader: Client) -> None:
    found = conversation(*({"text": f"number {seq}."} for seq in range(1, 251)), {"sender": "bot", "outcome": "no_match"})
    Message.objects.filter(seq=251).update(in_reply_to=Message.objects.get(seq=150))

    [(address, words)] = links(reader, MESSAGES, "question")

    assert words == "number 150."
    assert address == f"{LIST}{found.pk}/change/?message=150#message-150"
    page = reader.get(address).content.decode()
    assert "number 101." in page
    assert "number 201." not in page
    assert re.findall(r'chat-sought" aria-current="true" id="(.*?)"', page) == ["message-150"]
    reply = Message.objects.get(seq=251)
    assert reader.get(f"{MESSAGES}{reply.pk}/change/")["Location"] == f"{LIST}{found.pk}/change/?message=251#message-251"


@pytest.mark.parametrize("reason", [None, "timeout"])
def test_the_messages_are_found_by_the_index_of_the_few(reason: str | None) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table as small as this is faster to read as a whole

    assert "message_trouble" in with_reason(Message.objects.order_by(), reason).explain()


def test_messages_need_the_right_to_read_conversations() -> None:
    client = signed_in(seeds.EDITORS)
    asked("odd", outcome="no_match")
    User.objects.get().user_permissions.set(Permission.objects.filter(codename__endswith="_message"))
    reply = Message.objects.get(outcome="no_match")

    assert client.get(MESSAGES).status_code == 403
    assert client.get(f"{MESSAGES}{reply.pk}/change/", follow=True).status_code == 403
    assert "odd" not in client.get("/admin/").content.decode()
    assert signed_in_reader_may_only_look(reply)


def signed_in_reader_may_only_look(reply: Message) -> bool:
    User.objects.all().delete()
    client = signed_in(seeds.READERS)
    pages = (f"{MESSAGES}add/", f"{MESSAGES}{reply.pk}/delete/")
    return all(client.post(page, {"post": "yes"}).status_code == 403 for page in pages)


def test_search_shows_what_it_found_and_leads_there(reader: Client) -> None:
    found = conversation(*({"text": "x"} for _ in range(149)), {"text": "Is the <b>Pool</b> open?"}, {"text": "pool"})

    [(address, words)] = links(reader, LIST + "?q=OPEN+pool&status__exact=bot", "hit")

    assert words == "Is the &lt;b&gt;<mark>Pool</mark>&lt;/b&gt; <mark>open</mark>?"
    assert address.startswith(f"{LIST}{found.pk}/change/?message=150&_changelist_filters=")
    assert 'aria-current="true" id="message-150"' in reader.get(address).content.decode()
    assert not links(reader, f"{LIST}?q={found.public_id}", "hit")


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Cafe\u0301?", ["CAFÉ"], "<mark>Cafe\u0301</mark>?"),
        ("a+b a.b", ["a.b"], "a+b <mark>a.b</mark>"),
        (f"{'x' * 80} {'y' * 20} pool", ["pool"], f"…{'y' * 20} <mark>pool</mark>"),
        (f"{'x' * 100}pool{'y' * 200}", ["pool"], f"…{'x' * 40}<mark>pool</mark>{'y' * 116}…"),
    ],
)
def test_a_snippet_marks_the_words_and_keeps_to_its_length(text: str, words: list[str], shown: str) -> None:
    assert snippet(text, words) == shown


@pytest.mark.parametrize(("query", "found"), [("?site={site}", ["Shop"]), ("?site=other", ["news.example:8443", ""])])
def test_the_list_says_on_which_website_and_filters_by_it(reader: Client, query: str, found: list[str]) -> None:
    site = Site.objects.create(name="Shop", origins="https://a.example\nhttps://shop.example")
    now = timezone.now()
    for hours, origin in enumerate(("https://shop.example", "https://news.example:8443", "")):
        conversation({"text": "hi"}, origin=origin, at=now - datetime.timedelta(hours=hours))

    def sites(query: str) -> list[str]:
        page = reader.get(LIST + query).content.decode()
        return [cell.replace("-", "") if cell == "-" else cell for cell in re.findall(r'field-site_name">(.*?)</td>', page)]

    assert sites("") == ["Shop", "news.example:8443", ""]
    assert sites(query.format(site=site.pk)) == found


def test_after_deleting_a_conversation_staff_are_back_in_the_list() -> None:
    client = signed_in(seeds.DELETERS)
    found = conversation({"text": "pool"})
    conversation({"text": "kept"})
    [(address, _)] = links(client, LIST + "?q=pool", "hit")
    page = client.get(address).content.decode()
    [delete] = re.findall(rf'href="({LIST}{found.pk}/delete/.*?)"', page)

    response = client.post(unescape(delete), {"post": "yes"}, follow=True)

    assert response.redirect_chain == [(LIST + "?q=pool", 302)]
    assert "was deleted" in response.content.decode()
    assert list(Conversation.objects.values_list("messages__text", flat=True)) == ["kept"]
