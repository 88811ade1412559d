"""The widget's texts in each of the interface's languages: in the files of `chat/locale`, and as they are served."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from django.conf import settings
from django.utils.translation import gettext, override, to_locale

from chat.sites.strings import COUNTS, TEXTS, say, strings
from chat.staff import lockout
from chat.web import pages
from chat.words import NOTICES, ON_DAY, notice
from tests.support.servers import ROOT, needed

LANGUAGES = [tag for tag, _ in settings.LANGUAGES]
TRANSLATED = [tag for tag in LANGUAGES if tag != "en"]
NUMBERS = [*range(203), 1_000, 1_000_000]

CATEGORIES = """
const [languages, numbers] = JSON.parse(process.argv[1]);
const categories = (language) => numbers.map((n) => new Intl.PluralRules(language).select(n));
console.log(JSON.stringify(Object.fromEntries(languages.map((language) => [language, categories(language)]))));
"""


def english() -> dict[str, str]:
    """Key -> the msgid in the files."""
    with override("en"):
        return TEXTS | {key: counted(1) for key, counted in COUNTS.items()}


def in_files() -> set[str]:
    """All msgids in the files."""
    return {*english().values(), *NOTICES.values(), ON_DAY}


def on_pages() -> set[str]:
    """The msgids of the demo page and the lock-out page."""
    with override("en"):
        return {*pages.TEXTS.values(), *lockout.TEXTS.values(), lockout.try_again(1)}


def written(language: str) -> dict[str, list[str]]:
    """The language's .po as `make messages` writes it, with one line per text: msgid -> the forms of its translation."""
    text = (ROOT / "chat/locale" / to_locale(language) / "LC_MESSAGES/django.po").read_text()
    entries = re.findall(r'^msgid "(.+)"\n(?:msgid_plural ".+"\n)?((?:msgstr.+\n?)+)', text, re.MULTILINE)
    return {msgid: re.findall(r'"(.*)"$', forms, re.MULTILINE) for msgid, forms in entries}


def served(language: str) -> dict[str, list[str]]:
    """Key -> the forms that the widget chooses from, in the order of their first use."""
    forms = {key: [text] for key, text in strings(language).items() if isinstance(text, str)}
    with override(language):
        return forms | {key: list(dict.fromkeys(map(counted, NUMBERS))) for key, counted in COUNTS.items()}


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{.*?\}", text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    translations = written(language)

    assert {*in_files(), *on_pages()} <= set(translations)
    assert [msgid for msgid, forms in translations.items() if not all(form.strip() for form in forms)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_served_is_what_is_written(language: str) -> None:
    """Compiled after the last change, nothing fuzzy, and not another app's translation of the same English."""
    translations = written(language)

    assert {key: sorted(forms) for key, forms in served(language).items()} == {
        key: sorted(translations[msgid]) for key, msgid in english().items()
    }


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_pages_are_served_as_they_are_written(language: str) -> None:
    translations = written(language)
    with override(language):
        for texts in (pages.TEXTS, lockout.TEXTS):
            for text in texts.values():
                assert [gettext(text)] == translations[text]
                assert placeholders(gettext(text)) == placeholders(text)
        forms = {lockout.try_again(minutes) for minutes in NUMBERS}

    assert sorted(forms) == sorted(translations["Try again in {minutes} minute."])
    assert all(placeholders(form) == ["{minutes}"] for form in forms)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_form_has_the_names_to_fill_in(language: str) -> None:
    for key, forms in served(language).items():
        for form in forms:
            assert placeholders(form) == placeholders(english()[key]), form


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_notice_is_translated_with_its_names(language: str) -> None:
    for case, text in NOTICES.items():
        said = notice(case, language)
        assert said == written(language)[text][0]
        assert placeholders(said) == placeholders(text)


@pytest.mark.parametrize("key", COUNTS)
def test_arabic_has_six_forms(key: str) -> None:
    with override("ar"):
        forms = [COUNTS[key](n) for n in (0, 1, 2, 3, 11, 100)]

    assert forms == written("ar")[english()[key]]
    assert len(set(forms)) == 6


def test_the_browser_finds_for_every_number_the_form_that_goes_with_it() -> None:
    node = needed(shutil.which("node"), "nodejs")
    done = subprocess.run(
        [node, "-e", CATEGORIES, json.dumps([LANGUAGES, NUMBERS])], capture_output=True, text=True, check=True, timeout=60
    )

    for language, categories in json.loads(done.stdout).items():
        texts = strings(language)
        for key, counted in COUNTS.items():
            forms = texts[key]
            assert isinstance(forms, dict)
            with override(language):
                expected = {n: counted(n) for n in NUMBERS}
            chosen = {n: forms[category] for n, category in zip(NUMBERS, categories, strict=True)}
            assert chosen == expected, language


def test_a_language_that_the_interface_does_not_speak_gets_english() -> None:
    assert strings("tlh") == strings("en")
    assert strings("en")["send"] == "Send"


@pytest.mark.parametrize(("language", "spoken"), [("de_AT", "de"), ("PT-br", "pt"), ("zh-TW", "en"), ("sr-Latn", "en")])
def test_the_end_is_told_in_the_nearest_language(language: str, spoken: str) -> None:
    with override(spoken):
        expected = gettext(TEXTS["ended"])

    assert say("ended", language) == expected
