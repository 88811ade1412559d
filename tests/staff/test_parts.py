"""What staff put below their words: buttons, links, cards, pictures and lists."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat import seeds
from chat.answers import lessons
from chat.answers.staff_replies import Replies
from chat.answers.table import export, plan
from chat.models import Answer, FallbackReply, IntentReply, ReadyAnswer
from integrations import Button, Card, Image, Link, List, ListItem, QuickReplies, Text
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

INTENTS = "/admin/chat/intentreply/"
PICTURE = "https://www.example.com/room.jpg"
ROWS = [
    {"kind": "button", "title": "Yes, please"},
    {"kind": "button", "title": "No", "says": "No, thank you"},
    {"kind": "card", "title": "A room", "text": "With a garden", "picture": PICTURE, "alt": "A bed"},
    {"kind": "card_button", "title": "Prices", "address": "www.example.com/prices"},
    {"kind": "list", "title": "Rooms"},
    {"kind": "entry", "title": "Single", "text": "50 €"},
    {"kind": "entry", "title": "Double", "address": "https://www.example.com/double"},
    {"kind": "link", "title": "Write to us", "address": "mailto:shop@example.com"},
    {"kind": "image", "picture": PICTURE, "alt": "A bed"},
]
PARTS = (
    QuickReplies("", (Button("Yes, please", message="Yes, please"), Button("No", message="No, thank you"))),
    Card("A room", "With a garden", PICTURE, "A bed", (Button("Prices", url="https://www.example.com/prices"),)),
    List("Rooms", (ListItem("Single", "50 €"), ListItem("Double", url="https://www.example.com/double"))),
    Link("Write to us", "mailto:shop@example.com"),
    Image(PICTURE, "A bed"),
)
STORED = [part.as_json() for part in PARTS]


@pytest.fixture
def editor() -> Client:
    return signed_in(seeds.EDITORS)


def rows(*wanted: dict[str, Any]) -> dict[str, Any]:
    """The form's fields for these rows."""
    fields = {f"parts-{number}-{name}": value for number, row in enumerate(wanted) for name, value in row.items()}
    return {"parts-TOTAL_FORMS": len(wanted), "parts-INITIAL_FORMS": 0, **fields}


def intent_reply(*wanted: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"intent": "echo", "language": "", "text": "Gladly.", "active": "on", **rows(*wanted), **fields}


FORMS: list[tuple[str, type[Any], dict[str, Any]]] = [
    (INTENTS, IntentReply, {"intent": "echo"}),
    ("/admin/chat/fallbackreply/", FallbackReply, {"outcome": "timeout", "weight": 1}),
    ("/admin/chat/answer/", Answer, {"language": "en", "title": "Rooms", "questions": "What rooms are there?"}),
    ("/admin/chat/readyanswer/", ReadyAnswer, {"name": "rooms"}),
]


@pytest.mark.parametrize(("address", "model", "fields"), FORMS)
def test_staff_add_parts_to_all_kinds_of_words(address: str, model: type[Any], fields: dict[str, Any]) -> None:
    model.objects.all().delete()
    client = signed_in(superuser=True)

    assert client.post(address + "add/", {"text": "Gladly.", "active": "on", **fields, **rows(*ROWS)}).status_code == 302

    reply = model.objects.get()
    assert reply.parts == STORED
    assert reply.said == (Text("Gladly."), *PARTS)
    form = client.get(f"{address}{reply.pk}/change/").context["adminform"].form
    assert form["parts"].value() == STORED
    # What the page shows leads to the same parts.
    field = form.fields["parts"]
    page = field.widget.render("parts", reply.parts)
    for row in ROWS:
        for value in set(row.values()) - {"www.example.com/prices"}:
            assert html.escape(value) in page


def test_a_form_without_parts_leaves_them_and_an_empty_one_deletes_them(editor: Client) -> None:
    reply = IntentReply.objects.create(intent="echo", text="Gladly.", parts=STORED)
    address = f"{INTENTS}{reply.pk}/change/"

    editor.post(address, {"intent": "echo", "language": "", "text": "Of course.", "active": "on"})
    reply.refresh_from_db()
    assert (reply.text, reply.parts) == ("Of course.", STORED)

    editor.post(address, intent_reply({"kind": "", "title": ""}, {**ROWS[0], "DELETE": "on"}))
    reply.refresh_from_db()
    assert reply.parts == []


