"""Texts as they are stored."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.text import clean, composed
from tests.support.visitor import Connect, Script


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("cafe\u0301", "café"),
        ("cafe\u0301\r\nu\u0308ber\x07", "café\nüber"),
        ("\u1112\u1161\u11ab", "한"),
        (
            "see https://example.com/cafe\u0301?q=u\u0308 for cafe\u0301",
            "see https://example.com/cafe\u0301?q=u\u0308 for café",
        ),
        ("HTTPS://EXAMPLE.COM/E\u0301", "HTTPS://EXAMPLE.COM/E\u0301"),
        ("write to jose\u0301@example.com, Jose\u0301", "write to jose\u0301@example.com, José"),
    ],
)
def test_letters_and_accents_become_one_and_addresses_stay(text: str, stored: str) -> None:
    assert clean(text) == stored
    assert clean(stored) == stored


@given(st.text().filter(lambda text: "@" not in text and "://" not in text))
def test_any_text_without_an_address_becomes_nfc(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


@pytest.mark.django_db(transaction=True)
async def test_the_limit_counts_what_is_stored(scripted: Script, visitors: Connect, settings: object) -> None:
    from django.test import override_settings

    environment = {**settings.SECRET_ENVIRONMENT, "CHATBOT_MAX_CHARACTERS": "4"}  # type: ignore[attr-defined]
    with override_settings(SECRET_ENVIRONMENT=environment):
        adapter = scripted("yes", "yes")
        visitor = await visitors()
        await visitor.say("cafe\u0301")
        await visitor.send(message="caffe\u0301")
        refused = await visitor.receive_type("error")

    assert adapter.asked[0].text == "café"
    assert (refused["code"], refused["limit"]) == ("too_long", 4)
