"""When a person is asked for: by the provider, by the visitor, or because the bot doesn't understand."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat import runtime
from chat.models import Conversation, DeskText, Operator, Site
from chat.opening_hours import HoursException, OpeningHours
from integrations import Button, QuickReplies, Text
from tests.support.operator import RIGHTS, account
from tests.support.scripted import reply
from tests.support.visitor import Connect, Script

NOT_UNDERSTOOD = reply(is_fallback=True, intent="")
ABSENT = "No colleague is here at the moment. Write your e-mail address, and we will answer you there."


@sync_to_async
def somebody() -> None:
    """Somebody may answer, but has no open desk."""
    account("somebody", *RIGHTS)


@sync_to_async
def row() -> Conversation:
    return Conversation.objects.get()


async def heard(visitor: Any, text: str) -> dict[str, Any]:
    await visitor.send(message=text)
    frame: dict[str, Any] = await visitor.receive_reply()
    return frame


async def test_if_nobody_may_answer_nothing_is_offered_promised_or_switched(scripted: Script, visitors: Connect) -> None:
    adapter = scripted(reply("A person comes", handoff=True), *[NOT_UNDERSTOOD] * 4)
    visitor = await visitors()
    assert (await heard(visitor, "a person"))["message"] == "A person comes"
    for number in range(4):
        said = await heard(visitor, f"what {number}")
        assert [part["type"] for part in said["parts"]] == ["text"]
    assert (await heard(visitor, "Talk to a person"))["message"] == "Talk to a person"  # the provider's echo
    assert await visitor.hears_nothing()
    assert len(adapter.asked) == 6
    assert (await row()).status == "bot"


async def test_who_asks_for_a_person_waits_without_a_call_of_the_provider(
    staffed: None, scripted: Script, visitors: Connect
) -> None:
    adapter = scripted()
    visitor = await visitors()
    await visitor.hello(language="de")
    said = await heard(visitor, "mit einem Menschen sprechen")
    assert said["message"] == "Ich habe einen Kollegen gerufen. Er kommt, sobald jemand frei ist."
    assert (await visitor.receive())["status"] == "waiting"
    assert adapter.asked == []


async def test_a_hand_off_of_the_provider_has_its_own_words_if_it_has_any(
    staffed: None, scripted: Script, visitors: Connect
) -> None:
    scripted(reply("One moment", handoff=True), reply(handoff=True))
    for words in ("One moment", "I have asked for a colleague, who will join you as soon as one is free."):
        visitor = await visitors()
        await visitor.hello(language="en")
        assert (await heard(visitor, "a person"))["message"] == words
        assert (await visitor.receive())["status"] == "waiting"


async def test_while_nobody_is_there_the_visitor_reads_it_and_the_bot_goes_on(scripted: Script, visitors: Connect) -> None:
    scripted(reply("A person comes", handoff=True), reply("yes"), reply("A person comes", handoff=True))
    await somebody()
    visitor = await visitors()
    await visitor.hello(language="en")
    assert (await heard(visitor, "a person"))["message"].startswith(ABSENT)
    assert (await heard(visitor, "are you there?"))["message"] == "yes"
    assert (await heard(visitor, "a person"))["message"] == "A person comes"  # it isn't said again for ten minutes
    assert (await heard(visitor, "Talk to a person"))["message"].startswith(ABSENT)  # unless one insists
    assert await visitor.hears_nothing()
    assert (await row()).status == "bot"


async def test_an_operator_who_is_away_is_not_there(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted()
    await sync_to_async(Operator.objects.update)(away=True)
    visitor = await visitors()
    await visitor.hello(language="en")
    assert (await heard(visitor, "Talk to a person"))["message"].startswith(ABSENT)


async def test_an_address_that_the_visitor_leaves_is_noted(scripted: Script, visitors: Connect) -> None:
    scripted()
    await somebody()
    visitor = await visitors()
    await visitor.hello(language="en")
    assert (await heard(visitor, "I am ana@example.com"))["message"] == "I am ana@example.com"  # nobody has asked for it
    await heard(visitor, "Talk to a person")
    said = await heard(visitor, "It is ana@example.com.")
    assert said["message"] == "Thank you. We will answer you at ana@example.com."
    assert (await row()).address == "ana@example.com"


async def test_after_three_misses_in_a_row_a_person_is_asked_for(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted(NOT_UNDERSTOOD, NOT_UNDERSTOOD, reply("I know that"), *[NOT_UNDERSTOOD] * 3)
    visitor = await visitors()
    await visitor.hello(language="en")
    for text in ("a", "b", "c", "d", "e"):
        await heard(visitor, text)
    assert await visitor.hears_nothing()
    assert (await heard(visitor, "f"))["message"].startswith("I have asked for a colleague")
    assert (await visitor.receive())["status"] == "waiting"


async def test_three_misses_that_are_sent_at_once_count(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted(*[NOT_UNDERSTOOD] * 3)
    visitor = await visitors()
    for text in ("a", "b", "c"):
        await visitor.send(message=text)
    assert (await visitor.receive_type("status"))["status"] == "waiting"


async def test_repeated_texts_and_buttons_do_not_count(staffed: None, scripted: Script, visitors: Connect) -> None:
    chips = QuickReplies("", (Button("Prices", message="Prices"),))
    offer = reply()
    offer = type(offer)(parts=(Text("What?"), chips), intent="x", confidence=1.0)
    scripted(offer, *[NOT_UNDERSTOOD] * 5)
    visitor = await visitors()
    for text in ("hi", "Prices", "a", "a", "A ", "b"):
        await heard(visitor, text)
    assert await visitor.hears_nothing()
    assert (await row()).misses == 2


async def test_the_count_begins_anew_after_a_return(
    scripted: Script, visitors: Connect, operators: Callable[..., Any]
) -> None:
    scripted(*[NOT_UNDERSTOOD] * 4)
    ana = await operators()
    visitor = await visitors()
    conversation = (await visitor.hello())["conversation"]
    for text in ("a", "b"):
        await heard(visitor, text)
    for kind in ("take", "give_back"):
        await ana.send(type=kind, conversation=conversation)
        await visitor.receive_type("status")
    for text in ("c", "d"):
        await heard(visitor, text)
    assert await visitor.hears_nothing()


@pytest.mark.parametrize(("misses", "status"), [("0", "bot"), ("1", "waiting")])
async def test_the_number_of_misses_is_a_setting(
    staffed: None, scripted: Script, visitors: Connect, settings: Any, misses: str, status: str
) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_MISSES_TO_DESK": misses}
    scripted(*[NOT_UNDERSTOOD] * 4)
    visitor = await visitors()
    await heard(visitor, "a")
    assert (await row()).status == status


async def test_a_fallback_reply_offers_a_person(staffed: None, scripted: Script, visitors: Connect, settings: Any) -> None:
    scripted(NOT_UNDERSTOOD)
    visitor = await visitors()
    await visitor.hello(language="en")
    said = await heard(visitor, "a")
    assert said["parts"][-1] == {
        "type": "quick_replies",
        "replies": [{"label": "Talk to a person", "message": "Talk to a person"}],
    }

    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_OFFER_PERSON": "off"}
    scripted(NOT_UNDERSTOOD)
    assert [part["type"] for part in (await heard(await visitors(), "a"))["parts"]] == ["text"]


async def test_staff_write_the_words(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted()
    await sync_to_async(DeskText.objects.create)(case="asked", language="de", text="Moment bitte!")
    visitor = await visitors()
    await visitor.hello(language="de")
    assert (await heard(visitor, "Talk to a person"))["message"] == "Moment bitte!"


@sync_to_async
def closed_now() -> datetime.datetime:
    """The site of the tests' pages is closed until the day after tomorrow at 9:00 in Berlin."""
    site = Site.objects.create(name="Here", origins="http://localhost", time_zone="Europe/Berlin")
    today = timezone.now().astimezone(zoneinfo.ZoneInfo(site.time_zone))
    for weekday in range(7):
        span = {"opens": datetime.time(9), "closes": datetime.time(17)}
        OpeningHours.objects.create(site=site, weekday=weekday, **span)
    for days in range(2):
        HoursException.objects.create(site=site, date=(today + datetime.timedelta(days=days)).date())
    return today + datetime.timedelta(days=2)


async def test_outside_the_hours_the_visitor_reads_when_somebody_is_there(
    staffed: None, scripted: Script, visitors: Connect
) -> None:
    scripted()
    day = await closed_now()
    for zone, time in ((None, "9:00"), ("Europe/London", "8:00"), ("nonsense", "9:00")):
        visitor = await visitors()
        await visitor.hello(language="de", time_zone=zone)
        weekdays = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
        expected = f"Wir sind am {weekdays[day.weekday()]} um {time} Uhr wieder da."
        assert expected in (await heard(visitor, "Talk to a person"))["message"]
        assert await visitor.hears_nothing()


async def test_who_waits_in_vain_may_leave_an_address(staffed: None, scripted: Script, visitors: Connect) -> None:
    scripted()
    visitor = await visitors()
    await visitor.hello(language="en")
    await heard(visitor, "Talk to a person")
    await visitor.receive_type("status")
    await runtime.current().desk.sweep(-1, 300)
    missed = await visitor.receive()
    assert (missed["sender"], missed["message"].startswith("No colleague is free")) == ("system", True)
    assert (await visitor.receive())["status"] == "bot"
    assert (await heard(visitor, "ana@example.com"))["message"].startswith("Thank you.")
