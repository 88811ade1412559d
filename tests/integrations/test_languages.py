"""Which language serves which tag, and how Dialogflow writes it."""

from __future__ import annotations

import pytest

from integrations.google.languages import listed
from integrations.languages import match


@pytest.mark.parametrize(
    ("tag", "offered", "found"),
    [
        ("de", "en,de", "de"),
        ("DE", "en,de", "de"),
        ("de-AT", "en,de", "de"),
        ("de_AT", "en,de", "de"),
        ("de", "en,de-AT", "de-AT"),
        ("de-AT", "de,de-CH,de-AT", "de-AT"),
        ("de-DE-u-co-phonebk", "en,de", "de"),
        ("de-1996", "en,de", "de"),
        ("fr", "en,de", None),
        ("nb", "en,no", "no"),
        ("no", "en,nb", "nb"),
        ("nn", "en,nb", "nb"),
        ("nb-NO", "da,nn", "nn"),
        ("no", "nn,nb,no", "no"),
        ("da", "nb,sv", None),
        ("iw", "en,he", "he"),
        ("he-IL", "en,iw", "iw"),
        ("in", "en,id", "id"),
        ("id", "en,in", "in"),
        ("zh-TW", "en,zh", None),
        ("zh_TW", "en,zh-CN", None),
        ("zh-Hant", "zh-CN,zh-Hans", None),
        ("zh-HK", "zh", None),
        ("zh-MO", "zh-Hans,zh-SG", None),
        ("zh-Hant", "zh,zh-TW", "zh-TW"),
        ("zh-TW", "zh,zh-Hant", "zh-Hant"),
        ("zh-HK", "zh-CN,zh-TW", "zh-TW"),
        ("zh-MO", "zh-TW,zh-HK", "zh-HK"),
        ("zh-cmn-Hant", "zh-CN,zh-TW", "zh-TW"),
        ("zh-SG", "zh-TW,zh-CN", "zh-CN"),
        ("zh", "zh-TW,zh-CN", "zh-CN"),
        ("sr-Latn", "sr", None),
        ("sr-Latn", "sr-RS,sr-Cyrl", None),
        ("sr-Latn-RS", "sr,sr-Latn", "sr-Latn"),
        ("sh", "sr,sr-Latn", "sr-Latn"),
        ("sr-ME", "sr,sr-Latn", "sr-Latn"),
        ("pt-PT", "en,pt-BR", "pt-BR"),
        ("pt-PT", "pt-BR,pt", "pt"),
        ("pt-PT", "pt-BR,pt-AO", "pt-AO"),
        ("pt-AO", "pt-BR,pt-PT", "pt-PT"),
        ("pt", "pt-PT,pt-BR", "pt-BR"),
        ("pt", "pt-BR,pt", "pt"),
        ("es-MX", "es-ES,es-419", "es-419"),
        ("es-MX", "es-ES,es", "es"),
        ("en-AU", "en-US,en-GB", "en-GB"),
        ("x-klingon", "x-klingon,en", "x-klingon"),
        ("*", "en", None),
        ("c", "en", None),
        ("", "en", None),
        ("d" * 500, "en", None),
        ("de\x00", "de", None),
    ],
)
def test_the_nearest_of_the_same_language_and_script_serves(tag: str, offered: str, found: str | None) -> None:
    assert match(tag, tuple(offered.split(","))) == found


@pytest.mark.parametrize(
    ("tag", "sent"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("en-GB", "en-GB"),
        ("en_gb", "en-GB"),
        ("en-NZ", "en"),
        ("pt", "pt"),
        ("pt-PT", "pt"),
        ("pt-AO", "pt"),
        ("pt-BR", "pt-BR"),
        ("zh", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("zh-Hant", "zh-TW"),
        ("zh-TW", "zh-TW"),
        ("zh-HK", "zh-HK"),
        ("zh-MO", "zh-HK"),
        ("yue", "zh-HK"),
        ("nb", "no"),
        ("nn-NO", "no"),
        ("in", "id"),
        ("es-MX", "es"),
        ("es-419", "es-419"),
        ("sr-Latn", "sr"),
        ("he", None),
        ("ar-EG", None),
        ("x-klingon", None),
    ],
)
def test_dialogflow_gets_what_it_lists(tag: str, sent: str | None) -> None:
    assert listed(tag) == sent