def test_parts_come_in_the_order_of_their_places(editor: Client) -> None:
    places = [{**row, "ORDER": place} for row, place in zip(ROWS[5:1:-1], (4, 3, 2, 1), strict=True)]

    assert editor.post(INTENTS + "add/", intent_reply(*places)).status_code == 302
    assert IntentReply.objects.get().parts == [PARTS[1].as_json(), List("Rooms", (ListItem("Single", "50 €"),)).as_json()]


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ([{"kind": "button"}], "title", "words"),
        ([{"kind": "", "title": "x"}], "kind", "Choose what this is"),
        ([{"kind": "button", "title": "x", "says": "y", "address": "https://a.example"}], "says", "Delete one of them"),
        ([{"kind": "button", "title": "x", "says": "javascript:alert(1)"}], "says", "This is an address"),
        ([{"kind": "button", "title": "x", "address": "javascript:alert(1)"}], "address", "No browser can open this"),
        ([{"kind": "button", "title": "x", "picture": PICTURE}], "picture", "isn't shown with “Button”"),
        ([{"kind": "link", "title": "x"}], "address", "needs an address"),
        ([{"kind": "link", "title": "x", "address": "example.com"}], "address", "No browser can open this"),
        ([{"kind": "card", "picture": PICTURE}], "title", "needs a title or a text"),
        ([{"kind": "card", "title": "x", "picture": "data:image/png;base64,AAAA"}], "picture", "No browser can load this"),
        ([{"kind": "card", "title": "x", "alt": "A bed"}], "picture", "Write the address of the picture"),
        ([{"kind": "image", "picture": "https://a.example/rooms.html", "alt": "x"}], "picture", "not of a picture"),
        ([{"kind": "image", "picture": PICTURE}], "alt", "Say in words"),
        ([{"kind": "image", "alt": "x"}], "picture", "Write the address"),
        ([{"kind": "list", "title": "x"}], "kind", "needs entries"),
        ([ROWS[0], {"kind": "card_button", "title": "x"}], "kind", "no card right above"),
        ([ROWS[2], {"kind": "entry", "title": "x"}], "kind", "no list right above"),
    ],
)
def test_what_no_visitor_could_use_is_refused_at_its_field(
    editor: Client, wrong: list[dict[str, str]], field: str, said: str
) -> None:
    response = editor.post(INTENTS + "add/", intent_reply(*wrong))

    assert response.status_code == 200
    [*_, errors] = response.context["adminform"].form["parts"].value().errors
    assert list(errors) == [field]
    assert said in errors[field][0]
    page = response.content.decode()
    assert html.escape(errors[field][0]) in page
    for value in wrong[-1].values():
        assert html.escape(value) in page
    assert not IntentReply.objects.exists()


def test_too_many_and_too_long_parts_are_refused(editor: Client) -> None:
    many = editor.post(INTENTS + "add/", intent_reply(*[ROWS[0]] * 31))
    long = editor.post(INTENTS + "add/", intent_reply(*[{"kind": "card", "text": "x" * 2000}] * 9))

    assert "at most 30" in many.content.decode()
    assert "too long altogether" in long.content.decode()


def test_the_previews_show_what_is_below_the_text(editor: Client) -> None:
    IntentReply.objects.create(intent="echo", text="Gladly.", parts=STORED)
    FallbackReply.objects.all().delete()
    FallbackReply.objects.create(outcome="timeout", text="Slow.", parts=STORED[:1])

    shown = editor.get(INTENTS + "preview/").content.decode()
    assert "Quick replies: Yes, please; No (No, thank you)" in shown
    assert "List: Rooms; Single: 50 €" in shown
    assert "Quick replies: Yes, please" in editor.get("/admin/chat/fallbackreply/preview/?outcome=timeout").content.decode()


def test_who_may_only_look_reads_parts_in_lines() -> None:
    client = signed_in()
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_intentreply"))
    reply = IntentReply.objects.create(intent="echo", text="Gladly.", parts=STORED)

    page = client.get(f"{INTENTS}{reply.pk}/change/").content.decode()
    assert "Link: Write to us (mailto:shop@example.com)" in page
    assert "quick_replies" not in page


def test_what_staff_save_is_what_visitors_get() -> None:
    IntentReply.objects.create(intent="echo", text="Gladly.", parts=STORED)
    Answer.objects.create(language="en", title="Rooms", questions="What rooms?", text="Two.", parts=STORED)

    reply = Replies.load().for_intent("echo", "en")
    assert reply
    assert reply.said[1:] == PARTS
    assert lessons.read()[0].parts == PARTS


def test_an_import_of_words_keeps_what_is_below_them() -> None:
    answer = Answer.objects.create(language="en", title="Rooms", questions="What rooms?", text="Two.", parts=STORED)
    file = export(Answer.objects.all())
    assert plan(file).same == [answer]

    plan(file.replace(b"Two.", b"Three.")).carry_out()

    answer.refresh_from_db()
    assert (answer.text, answer.parts) == ("Three.", STORED)
