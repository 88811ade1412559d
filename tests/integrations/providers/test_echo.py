import asyncio
import json
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from integrations import Accordion, Adapter, Part, Reply, Text, Unavailable, Utterance, create
from integrations.providers.echo import PARTS


@pytest.fixture
def echo() -> Adapter:
    return create("echo", {})


def said(text: str) -> Utterance:
    return Utterance(session="s", language="en", text=text)


@pytest.mark.parametrize("text", ["hello", "  hello  ", "Tell me about /card", "/nothing", "", "line\nline", "🙂"])
async def test_it_says_back_what_it_got(echo: Adapter, text: str) -> None:
    assert await echo.detect_intent(said(text)) == Reply(parts=(Text(text),), intent="echo", confidence=1.0)


@pytest.mark.parametrize("word", ["/unknown", " /UNKNOWN "])
async def test_it_does_not_understand_when_told(echo: Adapter, word: str) -> None:
    reply = await echo.detect_intent(said(word))

    assert (reply.is_fallback, reply.parts) == (True, ())


async def test_it_is_unsure_when_told(echo: Adapter) -> None:
    reply = await echo.detect_intent(said("/unsure"))

    assert reply.confidence is not None
    assert reply.confidence < echo.min_confidence


async def test_it_finds_an_intent_without_words_when_told(echo: Adapter) -> None:
    assert await echo.detect_intent(said("/silent")) == Reply(intent="echo.silent", confidence=1.0)


async def test_it_fails_when_told(echo: Adapter) -> None:
    with pytest.raises(Unavailable):
        await echo.detect_intent(said("/fail"))


async def test_it_crashes_when_told(echo: Adapter) -> None:
    with pytest.raises(RuntimeError):
        await echo.detect_intent(said("/crash"))


async def test_it_takes_its_time_when_told(echo: Adapter, mocker: MockerFixture) -> None:
    sleep = mocker.patch("asyncio.sleep")

    reply = await echo.detect_intent(said("/slow"))

    sleep.assert_awaited_once_with(2)
    assert reply.parts == (Text("/slow"),)


async def test_it_hangs_when_told(echo: Adapter) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await echo.detect_intent(said("/hang"))


async def test_it_says_two_bubbles_when_told(echo: Adapter) -> None:
    assert len((await echo.detect_intent(said("/two"))).parts) == 2


@pytest.mark.parametrize("word", PARTS)
async def test_it_shows_a_part_when_told(echo: Adapter, word: str) -> None:
    assert (await echo.detect_intent(said(word))).parts == (PARTS[word],)


async def test_it_shows_every_kind_of_part_when_told(echo: Adapter) -> None:
    parts = (await echo.detect_intent(said("/parts"))).parts

    assert {type(part) for part in parts} == set(Part.__subclasses__())
    assert any(isinstance(part, Accordion) for part in parts)
    assert json.dumps([part.as_json() for part in parts])


async def test_its_intents_are_the_ones_that_it_finds(echo: Adapter) -> None:
    found = {(await echo.detect_intent(said(word))).intent for word in ("hello", "/unknown", "/silent", "/unsure")}

    assert sorted(found) == await echo.list_intents()


def test_its_words_are_documented() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "providers.md").read_text()

    for word in (*PARTS, "/slow", "/hang", "/fail", "/crash", "/unknown", "/unsure", "/silent", "/two", "/parts"):
        assert f"`{word}`" in page
