"""The admin in the languages of the interface: nothing is missing in the files, and no page has a text outside of them."""

from __future__ import annotations

import ast
import datetime
import functools
import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django
import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils.translation import gettext, override, pgettext, to_locale, trans_real

from chat.conversations.desk import HISTORY
from chat.models import (
    Answer,
    DeskText,
    FallbackReply,
    IntentReply,
    Operator,
    ReadyAnswer,
    Site,
)
from chat.opening_hours import HoursException, OpeningHours
from chat.staff import desk_strings, tables
from tests.support.servers import ROOT
from tests.support.staff import conversation, signed_in

TRANSLATED = [tag for tag, _ in settings.LANGUAGES if tag != "en"]
OURS = ["answer", "conversation", "desktext", "fallbackreply", "intentreply", "operator", "readyanswer", "site", "sitehours"]

# The files


def entries(language: str) -> list[tuple[str, list[str], list[str]]]:
    """The texts of a .po as `make messages` writes it: the context, English (with its plural), the translation's forms."""
    return [
        (
            "".join(re.findall(r'^msgctxt "(.*)"$', block, re.M)),
            re.findall(r'^msgid(?:_plural)? "(.*)"$', block, re.M),
            re.findall(r'^msgstr(?:\[\d])? "(.*)"$', block, re.M),
        )
        for block in po(language).split("\n\n")[1:]
    ]


def po(language: str) -> str:
    return (ROOT / "chat/locale" / to_locale(language) / "LC_MESSAGES/django.po").read_text()


