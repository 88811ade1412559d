"""What staff see of conversations in the admin."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import seeds
from chat.models import Conversation, Message
from chat.staff.conversations import MESSAGES_PER_PAGE, ConversationAdmin
from integrations.providers.echo import PARTS
from tests.support.servers import Site, postgresql
from tests.support.staff import conversation, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/conversation/"
REPLY = {"sender": "bot", "outcome": "answered", "provider": "echo", "intent": "echo"}


@pytest.fixture
def reader() -> Client:
    return signed_in(seeds.READERS)


def transcript(found: Conversation) -> str:
    return f"{LIST}{found.pk}/change/"


def listed(client: Client, query: str = "") -> list[str]:
    """The first words of the conversations in the list."""
    response = client.get(LIST + query)
    assert response.status_code == 200
    return [row.words for row in response.context["cl"].result_list]


def html(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_first_words_and_the_latest_conversation_first(reader: Client) -> None:
    now = timezone.now()
    conversation({"text": "yesterday"}, at=now - datetime.timedelta(days=1))
    conversation({"sender": "bot", "text": "Welcome!"}, {"text": "after a greeting"}, {"text": "later"}, at=now)

    assert listed(reader) == ["after a greeting", "yesterday"]
    assert "after a greeting" in html(reader, LIST)


def test_the_list_asks_the_same_number_of_queries_however_long_it_is(reader: Client) -> None:
    conversation({"text": "one"})
    with CaptureQueriesContext(
        connection,
    ) as few:
        reader.get(LIST)
    for _ in range(30):
        conversation({"text": "more"}, REPLY)
    with CaptureQueriesContext(connection) as many:
        reader.get(LIST)

    assert len(many) == len(few)
    assert not any("COUNT(" in query["sql"].upper() for query in many)


def test_the_list_is_paged_without_being_counted(reader: Client, mocker: Any) -> None:
    mocker.patch.object(ConversationAdmin, "list_per_page", 2)
    now = timezone.now()
    for number in range(5):
        conversation({"text": f"number {number}"}, at=now - datetime.timedelta(hours=number))

    assert listed(reader) == ["number 0", "number 1"]
    assert "Older" in html(reader, LIST)
    assert "Newer" not in html(reader, LIST)
    assert listed(reader, "?p=2") == ["number 2", "number 3"]
    assert "Newer" in html(reader, LIST + "?p=2")
    assert listed(reader, "?p=3") == ["number 4"]
    assert "Older" not in html(reader, LIST + "?p=3")


@pytest.mark.parametrize("query", ["?p=0", f"?p={10**30}", "?since=soon", "?until=2026-02-31", "?since=0001-01-01"])
def test_an_address_that_makes_no_sense_leads_back_to_the_whole_list(reader: Client, query: str) -> None:
    conversation({"text": "one"})

    response = reader.get(LIST + query, follow=True)

    assert response.redirect_chain
    assert "one" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=hotel", ["The HOTEL near the park"]),
        ("?q=park+near", ["The HOTEL near the park"]),
        ("?q=%22park+near%22", []),
        ("?q=%22near+the%22", ["The HOTEL near the park"]),
        ("?q=ÜBERMORGEN", ["Bis übermorgen, 100% *sicher*?"]),
        ("?q=%C3%BCbermorgen,", ["Bis übermorgen, 100% *sicher*?"]),
        ("?q=100%25", ["Bis übermorgen, 100% *sicher*?"]),
        ("?q=%25park", []),
        ("?q=*sicher*", ["Bis übermorgen, 100% *sicher*?"]),
        ("?q=ü*s", []),
        ("?q=fine", ["The HOTEL near the park"]),
        ("?q=nothing", []),
        ('?q="', []),
    ],
)
def test_search_finds_the_words_of_one_message_in_any_case(reader: Client, query: str, found: list[str]) -> None:
    conversation({"text": "The HOTEL near the park"}, {"sender": "bot", "text": "Fine."})
    conversation({"text": "Bis übermorgen, 100% *sicher*?"})

    assert listed(reader, query) == found


@pytest.mark.parametrize("query", ["café", "cafe\u0301", "CAFÉ", "CAFE\u0301"])
def test_search_finds_a_word_with_accents_in_old_rows_and_new_ones(reader: Client, query: str) -> None:
    conversation({"text": "an old row: cafe\u0301"})
    conversation({"text": "a new row: café"})
    conversation({"text": "cafeteria"})

    assert sorted(listed(reader, f"?q={query}")) == ["a new row: café", "an old row: cafe\u0301"]


def test_search_by_id_finds_the_conversation(reader: Client) -> None:
    wanted = conversation({"text": "wanted"})
    conversation({"text": "other"})

    assert listed(reader, f"?q={wanted.public_id}") == ["wanted"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?outcome=timeout", ["late"]),
        ("?feedback=down", ["late"]),
        ("?feedback=up", ["good"]),
        ("?feedback=down&outcome=answered", []),
        ("?feedback=nonsense", ["good", "late"]),
        ("?provider=wit", ["late"]),
        ("?provider=echo", ["good"]),
        ("?language=de", ["late"]),
        ("?status__exact=waiting", ["late"]),
        ("?outcome=timeout&provider=wit&language=de&q=late", ["late"]),
        ("?outcome=timeout&q=good", []),
        ("?outcome=nonsense", ["good", "late"]),
        ("?since=2026-03-10", ["good"]),
        ("?until=2026-03-10", ["good", "late"]),
        ("?until=2026-03-09", ["late"]),
        ("?since=2026-03-01&until=2026-03-01", ["late"]),
    ],
)
def test_filters_narrow_the_list(reader: Client, query: str, found: list[str]) -> None:
    march = datetime.datetime(2026, 3, 1, 23, 59, tzinfo=datetime.UTC)
    late = {**REPLY, "outcome": "timeout", "provider": "wit", "feedback": "down"}
    conversation({"text": "late"}, late, at=march, language="de", status="waiting")
    conversation({"text": "good"}, {**REPLY, "feedback": "up"}, REPLY, at=march + datetime.timedelta(days=9))

    assert listed(reader, query) == found


def test_choosing_dates_keeps_the_other_filters(reader: Client) -> None:
    page = html(reader, LIST + "?outcome=timeout&q=late&p=2&since=2026-03-01")

    form = re.search(r'<form method="get" class="chat-dates">.*?</form>', page, re.DOTALL)
    assert form
    assert '<input type="hidden" name="outcome" value="timeout">' in form[0]
    assert '<input type="hidden" name="q" value="late">' in form[0]
    assert 'name="p"' not in form[0]
    assert form[0].count('name="since"') == 1
    assert 'value="2026-03-01"' in form[0]


def test_the_transcript_shows_what_was_said_and_how_the_reply_came_about(reader: Client) -> None:
    answer = {
        **REPLY,
        "text": "x",
        "parts": [{"type": "text", "text": "Good morning"}],
        "confidence": 0.875,
        "latency_ms": 412,
    }
    page = html(
        reader, transcript(conversation({"text": "Guten Tag"}, answer, language="de", origin="https://shop.example"))
    )

    for words in ("Guten Tag", "Good morning", "Answered", "echo", "0.88", "412 ms", "German (de)", "https://shop.example"):
        assert words in page


@pytest.mark.parametrize(("feedback", "shown"), [("up", ["👍 Helpful"]), ("down", ["👎 Not helpful"]), (None, [])], ids=str)
@pytest.mark.parametrize("reply", [REPLY, {"sender": "operator"}], ids=["bot", "operator"])
def test_the_transcript_shows_what_the_visitor_thinks_of_a_reply(
    reader: Client, reply: dict[str, Any], feedback: str | None, shown: list[str]
) -> None:
    page = html(reader, transcript(conversation({"text": "hi"}, {**reply, "text": "hello", "feedback": feedback})))

    [facts] = re.findall(r'id="message-2">(.*?)</article>', page, re.DOTALL)
    found = re.findall(r"<dt>Feedback</dt><dd>(.*?)</dd>", facts)
    assert [re.sub(r"<.*?>", "", words) for words in found] == shown
    assert len(re.findall("<dt>Feedback</dt>", page)) == len(shown)


def test_the_notice_at_the_end_stands_in_the_middle_of_the_transcript(reader: Client) -> None:
    page = html(reader, transcript(conversation({"text": "hi"}, {"sender": "system", "text": "Ended."}, status="closed")))

    assert re.search(r'class="chat-message chat-middle" id="message-2">.*?Ended\..*?</article>', page, re.DOTALL)
    assert "<dd>Closed</dd>" in page


def test_a_filter_by_feedback_reads_only_what_has_feedback(reader: Client) -> None:
    conversation({"text": "hi"}, {**REPLY, "feedback": "down"})
    messages = Message.objects.filter(feedback="down").order_by().values("conversation")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table as small as this is faster to read as a whole

    assert "message_feedback" in messages.explain()


def test_nothing_that_was_said_becomes_html(reader: Client) -> None:
    evil = "<script>alert(1)</script>"
    parts = [{"type": "text", "text": evil}, {"type": "link", "label": evil, "url": "javascript:alert(1)"}, {"type": evil}]
    found = conversation({"text": evil}, {**REPLY, "parts": parts, "intent": evil, "provider": evil}, origin=evil)

    for page in (html(reader, transcript(found)), html(reader, LIST)):
        assert evil not in page
        assert 'href="javascript' not in page


def test_every_part_is_readable_in_the_transcript(reader: Client) -> None:
    page = html(reader, transcript(conversation({**REPLY, "parts": [part.as_json() for part in PARTS.values()]})))

    for words in ("Standard room", "Book the standard room", 'href="https://example.com/room"', "Opening hours", "Suite"):
        assert words in page


def test_each_day_of_the_transcript_begins_with_its_date(reader: Client) -> None:
    first = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    found = conversation(*({"text": "x", "created_at": first + datetime.timedelta(hours=9 * hours)} for hours in range(4)))

    days = re.findall(r'class="chat-day">([^<]+)<', html(reader, transcript(found)))

    assert days == ["Sunday, 1 March 2026", "Monday, 2 March 2026"]


def test_a_long_transcript_opens_at_its_last_page_and_leads_to_the_others(reader: Client) -> None:
    found = conversation(*({"text": f"message-{seq}."} for seq in range(1, MESSAGES_PER_PAGE + 11)))

    last, first = html(reader, transcript(found)), html(reader, transcript(found) + "?page=1")

    assert "message-1." not in last
    assert f"message-{MESSAGES_PER_PAGE + 10}." in last
    assert '<a href="?page=1">1</a>' in last
    assert "message-1." in first
    assert f"message-{MESSAGES_PER_PAGE + 10}." not in first
    assert html(reader, transcript(found) + "?page=nonsense")


def test_the_transcript_asks_the_same_number_of_queries_however_long_it_is(reader: Client) -> None:
    short, long = conversation({"text": "x"}), conversation(*({"text": "x"} for _ in range(50)))
    with CaptureQueriesContext(connection) as few:
        reader.get(transcript(short))
    with CaptureQueriesContext(connection) as many:
        reader.get(transcript(long))

    assert len(few) == len(many)


def test_a_conversation_that_is_gone_is_not_found(reader: Client) -> None:
    assert reader.get(f"{LIST}4711/change/").status_code == 404


def test_readers_neither_add_nor_edit_nor_delete(reader: Client) -> None:
    found = conversation({"text": "x"})

    assert reader.get(f"{LIST}add/").status_code == 403
    assert reader.post(f"{LIST}{found.pk}/delete/", {"post": "yes"}).status_code == 403
    reader.post(LIST, {"action": "delete_selected", "_selected_action": [found.pk], "post": "yes"})
    assert Conversation.objects.get() == found
    assert "/delete/" not in html(reader, transcript(found))
    assert "delete_selected" not in html(reader, LIST)


def test_even_a_superuser_neither_adds_nor_edits() -> None:
    client = signed_in(superuser=True)

    assert client.get(f"{LIST}add/").status_code == 403
    page = html(client, transcript(conversation({"text": "x"})))
    assert '<input type="text"' not in page.split('id="content-main"')[1]
    models = {model["object_name"]: model for app in client.get("/admin/").context["app_list"] for model in app["models"]}
    assert models["Conversation"]["perms"] == {"add": False, "change": False, "delete": True, "view": True}


@pytest.mark.parametrize("selected", [False, True], ids=["one", "a selection"])
def test_deleting_names_the_number_of_messages_and_not_each_of_them(selected: bool) -> None:
    client = signed_in(seeds.READERS)
    client_user = client.get(LIST).context["user"]
    client_user.user_permissions.add(Permission.objects.get(codename="delete_conversation"))
    kept = conversation({"text": "kept"})
    found = conversation(*({"text": f"message-{seq}."} for seq in range(1, 31)))
    answered = Message.objects.filter(conversation=found)[0]
    Message.objects.filter(conversation=found, seq=2).update(in_reply_to=answered)
    address = LIST if selected else f"{LIST}{found.pk}/delete/"
    data = {"action": "delete_selected", "_selected_action": [found.pk]} if selected else {}

    page = (client.post(address, data) if selected else client.get(address)).content.decode()

    assert "Messages: 30" in page
    assert "message-" not in page
    assert found.public_id in page
    with CaptureQueriesContext(connection) as queries:
        client.post(address, {**data, "post": "yes"})
    assert list(Conversation.objects.all()) == [kept]
    assert list(Message.objects.values_list("text", flat=True)) == ["kept"]
    assert sum('DELETE FROM "chat_message"' in query["sql"] for query in queries) == 1


@pytest.mark.parametrize("groups", [[], [seeds.EDITORS]])
def test_staff_without_the_right_see_nothing_of_conversations(groups: list[str]) -> None:
    client = signed_in(*groups)
    found = conversation({"text": "private"})

    assert client.get(LIST).status_code == 403
    assert client.get(transcript(found)).status_code == 403
    assert client.get(f"{LIST}{found.pk}/delete/").status_code == 403
    assert client.get(f"{LIST}{found.pk}/history/").status_code == 403
    assert "Conversations" not in html(client, "/admin/")


def test_visitors_see_nothing_of_the_admin(client: Client) -> None:
    response = client.get(transcript(conversation({"text": "private"})))

    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]


def test_no_page_holds_inline_scripts_or_styles() -> None:
    client = signed_in(superuser=True)
    found = conversation({"text": "x"}, REPLY)
    for address in (LIST, transcript(found), f"{LIST}{found.pk}/delete/", LIST + "?q=x", "/admin/chat/message/", "/admin/"):
        page = html(client, address)
        assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_the_list_and_the_purge_work_on_postgresql(tmp_path: Path) -> None:
    with postgresql() as address:
        site = Site(tmp_path, DATABASE_URL=address)
        site.prepare()

        measured = site.manage("seed_conversations", "--messages", "500", "--measure")
        purged = site.manage("purge_conversations", "--days", "1")

    assert measured.returncode == 0, measured.stderr
    assert re.search(r"\d+ ms +5 queries +search, beyond ASCII", measured.stdout)
    assert re.search(r"Deleted [1-9]\d* conversations with \d+ messages", purged.stdout), purged.stderr
