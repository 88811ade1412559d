"""The desk's page and what staff edit for it."""

from __future__ import annotations

import datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import seeds
from chat.models import Conversation, DeskText, Site
from chat.opening_hours import OpeningHours
from tests.support.staff import conversation, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/chat/desk/"


@pytest.fixture(autouse=True)
def groups() -> None:
    """A flush by other tests may have taken them away."""
    seeds.add_groups(apps)
    seeds.add_groups(apps, seeds.DESK_GROUPS)
    seeds.let_groups_see_the_provider(apps)


def test_operators_and_readers_see_the_desk_and_others_don_t() -> None:
    assert Client().get(PAGE).status_code == 302
    assert signed_in(seeds.OPERATORS).get(PAGE).status_code == 200
    User.objects.all().delete()
    assert signed_in(seeds.READERS).get(PAGE).status_code == 200
    User.objects.all().delete()
    assert signed_in(seeds.EDITORS).get(PAGE).status_code == 403


def test_the_groups_have_their_rights() -> None:
    def rights(name: str) -> set[str]:
        return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))

    assert rights(seeds.OPERATORS) == {
        "view_conversation",
        "answer_conversation",
        "view_note",
        "add_note",
        "view_provider",
    }
    assert {"change_desktext", "change_openinghours", "add_readyanswer", "change_sitehours"} <= rights(seeds.MANAGERS)
    assert "answer_conversation" not in rights(seeds.MANAGERS)


def test_the_transcript_leads_to_the_desk_and_shows_the_address() -> None:
    row = conversation({"text": "hi"}, address="ana@example.com")
    page = signed_in(seeds.READERS).get(f"/admin/chat/conversation/{row.pk}/change/").content.decode()
    assert f'href="{PAGE}?conversation={row.public_id}"' in page
    assert 'href="mailto:ana@example.com"' in page


def test_the_preview_shows_what_visitors_read() -> None:
    DeskText.objects.create(case="joined", language="de", text="Hallo, hier ist {name}.")
    client = signed_in(seeds.MANAGERS)
    page = client.get(reverse("admin:chat_desktext_preview"), {"language": "de"}).content.decode()
    assert "Hallo, hier ist Ana." in page
    assert "Ben übernimmt von Ana." in page


def hours_form(**fields: Any) -> dict[str, Any]:
    management = {
        f"{name}-{field}": value
        for name in ("hours", "exceptions")
        for field, value in (("TOTAL_FORMS", 1), ("INITIAL_FORMS", 0), ("MIN_NUM_FORMS", 0), ("MAX_NUM_FORMS", 1000))
    }
    return {"time_zone": "", **management, **fields}


def test_managers_edit_the_hours_of_sites_and_nothing_else_of_them() -> None:
    site = Site.objects.create(name="Shop", origins="https://shop.example")
    client = signed_in(seeds.MANAGERS)
    page = f"/admin/chat/sitehours/{site.pk}/change/"
    bad = client.post(page, hours_form(**{"hours-0-weekday": 0, "hours-0-opens": "17:00", "hours-0-closes": "9:00"}))
    assert "The end must be later than the beginning." in bad.content.decode()
    assert "There is no such time zone." in client.post(page, hours_form(time_zone="Mars")).content.decode()
    saved = client.post(page, hours_form(**{"hours-0-weekday": 0, "hours-0-opens": "9:00", "hours-0-closes": "00:00"}))
    assert saved.status_code == 302
    hours = OpeningHours.objects.get(site__name="Shop")
    assert (hours.weekday, hours.opens, hours.closes) == (0, datetime.time(9), datetime.time())
    assert client.get(f"/admin/chat/site/{site.pk}/change/").status_code == 403


def test_an_upgrade_gives_back_what_has_waited_for_long() -> None:
    hours_ago, now = timezone.now() - datetime.timedelta(hours=2), timezone.now()
    rows = {
        "old": conversation({"text": "a"}, status="waiting", at=hours_ago),
        "new": conversation({"text": "b"}, status="waiting", at=now),
        "held": conversation({"text": "c"}, status="operator", at=now),
    }
    import_module("chat.migrations.0016_desk_groups").forwards(apps, None)
    found = {name: Conversation.objects.get(pk=row.pk) for name, row in rows.items()}
    assert {name: (row.status, row.last_seq) for name, row in found.items()} == {
        "old": ("bot", 1),
        "new": ("waiting", 1),
        "held": ("bot", 1),
    }
    assert found["new"].waiting_since is not None
