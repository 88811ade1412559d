"""The chat's own page in each language."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape
from django.utils.translation import gettext, override

from chat.web import pages


@pytest.mark.parametrize("language", [tag for tag, _ in settings.LANGUAGES])
def test_the_page_speaks_the_browser_s_language(language: str) -> None:
    page = Client(headers={"accept-language": f"{language}, en;q=0.5"}).get("/").content.decode()

    assert f'<html lang="{language}"' in page
    assert ('dir="rtl"' in page) is (language == "ar")
    for text in pages.TEXTS.values():
        with override(language):
            assert escape(gettext(text)) in page
        assert language == "en" or escape(text) not in page
