"""What staff do with the bot's replies in the admin."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from chat import runtime, seeds
from chat.answers.choice import choose
from chat.answers.staff_replies import LAST_RESORT, Replies
from chat.models import FallbackReply, IntentReply, Outcome
from integrations import AuthenticationFailed, ConfigurationError, Problem, Reply, Unavailable
from integrations.providers.echo import EchoAdapter
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

FALLBACKS = "/admin/chat/fallbackreply/"
INTENTS = "/admin/chat/intentreply/"
PREVIEW = FALLBACKS + "preview/"


@pytest.fixture
def editor() -> Client:
    return signed_in(seeds.EDITORS)


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    cache.clear()


@pytest.fixture
def no_replies() -> None:
    FallbackReply.objects.all().delete()


def html(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def offered(page: str, name: str) -> list[str]:
    """The values of a select."""
    select = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    assert select
    return re.findall(r'<option value="([^"]*)"', select[0])


def fallback(**fields: Any) -> dict[str, Any]:
    return {"outcome": "timeout", "language": "de", "text": "Zu langsam.", "weight": 2, "active": "on", **fields}


def test_an_editor_writes_a_fallback_reply(editor: Client, no_replies: None) -> None:
    response = editor.post(FALLBACKS + "add/", fallback())

    assert response.status_code == 302
    reply = FallbackReply.objects.get()
    assert (reply.outcome, reply.language, reply.text, reply.weight) == ("timeout", "de", "Zu langsam.", 2)
    assert (reply.active, reply.overrides) == (True, False)


@pytest.mark.parametrize(
    "fields", [{"text": " \n "}, {"text": "x" * 4001}, {"language": "xx"}, {"outcome": "answered"}, {"weight": -1}]
)
def test_a_fallback_reply_that_makes_no_sense_is_refused(editor: Client, no_replies: None, fields: dict[str, Any]) -> None:
    response = editor.post(FALLBACKS + "add/", fallback(**fields))

    assert response.status_code == 200
    assert "Please correct the error below." in response.content.decode()
    assert not FallbackReply.objects.exists()


def test_the_language_is_any_or_one_of_the_configured_ones(editor: Client) -> None:
    assert offered(html(editor, FALLBACKS + "add/"), "language") == ["", "en", "de", "es", "fr"]


def test_a_language_that_is_configured_no_longer_stays_with_its_reply(editor: Client) -> None:
    reply = FallbackReply.objects.create(outcome="timeout", language="pt-BR", text="Demorou.")
    address = f"{FALLBACKS}{reply.pk}/change/"

    assert "pt-BR" in offered(html(editor, address), "language")
    assert editor.post(address, fallback(language="pt-BR")).status_code == 302
    assert FallbackReply.objects.get(pk=reply.pk).language == "pt-BR"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?outcome=timeout", 1),
        ("?outcome=any", 1),
        ("?language=any", 1),
        ("?language=de", 1),
        ("?active__exact=0", 1),
        ("?q=", 2),
    ],
)
def test_the_list_of_replies_is_filtered(editor: Client, no_replies: None, query: str, found: int) -> None:
    FallbackReply.objects.create(outcome="timeout", language="de", text="Zu langsam.", active=False)
    FallbackReply.objects.create(text="Sorry.")

    assert len(editor.get(FALLBACKS + query).context["cl"].result_list) == found


def cells(client: Client, situation: str) -> dict[str, str]:
    """The cells of the grid's row, without their markup, by the languages' names."""
    page = html(client, FALLBACKS).split("chat-grid")[-1]
    rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
    plain = [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in rows]
    row = next(row for row in plain if row[0].startswith(situation))
    return dict(zip(plain[0][1:], row[1:], strict=True))


def test_the_grid_shows_what_is_there_and_what_is_missing(editor: Client, no_replies: None) -> None:
    for text in ("one", "two"):
        FallbackReply.objects.create(outcome="no_match", text=text)
    FallbackReply.objects.create(outcome="no_match", language="de", text="eins", overrides=True)
    FallbackReply.objects.create(outcome="timeout", language="de", text="off", active=False)

    assert cells(editor, "Not understood") == {
        "Any language": "2 replies",
        "English (en)": "Add read: Any language",
        "German (de)": "1 reply always",
        "Spanish (es)": "Add read: Any language",
        "French (fr)": "Add read: Any language",
    }
    assert cells(editor, "No answer in time")["German (de)"] == "Not in use Missing read: the program's sentence"
    assert cells(editor, "Any situation")["German (de)"] == "Add"
    FallbackReply.objects.create(text="whatever")
    assert cells(editor, "Not sure enough")["German (de)"] == "Missing Add read: Any situation"
    assert cells(editor, "Not sure enough")["French (fr)"] == "Add read: Any situation"


def test_a_cell_of_the_grid_leads_to_its_replies_or_to_a_new_one(editor: Client, no_replies: None) -> None:
    only = FallbackReply.objects.create(outcome="timeout", language="de", text="Zu langsam.")
    for text in ("one", "two"):
        FallbackReply.objects.create(outcome="no_match", text=text)
    page = html(editor, FALLBACKS)

    assert f'href="{FALLBACKS}{only.pk}/change/"' in page
    assert 'href="?outcome=no_match&amp;language=any"' in page
    assert f'href="{FALLBACKS}add/?outcome=timeout&amp;language=fr"' in page
    form = html(editor, f"{FALLBACKS}add/?outcome=timeout&language=fr")
    assert 'value="timeout" selected' in form
    assert 'value="fr" selected' in form


def test_the_commonest_situation_comes_first(editor: Client) -> None:
    seeds.add_replies(FallbackReply)
    rows = re.findall(r'<th scope="row">(.*?)<', html(editor, FALLBACKS))

    assert rows[:2] == ["Not understood", "Not sure enough"]
    assert rows[-1] == "Any situation"
    assert "Nothing is missing." in html(editor, FALLBACKS)
    listed = editor.get(FALLBACKS + "?q=").context["cl"].result_list
    assert listed[0].outcome == "no_match"


def test_several_replies_are_switched_off_and_on_together(editor: Client, no_replies: None) -> None:
    replies = [FallbackReply.objects.create(outcome="timeout", text=text) for text in ("one", "two", "three")]
    chosen = {"_selected_action": [reply.pk for reply in replies[:2]]}

    editor.post(FALLBACKS, {"action": "deactivate", **chosen})
    assert list(FallbackReply.objects.filter(active=False)) == replies[:2]

    editor.post(FALLBACKS, {"action": "activate", **chosen})
    assert not FallbackReply.objects.filter(active=False).exists()


def save(reply: FallbackReply, client: Client) -> None:
    reply.text = "new"
    reply.save()


def edit(reply: FallbackReply, client: Client) -> None:
    client.post(f"{FALLBACKS}{reply.pk}/change/", fallback(outcome="timeout", language="", text="new"))


def delete(reply: FallbackReply, client: Client) -> None:
    client.post(f"{FALLBACKS}{reply.pk}/delete/", {"post": "yes"})


def deactivate(reply: FallbackReply, client: Client) -> None:
    client.post(FALLBACKS, {"action": "deactivate", "_selected_action": [reply.pk]})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("change", "left"), [(save, ["new"]), (edit, ["new"]), (delete, []), (deactivate, [])])
async def test_an_edit_is_at_work_at_once_in_the_process_that_served_it(
    change: Callable[[FallbackReply, Client], None], left: list[str]
) -> None:
    await sync_to_async(FallbackReply.objects.all().delete)()
    client = await sync_to_async(signed_in)(superuser=True)
    reply = await FallbackReply.objects.acreate(outcome="timeout", text="old")
    cache = runtime.current().replies
    try:
        assert [found.text for found in (await cache.current()).fallback] == ["old"]

        await sync_to_async(change)(reply, client)

        assert [found.text for found in (await cache.current()).fallback] == left
    finally:
        await runtime.aclose()


def previewed(client: Client, **query: str) -> str:
    """The text of the preview, without its markup."""
    response = client.get(PREVIEW, query)
    assert response.status_code == 200
    content = response.content.decode().split("</form>")[-1].split('<div class="help')[0]
    return " ".join(re.sub(r"<[^>]*>", " ", content).split())


def test_the_preview_shows_the_replies_that_are_drawn_from_and_their_chances(editor: Client, no_replies: None) -> None:
    for text, weight in (("often", 3), ("seldom", 1), ("never", 0)):
        FallbackReply.objects.create(outcome="no_match", language="de", text=text, weight=weight)
    FallbackReply.objects.create(outcome="no_match", text="less specific")

    shown = previewed(editor, outcome="no_match", language="de")

    assert re.search(r"often Not understood, de 75 %", shown)
    assert re.search(r"seldom Not understood, de 25 %", shown)
    assert "never" not in shown
    assert "less specific" not in shown


def test_the_preview_follows_the_language_and_the_override(editor: Client, no_replies: None) -> None:
    FallbackReply.objects.create(outcome="timeout", text="any")
    FallbackReply.objects.create(outcome="timeout", language="de", text="deutsch")
    assert "deutsch" in previewed(editor, outcome="timeout", language="de")
    assert "any" in previewed(editor, outcome="timeout", language="fr")

    FallbackReply.objects.create(text="whatever happens", overrides=True)
    assert "whatever happens" in previewed(editor, outcome="timeout", language="de")
    assert "whatever happens" in previewed(editor, outcome="no_reply", language="de")


def test_the_preview_of_an_intent_without_words_is_what_the_engine_chooses(editor: Client, no_replies: None) -> None:
    FallbackReply.objects.create(outcome="no_reply", language="de", text="specific")
    FallbackReply.objects.create(text="whatever happens")

    chosen = choose(Replies.load(), Reply(intent="book", confidence=1.0), Outcome.ANSWERED, "de")

    shown = previewed(editor, outcome="no_reply", language="de")
    assert [reply.text for reply in chosen.candidates if reply.text in shown] == ["specific"]
    assert "whatever happens" not in shown


def test_the_preview_shows_the_sentence_in_code_where_no_reply_fits(editor: Client, no_replies: None) -> None:
    FallbackReply.objects.create(outcome="timeout", text="switched off", active=False)

    shown = previewed(editor, outcome="timeout", language="en")

    assert LAST_RESORT in shown
    assert "switched off" not in shown


def test_the_preview_shows_every_outcome_where_none_is_chosen(editor: Client, no_replies: None) -> None:
    seeds.add_replies(FallbackReply)

    shown = previewed(editor)

    for label in ("Not understood", "No answer in time", "Unexpected error"):
        assert label in shown
    assert LAST_RESORT not in shown


@pytest.mark.parametrize("query", [{"outcome": "nonsense"}, {"language": "xx"}, {"outcome": "answered"}])
def test_the_preview_refuses_what_it_does_not_offer(editor: Client, query: dict[str, str]) -> None:
    assert "Select a valid choice" in editor.get(PREVIEW, query).content.decode()


DEFAULTS = "/admin/chat/fallbackreply/defaults/"


def test_the_admin_offers_the_default_replies_that_are_missing(editor: Client, no_replies: None) -> None:
    seeds.add_replies(FallbackReply)
    FallbackReply.objects.filter(outcome="timeout", language__in=["de", "ja"]).delete()
    FallbackReply.objects.filter(outcome="rejected", language="fr").update(text="Non.")
    assert DEFAULTS in editor.get("/admin/chat/fallbackreply/").content.decode()

    offered = editor.get(DEFAULTS).content.decode()
    for language in ("de", "ja"):
        assert seeds.REPLIES["timeout"][language][0] in offered
    assert seeds.REPLIES["timeout"]["es"][0] not in offered

    said = editor.post(DEFAULTS, follow=True).content.decode()
    assert "Added: 2." in said
    assert FallbackReply.objects.get(outcome="timeout", language="de").text == seeds.REPLIES["timeout"]["de"][0]
    assert FallbackReply.objects.get(outcome="rejected", language="fr").text == "Non."
    assert "No default reply is missing" in editor.get(DEFAULTS).content.decode()


def test_who_may_not_add_replies_is_offered_none(no_replies: None) -> None:
    client = signed_in(seeds.READERS)

    assert client.get(DEFAULTS).status_code == 403
    assert client.post(DEFAULTS).status_code == 403
    assert not FallbackReply.objects.exists()


def intents(page: str) -> list[str]:
    return re.findall(r'<option value="([^"]*)"></option>', page)


def test_the_intent_field_offers_what_the_provider_lists(editor: Client) -> None:
    page = html(editor, INTENTS + "add/")

    assert intents(page) == ["echo", "echo.fallback", "echo.silent"]
    assert 'list="intents"' in page


def test_the_provider_is_asked_once_for_many_forms(editor: Client, mocker: Any) -> None:
    asked = mocker.patch.object(EchoAdapter, "list_intents", return_value=["book"])
    for _ in range(3):
        assert intents(html(editor, INTENTS + "add/")) == ["book"]

    asked.assert_called_once()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("The provider can't be reached."), "The provider can&#x27;t be reached"),
        (AuthenticationFailed("The token is <b>refused</b>."), "The token is &lt;b&gt;refused&lt;/b&gt;"),
        (TimeoutError(), "it gave no answer in time"),
        (ConfigurationError(Problem("WIT_ACCESS_TOKEN", "is not set.", "ABC")), "WIT_ACCESS_TOKEN is not set."),
    ],
)
def test_the_form_says_why_intents_can_not_be_listed_and_takes_any_name(
    editor: Client, mocker: Any, error: Exception, reason: str
) -> None:
    mocker.patch.object(EchoAdapter, "list_intents", side_effect=error)

    page = html(editor, INTENTS + "add/")
    saved = editor.post(INTENTS + "add/", {"intent": "book", "language": "", "text": "Gladly.", "active": "on"})

    assert "can&#x27;t be listed now" in page
    assert reason in page
    assert saved.status_code == 302
    assert IntentReply.objects.get().intent == "book"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"side_effect": RuntimeError("secret")}, "the adapter raised RuntimeError"),
        ({"return_value": None}, "the adapter raised TypeError"),
        ({"return_value": ["book", None]}, "something that is no name"),
    ],
)
def test_a_mistake_in_the_adapter_costs_only_the_names(
    editor: Client, mocker: Any, answer: dict[str, Any], reason: str
) -> None:
    mocker.patch.object(EchoAdapter, "list_intents", **answer)

    page = html(editor, INTENTS + "add/")

    assert reason in page
    assert "secret" not in page


def test_a_failure_to_list_intents_is_remembered_for_a_minute(editor: Client, mocker: Any) -> None:
    asked = mocker.patch.object(EchoAdapter, "list_intents", side_effect=[Unavailable("It is down."), ["book"]])
    clock = mocker.patch("django.core.cache.backends.locmem.time.time", return_value=time.time())

    for seconds in (0, 29, 29):
        clock.return_value += seconds
        assert "It is down" in html(editor, INTENTS + "add/")
    asked.assert_called_once()

    clock.return_value += 3
    assert intents(html(editor, INTENTS + "add/")) == ["book"]


async def test_a_slow_adapter_is_not_made_on_the_server_s_loop(mocker: Any) -> None:
    made_in = []
    mocker.patch.object(EchoAdapter, "__init__", lambda self, options: made_in.append(threading.get_ident()))

    assert await sync_to_async(runtime.list_intents)() == ["echo", "echo.fallback", "echo.silent"]

    assert made_in
    assert threading.get_ident() not in made_in


def test_the_form_says_that_a_provider_lists_nothing(editor: Client, mocker: Any) -> None:
    mocker.patch.object(EchoAdapter, "list_intents", return_value=[])

    assert "lists no intents" in html(editor, INTENTS + "add/")


@pytest.mark.parametrize(("intent", "warned"), [("ehco", True), ("echo", False)])
def test_a_name_that_the_provider_does_not_know_is_kept_with_a_warning(editor: Client, intent: str, warned: bool) -> None:
    data = {"intent": intent, "language": "", "text": "Gladly.", "active": "on"}
    page = editor.post(INTENTS + "add/", data, follow=True).content.decode()

    assert IntentReply.objects.get().intent == intent
    assert ("lists no intent" in page) is warned


SAME = "An active reply for this intent and language exists."


def intent_reply(**fields: str) -> dict[str, str]:
    return {"intent": "echo", "language": "de", "text": "Gern.", "active": "on", **fields}


@pytest.mark.parametrize("intent", ["café", " cafe\u0301 "])
def test_a_second_reply_for_an_intent_and_a_language_is_refused_at_its_field(editor: Client, intent: str) -> None:
    assert editor.post(INTENTS + "add/", intent_reply(intent="café")).status_code == 302

    refused = editor.post(INTENTS + "add/", intent_reply(intent=intent))
    assert SAME in refused.context["adminform"].form.errors["intent"][0]
    assert "Gern." in refused.content.decode()
    assert editor.post(INTENTS + "add/", intent_reply(intent=intent, language="fr")).status_code == 302
    assert editor.post(INTENTS + "add/", intent_reply(intent=intent, active="")).status_code == 302

    unused = IntentReply.objects.get(active=False)
    page = editor.post(INTENTS, {"action": "activate", "_selected_action": [unused.pk]}, follow=True).content.decode()
    assert "Activated: 0." in page
    assert SAME in page
    assert not IntentReply.objects.get(pk=unused.pk).active


@pytest.mark.django_db(transaction=True)
def test_an_upgrade_keeps_the_one_of_several_intent_replies_that_visitors_got() -> None:
    migrate = functools.partial(call_command, "migrate", "chat", verbosity=0)
    migrate("0016")
    try:
        for intent, text, overrides in [
            ("hi", "first", False),
            ("hi", "overriding", True),
            ("cafe\u0301", "decomposed", False),
            ("café", "composed", False),
            ("bye", "only", False),
        ]:
            row = {"intent": intent, "text": text, "overrides": overrides, "language": "", "active": True}
            columns = ", ".join(row)
            with connection.cursor() as cursor:
                values = ", ".join(["%s"] * len(row))
                cursor.execute(f"INSERT INTO chat_intentreply ({columns}) VALUES ({values})", list(row.values()))  # noqa: S608
        migrate()
        said = Replies.load()
        assert [one.text for one in map(said.for_intent, ("hi", "café", "bye"), ("de",) * 3) if one] == [
            "overriding",
            "decomposed",
            "only",
        ]
        assert sorted(IntentReply.objects.filter(active=False).values_list("text", flat=True)) == ["composed", "first"]
    finally:
        migrate()


def test_the_preview_of_intents_shows_what_the_visitor_gets(editor: Client) -> None:
    IntentReply.objects.create(intent="hi", language="de", text="Hallo")
    IntentReply.objects.create(intent="hi", text="Hello", overrides=True)
    IntentReply.objects.create(intent="bye", language="fr", text="Adieu")

    def shown(**query: str) -> str:
        page = html(editor, f"{INTENTS}preview/?{urlencode(query)}").split("<tbody>")[-1].split("</tbody>")[0]
        return " ".join(re.sub(r"<[^>]*>", " ", page).split())

    assert shown(language="de").startswith("bye the service's words a fallback reply for")
    assert shown(language="de", intent="hi") == "hi Hello hi, any language Hello hi, any language"
    IntentReply.objects.filter(text="Hello").update(overrides=False)
    assert shown(language="de", intent="hi") == "hi the service's words Hallo hi, de"
    assert shown(language="fr", intent="bye") == "bye the service's words Adieu bye, fr"
    assert INTENTS + "preview/" in html(editor, INTENTS)


def test_an_intent_with_markup_in_its_name_is_only_text(editor: Client, mocker: Any) -> None:
    mocker.patch.object(EchoAdapter, "list_intents", return_value=['"><script>alert(1)</script>'])

    assert "<script>alert" not in html(editor, INTENTS + "add/")


@pytest.mark.parametrize("groups", [[], [seeds.READERS]])
def test_staff_without_the_right_see_nothing_of_replies(groups: list[str]) -> None:
    client = signed_in(*groups)
    reply = FallbackReply.objects.create(outcome="timeout", text="x")

    for address in (FALLBACKS, PREVIEW, FALLBACKS + "add/", f"{FALLBACKS}{reply.pk}/change/", INTENTS, INTENTS + "add/"):
        assert client.get(address).status_code == 403
    assert "replies" not in html(client, "/admin/")


def test_staff_who_may_only_look_at_replies_change_nothing(django_user_model: Any) -> None:
    from django.contrib.auth.models import Permission

    client = signed_in()
    user = django_user_model.objects.get()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_fallbackreply", "view_intentreply"]))
    reply = FallbackReply.objects.create(outcome="timeout", text="old")
    intent = IntentReply.objects.create(intent="echo", text="old")

    assert "old" in html(client, f"{FALLBACKS}{reply.pk}/change/")
    assert "old" in html(client, f"{INTENTS}{intent.pk}/change/")
    assert html(client, PREVIEW)
    assert client.post(f"{FALLBACKS}{reply.pk}/change/", fallback()).status_code == 403
    assert "deactivate" not in html(client, FALLBACKS + "?q=")
    client.post(FALLBACKS, {"action": "deactivate", "_selected_action": [reply.pk]})
    assert FallbackReply.objects.get(pk=reply.pk).active


def test_no_page_holds_inline_scripts_or_styles(editor: Client) -> None:
    reply = FallbackReply.objects.create(outcome="timeout", text="x")
    for address in (FALLBACKS, PREVIEW, FALLBACKS + "add/", f"{FALLBACKS}{reply.pk}/change/", INTENTS + "add/", "/admin/"):
        assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html(editor, address))
