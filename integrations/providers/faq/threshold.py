"""From what a classifier says of its own examples to the score that an answer needs, and to what staff are told. Pure."""

from __future__ import annotations

import msgspec
import numpy as np

from integrations.providers.faq.classifier import Floats, Trial

LEFT_OUT_BELOW = 0.94
"""The share of left-out questions that must stay without an answer."""
USUAL_ANSWERS = 10
"""How many answers the usual threshold counts as. A few answers say little about what no answer fits."""
MAX_CONFUSED = 50
"""Examples that staff are shown."""


class Confusion(msgspec.Struct, frozen=True):
    """An example that would get another answer if it weren't an example. Numbers of the example and of that answer."""

    example: int
    answer: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of the examples if each were asked without being one, of 100. tried: how many were, 0 if no answer
    has two. confused: the worst ones."""

    right: float = 0.0
    wrong: float = 0.0
    tried: int = 0
    confused: list[Confusion] = []


def threshold(trial: Trial, examples: int) -> float:
    """The least score that gets an answer. `examples`: how many there are, landmarks or not.

    Each answer is left out as a whole, and its examples are asked. The answer that then fits them best on the whole doesn't
    count, since it is about the same subject: a question that no answer fits has no such answer. Beside it, all but a few of
    the questions must stay below the threshold. With more examples of each answer all scores are higher.
    """
    amount = trial.without_answer.shape[1]
    usual = _usual(examples, amount)
    if amount < 3:
        return usual
    scores = trial.without_answer.copy()
    for answer in range(amount):
        own = np.flatnonzero(trial.answers == answer)
        means = scores[own].mean(axis=0)
        means[answer] = -np.inf
        scores[own, means.argmax()] = -np.inf
        scores[own, answer] = -np.inf
    each = 1 / np.bincount(trial.answers)[trial.answers]  # so that each answer counts the same
    found = _quantile(scores.max(axis=1), each, LEFT_OUT_BELOW) + usual - _usual(len(trial.answers), amount)
    return max(usual, float((amount * found + USUAL_ANSWERS * usual) / (amount + USUAL_ANSWERS)))


def _usual(examples: int, answers: int) -> float:
    """The threshold for so many examples of so few answers. Measured with questions that no answer fitted."""
    return 0.16 + 0.045 * float(np.log(examples / answers)) + 0.06 / answers


def _quantile(values: Floats, counts: Floats, wanted: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(counts[order]) / counts.sum()
    return float(values[order][min(int(np.searchsorted(reached, wanted)), len(values) - 1)])


def report(trial: Trial, threshold: float) -> Report:
    """Only answers with two examples or more can be tried: without its only example an answer can't be found."""
    tried = np.bincount(trial.answers)[trial.answers] > 1
    if not tried.any():
        return Report()
    best, scores = trial.without_example.argmax(axis=1), trial.without_example.max(axis=1)
    right = tried & (scores >= threshold) & (best == trial.answers)
    wrong = tried & (scores >= threshold) & (best != trial.answers)
    places = np.flatnonzero(wrong)
    worst = places[np.argsort(-scores[places])][:MAX_CONFUSED]
    return Report(
        right=100 * float(right.sum() / tried.sum()),
        wrong=100 * float(wrong.sum() / tried.sum()),
        tried=int(tried.sum()),
        confused=[Confusion(int(trial.examples[place]), int(best[place])) for place in worst],
    )
