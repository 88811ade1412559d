"""A classifier that learns which answer a question wants. Pure.

It is ridge regression (least squares) over TF-IDF: for each answer it fits a function that is 1 for the answer's own
examples and 0 for all others. It has a closed form, and so has what it would say with an example or a whole answer left out.
That sets the threshold without training again.

Questions are compared by a kernel: half their cosine, half its square. The square counts what two questions share in pairs,
which tells near neighbours apart.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from integrations.providers.faq import features

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Vector = tuple[Whole, Floats]
"""The features that a question has, and how much each counts."""

SHARES = (0.6, 0.4)
"""What pieces and words count."""
RIDGE = 0.1
"""How much the classifier smooths. Less follows each example, more follows what an answer's examples share."""
MAX_LANDMARKS = 2000
"""Examples that a question is compared with. If there are more, as many of each answer are chosen. All still train."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Model:
    """How to compare a question with the landmarks, which are examples, and what each landmark says of each answer.

    vocabulary: feature -> number. idf: how much each feature counts, the last for one that no example has.
    starts: where a feature's part of landmarks and values begins, one more than there are features.
    landmarks, values: which landmarks have the feature, and how much of it. weights: landmarks x answers.
    """

    vocabulary: dict[str, int]
    idf: Floats
    starts: Whole
    landmarks: Whole
    values: Floats
    weights: NDArray[np.float32]  # the largest part: half the memory, and half the time of a question

    def scores(self, question: str) -> Floats:
        """How well the question fits each answer, about 0 to 1."""
        similar = self.similarities(vector(counted(question), self.vocabulary, self.idf)).astype(np.float32)
        return (similar @ self.weights).astype(np.float64)

    def similarities(self, asked: Vector) -> Floats:
        """How similar a question is to each landmark, 0 to 1."""
        parts = [slice(self.starts[feature], self.starts[feature + 1]) for feature in asked[0]]
        if not parts:
            return np.zeros(len(self.weights))
        landmarks = np.concatenate([self.landmarks[part] for part in parts])
        products = np.concatenate([value * self.values[part] for value, part in zip(asked[1], parts, strict=True)])
        cosines = np.bincount(landmarks, products, len(self.weights))
        similarities: Floats = (cosines + cosines * cosines) / 2
        return similarities


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trial:
    """What the classifier says of its landmarks, landmarks x answers: without the example, and without all examples of its
    answer (whose own score is 0 then). examples: which ones they are. answers: the number of each one's answer."""

    examples: Whole
    answers: Whole
    without_example: Floats
    without_answer: Floats


def train(examples: Sequence[str], answers: Sequence[int]) -> tuple[Model, Trial]:
    """Learn from examples and the number of each one's answer. The numbers run from 0 without a gap, and there is one."""
    counts = [counted(example) for example in examples]
    vocabulary, idf = _vocabulary(counts)
    vectors = [vector(count, vocabulary, idf) for count in counts]
    chosen = _landmarks(answers)
    starts, landmarks, values = _postings([vectors[example] for example in chosen], len(vocabulary))
    untrained = Model(
        vocabulary=vocabulary,
        idf=idf,
        starts=starts,
        landmarks=landmarks,
        values=values,
        weights=np.zeros((len(chosen), 0), np.float32),
    )
    similar = np.array([untrained.similarities(each) for each in vectors])
    wanted = np.zeros((len(examples), max(answers) + 1))
    wanted[np.arange(len(examples)), answers] = 1
    inverse = np.asarray(np.linalg.inv(similar[chosen] + RIDGE * np.eye(len(chosen))), np.float64)
    weights: Floats = inverse @ wanted[chosen]
    trial = _trial(chosen, np.asarray(answers)[chosen], inverse, weights, wanted[chosen])
    if len(chosen) < len(examples):  # all examples train, by what they have in common with the landmarks
        system = similar.T @ similar + RIDGE * similar[chosen] + 1e-9 * np.eye(len(chosen))
        weights = np.linalg.solve(system, similar.T @ wanted)
    return dataclasses.replace(untrained, weights=weights.astype(np.float32)), trial


def _trial(examples: Whole, answers: Whole, inverse: Floats, weights: Floats, wanted: Floats) -> Trial:
    """The inverse of least squares tells what it would say of some examples without them."""
    without_answer = np.zeros_like(wanted)
    for answer in range(wanted.shape[1]):
        own = np.flatnonzero(answers == answer)
        without_answer[own] = wanted[own] - np.linalg.solve(inverse[np.ix_(own, own)], weights[own])
        without_answer[own, answer] = 0
    return Trial(
        examples=examples,
        answers=answers,
        without_example=wanted - weights / np.diag(inverse)[:, None],
        without_answer=without_answer,
    )


def counted(text: str) -> tuple[Counter[str], Counter[str]]:
    """How often each piece comes, and each word."""
    found = features.runs(text)
    return features.pieces(found), features.words(found)


def vector(counts: tuple[Counter[str], Counter[str]], vocabulary: dict[str, int], idf: Floats) -> Vector:
    """What no example has makes the rest count less: a question that is half unknown is at most half similar."""
    numbers, values = [], []
    for count, share in zip(counts, SHARES, strict=True):
        found = np.array([vocabulary.get(feature, -1) for feature in count], np.int64)
        weighed = (1 + np.log(np.array(list(count.values()), np.float64))) * idf[found]
        known = found >= 0
        numbers.append(found[known])
        values.append(weighed[known] * np.sqrt(share) / (np.linalg.norm(weighed) or 1))
    return np.concatenate(numbers), np.concatenate(values)


def _vocabulary(counts: Sequence[tuple[Counter[str], Counter[str]]]) -> tuple[dict[str, int], Floats]:
    having = Counter(feature for count in counts for kind in count for feature in kind)
    numbers = dict(zip(having, range(len(having)), strict=True))
    idf = np.log((1 + len(counts)) / (1 + np.array([*having.values(), 0]))) + 1
    return numbers, idf


def _landmarks(answers: Sequence[int]) -> Whole:
    """All examples; if they are too many, the first of each answer, then the second of each, and so on."""
    places: Counter[int] = Counter()
    rounds = np.zeros(len(answers), np.int64)
    for example, answer in enumerate(answers):
        rounds[example] = places[answer]
        places[answer] += 1
    return np.sort(np.argsort(rounds, kind="stable")[:MAX_LANDMARKS])


def _postings(vectors: Sequence[Vector], features: int) -> tuple[Whole, Whole, Floats]:
    """starts, landmarks and values of a model whose landmarks have these vectors."""
    numbers = np.concatenate([numbers for numbers, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    landmarks = np.repeat(np.arange(len(vectors)), [len(numbers) for numbers, _ in vectors])
    order = np.argsort(numbers, kind="stable")
    return np.searchsorted(numbers[order], np.arange(features + 1)), landmarks[order], values[order]