def names(text: str) -> list[str]:
    """What is filled in."""
    return sorted(re.findall(r"\{\w*\}|%\(\w+\)s|%%", text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_has_a_translation_with_the_same_names(language: str) -> None:
    assert "fuzzy" not in po(language)
    assert [one[:2] for one in entries(language)] == [one[:2] for one in entries("de")]
    for _, english, forms in entries(language):
        assert forms, english
        for form in forms:
            assert form.strip(), english
            assert names(form) == names(english[0]), english
            assert not set('"<>&') & set(form), "It is put into pages as it is."
            assert form[0].isspace() == english[0][0].isspace(), english


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_file_has_what_is_written(language: str) -> None:
    with override(language):
        for context, english, forms in entries(language):
            if len(english) == 1:
                text = english[0].replace('\\"', '"')
                assert (pgettext(context, text) if context else gettext(text)) == forms[0]


# The pages


class Words(HTMLParser):
    """The texts of a page, and its attributes that people read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ignored += tag in ("script", "style", "pre", "code", "q")
        shown = ("title", "aria-label", "placeholder", "data-up", "data-down", "data-new", "data-otherwise")
        kind = dict(attrs).get("type")
        self.found += [value or "" for name, value in attrs if name in shown or (name == "value" and kind == "submit")]

    def handle_endtag(self, tag: str) -> None:
        self.ignored -= tag in ("script", "style", "pre", "code", "q")

    def handle_data(self, data: str) -> None:
        if not self.ignored:
            self.found.append(data)


KNOWN = {"ada", "faq", "echo", "dialogflow", "cx", "wit", "ms", *(tag for tag, _ in settings.LANGUAGES)}
"""Words that are the same in every language."""


def unmarked(text: str) -> set[str]:
    """The words that no translation has brought. Addresses, ids and Greek don't count."""
    text = html.unescape(text)
    while text != (text := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)):
        pass
    return {*re.findall(r"[A-Za-z]{2,}", re.sub(r"https?://\S+|\S+@\S+|[0-9a-f-]{36}", "", text))} - KNOWN


@functools.cache
def texts_of_django() -> set[str]:
    """What Django itself says. Its newest texts have no translation yet."""
    found = set()
    for folder in ("conf", "contrib/admin", "contrib/auth"):
        with (Path(django.__file__).parent / folder / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
            for message in read_po(file):
                found |= {message.id} if isinstance(message.id, str) else set(message.id)
    return found


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """In German, each text that comes from a translation is between brackets."""
    german = trans_real.translation("de")
    one, many = german.gettext, german.ngettext
    catalog: Any = german._catalog
    django_s = texts_of_django()

    def gettext(message: str) -> str:
        return f"⟦{one(message)}⟧" if message in catalog or message in django_s else one(message)

    def ngettext(message: str, plural: str, n: int) -> str:
        is_known = (message, 0) in catalog or message in django_s
        return f"⟦{many(message, plural, n)}⟧" if is_known else many(message, plural, n)

    monkeypatch.setattr(german, "gettext", gettext)
    monkeypatch.setattr(german, "ngettext", ngettext)


@pytest.fixture
def ada(db: None) -> Iterator[Client]:
    """A superuser with German as the browser's language, and something of each kind."""
    FallbackReply.objects.all().delete()
    client = signed_in(superuser=True)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    at = datetime.datetime(2026, 1, 5, 10, tzinfo=datetime.UTC)
    reply = {"sender": "bot", "outcome": "no_match", "feedback": "down", "provider": "echo", "latency_ms": 5}
    parts = [{"type": "quick_replies", "title": "", "replies": [{"label": "Ω", "message": "Ω"}]}]
    conversation({"text": "αβγ"}, {**reply, "text": "δ", "parts": parts}, at=at, origin="https://www.example.com")
    FallbackReply.objects.create(text="αβγ", outcome="no_match", language="de", parts=parts, overrides=True)
    FallbackReply.objects.create(text="αβγ", active=False)
    IntentReply.objects.create(intent="αβγ", text="δ")
    Answer.objects.create(title="αβγ", questions="δ ε ζ\nη θ", text="=δ", language="de")
    Answer.objects.create(title="δεζ", questions="κ λ\nη θ", text="δ", language="de")
    DeskText.objects.create(case="joined", text="αβγ")
    ReadyAnswer.objects.create(name="αβγ", text="δ")
    Operator.objects.create(user=User.objects.get(), public_name="αβγ")
    site = Site.objects.create(name="αβγ", origins="https://www.example.com")
    OpeningHours.objects.create(site=site, weekday=0, opens="09:00", closes="17:00")
    HoursException.objects.create(site=site, date="2026-12-24")
    with override("en"):  # the next test finds what this one has found
        yield client


def check(response: Any) -> None:
    words = Words()
    # What visitors read is in their language.
    words.feed(re.sub(r'<(\w+) class="chat-words".*?</\1>', "", response.content.decode(), flags=re.S))
    assert "⟦" in "".join(words.found)
    assert unmarked(" ".join(words.found)) == set()


PAGES = [
    "",
    "chat/",
    *(f"chat/{model}/" for model in OURS),
    *(f"chat/{model}/add/" for model in OURS if model not in ("conversation", "sitehours")),
    "chat/fallbackreply/?q=",
    "chat/fallbackreply/?q=ω",
    "chat/conversation/?q=ω",
    "chat/fallbackreply/preview/",
    "chat/fallbackreply/defaults/",
    "chat/intentreply/preview/",
    "chat/desktext/preview/",
    "chat/answer/preview/?question=η+θ&language=de",
    "chat/answer/import/",
    "chat/desk/",
    "chat/message/",
    "chat/message/?since=2026-01-01",
    "chat/conversation/?q=αβγ",
]


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_no_text_without_translation(ada: Client, address: str) -> None:
    response = ada.get(f"/admin/{address}")

    assert response.status_code == 200
    check(response)


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("model", OURS)
def test_what_is_stored_has_no_text_without_translation(ada: Client, model: str) -> None:
    [key] = ContentType.objects.get_by_natural_key("chat", model).get_all_objects_for_this_type().values_list("pk")[:1][0]
    pages = [f"{key}/change/", f"{key}/history/", *([] if model == "sitehours" else [f"{key}/delete/"])]
    for page in pages:
        check(ada.get(f"/admin/chat/{model}/{page}"))
    if model in ("conversation", "sitehours"):
        return
    refused = ada.post(
        f"/admin/chat/{model}/{key}/change/", {"version": "77", "parts-TOTAL_FORMS": 0, "parts-INITIAL_FORMS": 0}
    )
    assert refused.status_code == 200
    check(refused)


def test_the_history_has_the_desks_sentences_in_the_readers_language(ada: Client) -> None:
    [key] = ContentType.objects.get_by_natural_key("chat", "answer").get_all_objects_for_this_type().values_list("pk")[:1][0]
    kind = ContentType.objects.get_for_model(Answer)
    user = User.objects.get()
    for flag, sentence in ((ADDITION, tables.IMPORTED), *((CHANGE, sentence) for sentence in HISTORY.values())):
        LogEntry.objects.create(
            user=user, content_type=kind, object_id=key, object_repr="Ω", action_flag=flag, change_message=sentence
        )

    page = html.unescape(ada.get(f"/admin/chat/answer/{key}/history/").content.decode())

    assert "Importiert." in page
    assert "Hat die Unterhaltung an den Bot zurückgegeben." in page
    assert not [sentence for sentence in HISTORY.values() if sentence in page]


# The code

SENTENCE = re.compile(r"[A-Z“{][^\n]* [a-z]")


def sentences(module: Path) -> Iterator[str]:
    """The strings of a module that look like words for people, and are neither marked nor a docstring."""
    tree = ast.parse(module.read_text())
    skipped = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in ("_", "gettext", "gettext_noop", "gettext_lazy", "ngettext", "warning"):
            skipped |= {id(inner) for argument in call.args for inner in ast.walk(argument)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in skipped and SENTENCE.match(str(node.value)):
            yield str(node.value)


def test_no_sentence_for_staff_is_without_translation() -> None:
    modules = [
        *ROOT.glob("chat/staff/*.py"),
        *(ROOT / "chat" / name for name in ("models.py", "edited.py", "opening_hours.py", "answers/table.py")),
    ]
    found = {sentence for module in modules for sentence in sentences(module) if "<" not in sentence}

    # Django stores the names of permissions, and shows them as they are stored.
    assert found == {"Can answer visitors at the desk", "Can see whether the provider works"}


@pytest.mark.parametrize(
    "module", [*ROOT.glob("chat/static/chat/desk/*.js"), *ROOT.glob("chat/static/chat/staff/*.js")], ids=str
)
def test_the_desk_takes_its_words_from_the_server(module: Path) -> None:
    code = re.sub(r"^\s*(//|/?\*).*$|\s// .*$", "", module.read_text(), flags=re.M)
    literals = re.findall(r'"([^"\n]*)"', code) + re.findall(r"`([^`]*)`", re.sub(r"\$\{[^}]*\}", "", code))
    keys = {"Enter", "Escape", "Tab", "ArrowDown", "ArrowUp", "Notification", "ORDER", "-TOTAL_FORMS"}

    assert [
        text for text in literals if re.search(r"[A-Z][a-z]|[a-z] [a-z]", text) and text not in keys and "[" not in text
    ] == []


def test_the_desk_has_the_words_that_it_asks_for_and_no_others() -> None:
    code = "\n".join(module.read_text() for module in ROOT.glob("chat/static/chat/desk/*.js"))
    asked = set(re.findall(r"strings\.(?!js)(\w+)", code))
    begun = tuple(re.findall(r"strings\[`(\w+_)\$", code))
    senders = {"visitor", "bot", "operator", "system", "new_tab"}
    served = set(desk_strings.strings("de"))

    assert asked <= served
    assert {key for key in served - asked - senders if not key.startswith(begun)} == set()
