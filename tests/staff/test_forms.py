"""The forms of the admin explain themselves in plain words."""

from __future__ import annotations

import pytest

from chat.models import Site
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

FORMS = [
    *(f"{kind}/add" for kind in ("answer", "desktext", "fallbackreply", "intentreply", "operator", "readyanswer", "site"))
]
PROGRAMMERS = ("outcome", "overrid", "weight", "latency", "breaker", "origin")


@pytest.mark.parametrize("form", [*FORMS, "sitehours/{site}/change"])
def test_every_field_is_explained_without_a_programmer_s_words(form: str) -> None:
    site = Site.objects.create(name="Shop", origins="https://shop.example")

    context = signed_in(superuser=True).get(f"/admin/chat/{form.format(site=site.pk)}/").context

    forms = [context["adminform"].form, *(inline.formset.empty_form for inline in context["inline_admin_formsets"])]
    fields = [field for one in forms for field in one if not field.is_hidden and field.name not in ("site", "DELETE")]
    assert fields
    assert [field.name for field in fields if not field.help_text] == []
    shown = " ".join(f"{field.label} {field.help_text}" for field in fields).lower()
    assert not [word for word in PROGRAMMERS if word in shown]
