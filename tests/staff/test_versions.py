"""Two members of the staff edit the same thing."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.answers.table import export, plan
from chat.models import Answer, DeskText, FallbackReply, IntentReply, Operator, ReadyAnswer, Site
from chat.opening_hours import OpeningHours
from chat.storage import operators
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

HOURS = {
    f"{name}-{field}": value
    for name in ("hours", "exceptions")
    for field, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0), ("MIN_NUM_FORMS", 0), ("MAX_NUM_FORMS", 1000))
}
TEXTS: list[tuple[str, type[Any], dict[str, Any], str]] = [
    ("fallbackreply", FallbackReply, {"outcome": "timeout", "language": "", "weight": 1}, "text"),
    ("intentreply", IntentReply, {"intent": "echo", "language": ""}, "text"),
    ("desktext", DeskText, {"case": "joined", "language": ""}, "text"),
    ("readyanswer", ReadyAnswer, {"name": "bye", "language": ""}, "text"),
    ("answer", Answer, {"title": "Rooms", "questions": "What rooms?", "language": "en"}, "text"),
    ("site", Site, {"name": "Shop", "origins": "https://shop.example", "theme": "auto"}, "title"),
    ("operator", Operator, {}, "public_name"),
]


@pytest.fixture
def ada() -> Client:
    return signed_in(superuser=True)


@pytest.fixture
def ben(ada: Client) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ben"))
    return client


def box(page: str) -> str:
    """The text of what says that somebody else has saved, without its markup."""
    found = re.search(r'class="module chat-conflict".*?</div>\s*<fieldset', page, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[0])).split())


@pytest.mark.parametrize(("name", "model", "fields", "edited"), TEXTS, ids=[name for name, *_ in TEXTS])
def test_the_second_editor_s_save_is_refused(
    ada: Client, ben: Client, name: str, model: type[Any], fields: dict[str, Any], edited: str
) -> None:
    owner = {"user": User.objects.get(username="ben")} if model is Operator else {}
    row = model.objects.create(**fields, **owner, **{edited: "Old words"})
    address = f"/admin/chat/{name}/{row.pk}/change/"
    assert 'name="version" value="1"' in ada.get(address).content.decode()

    def save(client: Client, words: str, **more: Any) -> Any:
        return client.post(address, {**fields, "version": 1, "active": "on", edited: words, **more})

    assert save(ben, "Ben's words").status_code == 302

    refused = save(ada, "Ada's words")
    assert refused.status_code == 200
    page = refused.content.decode()
    assert re.search(r"ben, .*: Changed .* Ben's words Ada's words", box(page))
    assert "Ada's words" in unescape(page.split("chat-conflict")[1].split("<fieldset", 1)[1])
    assert save(ada, "Ada's words").status_code == 200
    assert getattr(model.objects.get(pk=row.pk), edited) == "Ben's words"

    assert save(ada, "Ada's words", save_anyway=2).status_code == 302
    assert getattr(model.objects.get(pk=row.pk), edited) == "Ada's words"
    assert save(ben, "Ben again", save_anyway=2).status_code == 200  # for what he has read about, but not for this one
    assert "Version" not in ada.get(address.replace("change", "history")).content.decode()


def test_what_differs_is_said_as_staff_read_it(ada: Client, ben: Client) -> None:
    link = {"type": "link", "label": "Prices", "url": "https://www.example.com"}
    row = IntentReply.objects.create(intent="echo", text="one\r\ntwo")
    address = f"/admin/chat/intentreply/{row.pk}/change/"
    fields = {"intent": "echo", "language": "de", "text": "one\ntwo", "active": "on", "overrides": "on", "version": 1}
    parts = {"parts-TOTAL_FORMS": 1, "parts-INITIAL_FORMS": 0, "parts-0-kind": "link", "parts-0-title": "Prices"}
    ben.post(address, {**fields, **parts, "parts-0-address": "https://www.example.com"})
    assert IntentReply.objects.get().parts == [link]

    none = {"parts-TOTAL_FORMS": 0, "parts-INITIAL_FORMS": 0}
    refused = ada.post(address, {**fields, **none, "language": "", "overrides": ""})

    said = box(refused.content.decode())
    assert "Language German (de) Any language" in said
    assert "Always say this Yes No" in said
    assert "Below the text Link: Prices (https://www.example.com) empty" in said
    assert "Intent echo" not in said
    assert "Text one" not in said


def test_opening_hours_and_their_site_are_one_thing(ada: Client, ben: Client) -> None:
    site = Site.objects.create(name="Shop", origins="https://shop.example")
    gone = OpeningHours.objects.create(site=site, weekday=1, opens="9:00", closes="17:00")
    address = f"/admin/chat/sitehours/{site.pk}/change/"
    ben.post(
        address,
        {
            "time_zone": "Europe/Berlin",
            "version": 1,
            **HOURS,
            "hours-TOTAL_FORMS": 2,
            "hours-INITIAL_FORMS": 1,
            "hours-0-id": gone.pk,
            "hours-0-site": site.pk,
            "hours-0-DELETE": "on",
            "hours-1-site": site.pk,
            "hours-1-weekday": 0,
            "hours-1-opens": "9:00",
            "hours-1-closes": "17:00",
        },
    )
    row = {"hours-0-site": site.pk, "hours-0-weekday": 1, "hours-0-opens": "10:00", "hours-0-closes": "17:00"}
    mine = {"time_zone": "", "version": 1, **HOURS, "hours-TOTAL_FORMS": 1, **row}

    said = box(ada.post(address, mine).content.decode())
    assert "Time zone Europe/Berlin empty" in said
    assert "Opening hours Monday 09:00 to 17:00 as below" in said
    assert "ben" in said
    stale = {**mine, "hours-INITIAL_FORMS": 1, "hours-0-id": gone.pk}
    assert ada.post(address, stale).status_code == 200
    form = {"name": "Shop", "origins": "https://shop.example", "theme": "auto", "version": 1}
    assert "ben" in box(ada.post(f"/admin/chat/site/{site.pk}/change/", form).content.decode())


def test_every_edit_is_a_new_version_and_an_open_desk_is_none(ada: Client) -> None:
    reply = IntentReply.objects.create(intent="echo", text="x")
    ada.post("/admin/chat/intentreply/", {"action": "deactivate", "_selected_action": [reply.pk]})
    answer = Answer.objects.create(language="en", title="Rooms", questions="What rooms?", text="Two.")
    plan(export([answer]).replace(b"Two.", b"Three.")).carry_out()
    user = User.objects.get()
    operators.touch(user.pk, 60)
    operators.touch(user.pk, 60)

    found = (IntentReply.objects.get(), Answer.objects.get(), Operator.objects.get())
    assert [row.version for row in found] == [2, 2, 1]
    assert found[2].open_until is not None
