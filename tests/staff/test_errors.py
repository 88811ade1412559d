"""The admin's pages for what is refused or missing."""

from __future__ import annotations

import pytest
from django.test import Client

from chat import seeds
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/admin/chat/site/", 403, "You may not open this page"),
        ("/admin/nothing/", 404, "There is no such page"),
        ("/admin/chat/conversation/4711/change/", 404, "There is no such page"),
        ("/admin/?x=a%00", 400, "This address can't be used"),
        *(
            (f"/admin/chat/{page}", 400, "This address can't be used")
            for page in (
                "conversation/?q=%00",
                "conversation/?status__exact=%00",
                "conversation/?language=%00&p=1",
                "fallbackreply/?q=a%00b",
                "conversation/1/change/?_changelist_filters=%00",
                "desk/?%00=1",
            )
        ),
    ],
)
def test_what_is_refused_looks_like_the_rest_of_the_admin(address: str, status: int, title: str) -> None:
    response = signed_in(seeds.READERS, seeds.EDITORS).get(address)

    page = response.content.decode().replace("&#x27;", "'")
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in page
    assert 'id="nav-sidebar"' in page
    assert '<a href="/admin/">' in page


@pytest.mark.parametrize("address", ["/nothing/", "/admin-nothing/"])
def test_elsewhere_and_for_strangers_django_answers(client: Client, address: str) -> None:
    response = signed_in().get(address)

    assert response.status_code == 404
    assert "nav-sidebar" not in response.content.decode()
    refused = client.get("/admin/?next=%00")
    assert refused.status_code == 400
    assert "nav-sidebar" not in refused.content.decode()
