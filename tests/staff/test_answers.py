"""What staff do with answers in the admin."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_mock import MockerFixture

from chat import runtime, seeds
from chat.models import Answer
from chat.staff import answers
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

ANSWERS = "/admin/chat/answer/"
PREVIEW = ANSWERS + "preview/"


@pytest.fixture
def editor() -> Iterator[Client]:
    answers.learnt.cache_clear()
    yield signed_in(seeds.EDITORS)


def page(client: Client, address: str) -> str:
    """The page's text without tags, in one line."""
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def fields(**changed: str) -> dict[str, str]:
    answer = {
        "language": "en",
        "title": "Opening hours",
        "questions": "When are you open?",
        "text": "Always.",
        "active": "on",
    }
    return {**answer, **changed}


def write(title: str, *questions: str, language: str = "en", text: str = "") -> None:
    Answer.objects.create(language=language, title=title, questions="\n".join(questions), text=text or f"About {title}.")


def test_an_editor_writes_an_answer(editor: Client) -> None:
    questions = "When are you open?\r\n\r\n  opening   hours \r\nWhen are you open?"
    response = editor.post(ANSWERS + "add/", fields(title=" Opening  hours ", questions=questions))

    assert response.status_code == 302
    answer = Answer.objects.get()
    assert (answer.title, answer.questions, answer.text) == ("Opening hours", "When are you open?\nopening hours", "Always.")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "This field is required."),
        ({"questions": " \n "}, "This field is required."),
        ({"questions": "?!"}, "An answer needs at least one example question. Write what a visitor would ask."),
        ({"questions": "x" * 501}, "A question has at most 500 characters. Write one question a line."),
        ({"text": " "}, "This field is required."),
        ({"language": "xx"}, "Select a valid choice. xx is not one of the available choices."),
        ({"title": "Parking"}, "There is an answer with this title in this language."),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_with_what_to_do(
    editor: Client, changed: dict[str, str], said: str
) -> None:
    write("Parking", "Where can I park?")

    response = editor.post(ANSWERS + "add/", fields(**changed))

    assert said in html.unescape(response.content.decode())
    assert Answer.objects.count() == 1


def test_the_same_title_may_come_in_another_language(editor: Client) -> None:
    write("Parking", "Where can I park?", language="de")

    assert editor.post(ANSWERS + "add/", fields(title="Parking")).status_code == 302


def test_an_empty_table_explains_the_first_step(editor: Client) -> None:
    assert "Write your first answer" in page(editor, ANSWERS)
    write("Parking", "Where can I park?")
    assert "Write your first answer" not in page(editor, ANSWERS)


def test_the_list_says_whether_the_chat_uses_the_answers(editor: Client, settings: Any) -> None:
    assert "CHATBOT_PROVIDER=faq" in page(editor, ANSWERS)
    settings.SECRET_ENVIRONMENT = {"CHATBOT_PROVIDER": "faq"}
    assert "CHATBOT_PROVIDER=faq" not in page(editor, ANSWERS)


def test_the_list_says_if_the_last_change_is_not_at_work(editor: Client, mocker: MockerFixture) -> None:
    assert "isn't at work" not in page(editor, ANSWERS)
    mocker.patch.object(runtime, "lessons_trouble", return_value="TrainingFailed: It took longer than 120 seconds.")

    assert "The last change isn't at work yet." in page(editor, ANSWERS)
    assert "TrainingFailed: It took longer" in page(editor, ANSWERS)


def test_the_preview_shows_which_answers_come_and_how_sure(editor: Client) -> None:
    write("Opening hours", "When are you open?", "What are your opening hours?", text="From nine to five.")
    write("Parking", "Where can I park?", "Is there a car park?", text="Behind the house.")

    shown = page(editor, PREVIEW + "?language=en&question=what+are+the+opening+hours")

    first = re.search(r"Confidence (.*?) ([01]\.\d\d)", shown)
    assert first
    assert first[1] == "Opening hours From nine to five."
    assert float(first[2]) > 0.5
    assert "no answers in this language" in page(editor, PREVIEW + "?language=fr&question=parking")


def test_the_preview_says_in_words_how_good_the_answers_are(editor: Client) -> None:
    write("Opening hours", "When are you open?", "What are your opening hours?", "Are you open on Sunday?")
    write("Parking", "Where can I park?", "Is there a car park?", "How much is parking?", "Are you open on Monday?")
    write("Parken", "Wo kann ich parken?", language="de")

    shown = page(editor, PREVIEW)

    assert re.search(
        r"English \(en\) Of 100 questions like your examples about \d+ are answered rightly and \d+ wrongly", shown
    )
    assert "Are you open on Monday? Parking Opening hours" in shown
    assert "German (de) Give answers at least two examples each." in shown


def test_the_preview_learns_again_only_after_a_change(editor: Client, mocker: MockerFixture) -> None:
    write("Parking", "Where can I park?")
    learn = mocker.spy(answers.lessons, "read")

    page(editor, PREVIEW)
    page(editor, PREVIEW)
    assert learn.call_count == 1
    write("Opening hours", "When are you open?")
    page(editor, PREVIEW)
    assert learn.call_count == 2


def test_the_preview_says_what_is_not_installed_and_if_learning_fails(editor: Client, mocker: MockerFixture) -> None:
    mocker.patch.object(answers, "create", side_effect=MemoryError)
    assert "The answers can't be learnt (MemoryError)." in page(editor, PREVIEW)


def test_who_may_not_see_answers_sees_no_preview() -> None:
    assert signed_in(seeds.READERS).get(PREVIEW).status_code == 403


def test_the_group_of_editors_may_write_answers(editor: Client) -> None:
    names = Group.objects.get(name=seeds.EDITORS).permissions.values_list("codename", flat=True)

    assert {"add_answer", "change_answer", "delete_answer", "view_answer"} <= set(names)
