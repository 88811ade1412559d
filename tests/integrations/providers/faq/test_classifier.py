"""What the classifier learns, from one example on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from integrations.providers.faq import classifier
from integrations.providers.faq.threshold import report, threshold
from integrations.providers.faq.training import Trained, TrainingFailed, pack, study, study_apart, unpack

HOURS = ["When are you open?", "What are your opening hours?", "Are you open on Sunday?"]
PARKING = ["Where can I park?", "Is there a car park?", "How much is parking?"]
BREAKFAST = ["Is breakfast included?", "When is breakfast?", "Do you have vegan breakfast?"]


def taught(*groups: list[str]) -> Trained:
    examples = [example for group in groups for example in group]
    return study(examples, [number for number, group in enumerate(groups) for _ in group])


def answer(trained: Trained, question: str) -> int | None:
    """The number of the answer that a question gets."""
    scores = trained.model.scores(question)
    return int(scores.argmax()) if scores.max() >= trained.threshold else None


@pytest.mark.parametrize(
    ("example", "reordered", "unrelated"),
    [
        ("When are you open?", "open are you when", "How much is a double room?"),
        ("Wann haben Sie geöffnet?", "geöffnet haben Sie wann", "Gibt es einen Parkplatz?"),
        ("Когда вы открыты?", "вы открыты когда", "Сколько стоит номер?"),
        ("متى تفتحون؟", "تفتحون متى", "كم سعر الغرفة؟"),
        ("営業時間は何時からですか", "何時から営業時間ですか", "駐車場はありますか"),
        ("เปิดกี่โมง", "กี่โมงเปิด", "มีที่จอดรถไหม"),
    ],
)
def test_one_answer_with_one_example_is_enough(example: str, reordered: str, unrelated: str) -> None:
    trained = taught([example])

    assert answer(trained, example.upper()) == 0
    assert answer(trained, reordered) == 0
    assert answer(trained, unrelated) is None


def test_two_answers_are_told_apart() -> None:
    trained = taught(HOURS, PARKING)

    assert answer(trained, "what are the opening hours on sunday") == 0
    assert answer(trained, "where can i park my car") == 1
    assert answer(trained, "Do you sell gift cards?") is None


def test_two_hundred_answers_are_told_apart() -> None:
    endings = ("ario", "oleo", "umeo", "isao", "upao", "enao", "otio")
    words = [first + ending for first in "bdfgklmnprstvwz" for ending in endings]
    groups = [[f"Where do I find the {word}?", f"Is there a {word} here?"] for word in words] + [
        [f"How much is the {word}?", f"What does a {word} cost?"] for word in words
    ]
    trained = taught(*groups[:200])

    assert [answer(trained, f"is there any {word}") for word in words[:50]] == list(range(50))
    assert answer(trained, "Who wrote this song") is None


@pytest.mark.parametrize("question", ["", "   ", "?!", "🙂", "\n", "\ud800", "\u0301"])
def test_a_question_without_words_fits_nothing(question: str) -> None:
    assert taught(HOURS, PARKING).model.scores(question).tolist() == [0, 0]


def test_spelling_and_endings_are_forgiven() -> None:
    trained = taught(HOURS, PARKING, BREAKFAST)

    assert answer(trained, "what are the openning hour") == 0
    assert answer(trained, "is breakfest inclued?") == 2


def test_the_same_example_of_two_answers_fits_both_by_half() -> None:
    scores = taught(["When are you open?"], ["When are you open?"]).model.scores("When are you open?")

    assert scores[0] == pytest.approx(scores[1])
    assert 0.3 < scores[0] < 0.5


def test_what_it_says_without_an_example_is_what_it_says_if_it_never_had_it() -> None:
    examples, answers = [*HOURS, *PARKING, *BREAKFAST], [0, 0, 0, 1, 1, 1, 2, 2, 2]
    model, trial = classifier.train(examples, answers)
    # The counts of features stay as they are, so only least squares is left out.
    counts = [classifier.counted(example) for example in examples]
    vectors = [classifier.vector(count, model.vocabulary, model.idf) for count in counts]
    similar = np.array([model.similarities(vector) for vector in vectors])
    wanted = np.eye(3)[answers]

    def fitted(kept: list[int], asked: int) -> list[float]:
        system = similar[np.ix_(kept, kept)] + classifier.RIDGE * np.eye(len(kept))
        return list(similar[asked, kept] @ np.linalg.solve(system, wanted[kept]))

    for example in range(9):
        others = [other for other in range(9) if other != example]
        assert trial.without_example[example] == pytest.approx(fitted(others, example))
        strangers = [other for other in range(9) if answers[other] != answers[example]]
        assert trial.without_answer[example] == pytest.approx(fitted(strangers, example))


def test_more_examples_than_landmarks_train_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "MAX_LANDMARKS", 6)
    trained = taught(HOURS, PARKING, BREAKFAST)

    assert len(trained.model.weights) == 6
    assert [int(trained.model.scores(group[2]).argmax()) for group in (HOURS, PARKING, BREAKFAST)] == [0, 1, 2]


def test_a_report_counts_what_would_be_answered_rightly_and_wrongly() -> None:
    examples = [*HOURS, *PARKING, "Are you open on Mondays?"]
    _, trial = classifier.train(examples, [0, 0, 0, 1, 1, 1, 1])

    told = report(trial, threshold(trial, len(examples)))

    assert told.tried == 7
    assert (6, 0) in [(confused.example, confused.answer) for confused in told.confused]
    assert told.wrong == pytest.approx(100 * len(told.confused) / 7)
    assert told.right + told.wrong <= 100


def test_answers_with_one_example_each_can_not_be_tried() -> None:
    assert taught(["When are you open?"], ["Where can I park?"]).report.tried == 0


async def test_a_process_apart_learns_the_same() -> None:
    examples, answers = [*HOURS, *PARKING], [0, 0, 0, 1, 1, 1]

    apart, here = await study_apart(examples, answers), study(examples, answers)

    assert apart.model.scores("opening hours") == pytest.approx(here.model.scores("opening hours"))
    assert (apart.threshold, apart.report) == (here.threshold, here.report)


def test_what_was_learnt_survives_the_way_between_processes() -> None:
    trained = taught(HOURS, PARKING)

    again = unpack(pack(trained))

    assert again.model.vocabulary == trained.model.vocabulary
    assert again.model.scores("opening hours").tolist() == trained.model.scores("opening hours").tolist()


async def test_a_training_that_fails_says_so() -> None:
    with pytest.raises(TrainingFailed, match="ended with 1"):
        await study_apart([], [])


CLINC = Path(__file__).resolve().parents[4] / "benchmarks" / "clinc150.json"


def test_quality_and_cost_on_a_public_data_set() -> None:
    """A part of what `make bench-answers` measures in full: three examples of each of 150 intents."""
    data = json.loads(CLINC.read_text())
    examples = [example for group in data["train"].values() for example in group[:3]]
    trained = study(examples, [number for number in range(150) for _ in range(3)])
    tests = [(question, number) for number, group in enumerate(data["test"].values()) for question in group]

    right = sum(int(trained.model.scores(question).argmax()) == number for question, number in tests)
    false = sum(answer(trained, question) is not None for question in data["out_of_scope_test"])

    assert right / len(tests) >= 0.64
    assert false / len(data["out_of_scope_test"]) <= 0.1
    began = time.process_time()
    for question, _ in tests[:200]:
        trained.model.scores(question)
    assert (time.process_time() - began) / 200 < 0.01
