"""How well questions find their answers: the provider `faq` beside other ways, on the same questions.

python -m benchmarks.answers [--seeds 3] [--examples 10 3]

The questions are in clinc150.json, a part of CLINC150 (Larson et al., "An Evaluation Dataset for Intent Classification and
Out-of-Scope Prediction", EMNLP-IJCNLP 2019, github.com/clinc/oos-eval), under the Creative Commons Attribution 3.0 licence,
unchanged. 150 intents are the answers. Other questions belong to none (out of scope).

accuracy: the share of questions whose best answer is right. right at 5 %: the share that is answered, and rightly, with the
threshold at which 5 % of the questions out of scope get an answer. The last two columns are for the threshold that faq sets.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import say
from integrations.providers.faq.training import study

DATA: dict[str, Any] = json.loads((Path(__file__).parent / "clinc150.json").read_text())
INTENTS = list(DATA["train"])
TESTS = [(question, number) for number, intent in enumerate(INTENTS) for question in DATA["test"][intent]]
STRANGE: list[str] = DATA["out_of_scope_test"]

Scores = Callable[[Sequence[str]], Any]
"""Questions -> questions x answers."""


def drawn(seed: int, amount: int) -> tuple[list[str], list[int]]:
    """So many examples of each intent, and the number of each one's intent."""
    rng = random.Random(seed)  # noqa: S311 - it draws examples
    examples = [example for intent in INTENTS for example in rng.sample(DATA["train"][intent], amount)]
    return examples, [number for number in range(len(INTENTS)) for _ in range(amount)]


def by_answer(similar: Any, answers: Sequence[int]) -> Any:
    """From questions x examples to questions x answers: the most similar example counts."""
    best = np.full((len(similar), len(INTENTS)), -np.inf)
    for example, answer in enumerate(answers):
        best[:, answer] = np.maximum(best[:, answer], similar[:, example])
    return best


def rapidfuzz_scores(scorer: str) -> Callable[[Sequence[str], Sequence[int]], Scores]:
    def fit(examples: Sequence[str], answers: Sequence[int]) -> Scores:
        from rapidfuzz import fuzz, process

        return lambda questions: by_answer(process.cdist(questions, examples, scorer=getattr(fuzz, scorer)), answers)

    return fit


def _tfidf(examples: Sequence[str]) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    return vectorizer, vectorizer.fit_transform(examples)


def nearest_neighbour(examples: Sequence[str], answers: Sequence[int]) -> Scores:
    vectorizer, known = _tfidf(examples)
    return lambda questions: by_answer((vectorizer.transform(questions) @ known.T).toarray(), answers)


def logistic_regression(examples: Sequence[str], answers: Sequence[int]) -> Scores:
    from sklearn.linear_model import LogisticRegression

    vectorizer, known = _tfidf(examples)
    classifier = LogisticRegression(C=30, max_iter=300).fit(known, answers)
    return lambda questions: classifier.predict_proba(vectorizer.transform(questions))


WAYS: dict[str, Callable[[Sequence[str], Sequence[int]], Scores]] = {
    "rapidfuzz WRatio": rapidfuzz_scores("WRatio"),
    "rapidfuzz token_set_ratio": rapidfuzz_scores("token_set_ratio"),
    "TF-IDF, nearest neighbour": nearest_neighbour,
    "TF-IDF, logistic regression": logistic_regression,
}


def judged(scores: Any, strange: Any) -> tuple[float, float]:
    """Accuracy, and right at 5 %."""
    right = scores.argmax(axis=1) == np.array([number for _, number in TESTS])
    threshold = np.quantile(strange.max(axis=1), 0.95)
    return float(right.mean()), float((right & (scores.max(axis=1) > threshold)).mean())


def row(name: str, results: list[tuple[float, ...]]) -> None:
    means, spreads = np.mean(results, axis=0), np.ptp(results, axis=0)
    cells = [f"{mean:.3f} ±{spread / 2:.3f}" for mean, spread in zip(means[:-2], spreads, strict=False)]
    say(f"{name:<28}" + "".join(f"{cell:>15}" for cell in cells) + f"{means[-2]:>9.2f} s{means[-1]:>9.2f} ms")


def measure(amount: int, seeds: int) -> None:
    say(f"\n{amount} examples of each of {len(INTENTS)} answers, {seeds} draws (mean ± half the range)")
    say(f"{'':<28}{'accuracy':>15}{'right at 5 %':>15}{'training':>11}{'a question':>12}")
    questions = [question for question, _ in TESTS]
    for name, fit in WAYS.items():
        results: list[tuple[float, ...]] = []
        for seed in range(seeds):
            examples, answers = drawn(seed, amount)
            began = time.perf_counter()
            scores = fit(examples, answers)
            fitted = time.perf_counter()
            found = scores(questions)
            each = 1000 * (time.perf_counter() - fitted) / len(questions)
            results.append((*judged(found, scores(STRANGE)), fitted - began, each))
        row(name, results)
    results = []
    for seed in range(seeds):
        examples, answers = drawn(seed, amount)
        began = time.perf_counter()
        trained = study(examples, answers)
        fitted = time.perf_counter()
        found = np.array([trained.model.scores(question) for question in questions])
        each = 1000 * (time.perf_counter() - fitted) / len(questions)
        strange = np.array([trained.model.scores(question) for question in STRANGE])
        right = found.argmax(axis=1) == np.array([number for _, number in TESTS])
        answered_rightly = float((right & (found.max(axis=1) >= trained.threshold)).mean())
        false = float((strange.max(axis=1) >= trained.threshold).mean())
        results.append((*judged(found, strange), answered_rightly, false, fitted - began, each))
    say(f"{'':<58}{'own: right':>15}{'own: false':>15}")
    row("faq", results)


def measure_size(amount: int) -> None:
    """What a question costs with many examples. They are made of those of the data set, with a word of their own."""
    rng = random.Random(0)  # noqa: S311 - it draws examples
    pool = [example for intent in INTENTS for example in DATA["train"][intent]]
    answers = amount // 10
    examples = [f"{rng.choice(pool)} {rng.choice(pool).split()[0]}{number // 10}" for number in range(amount)]
    began = time.perf_counter()
    trained = study(examples, [number // 10 for number in range(amount)])
    fitted = time.perf_counter()
    for question, _ in TESTS[:500]:
        trained.model.scores(question)
    each = 1000 * (time.perf_counter() - fitted) / 500
    say(f"{amount:>6} examples of {answers} answers: {fitted - began:.1f} s of training, {each:.2f} ms a question")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How well questions find their answers.")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--examples", type=int, nargs="*", default=[10, 3])
    arguments = parser.parse_args()
    for amount in arguments.examples:
        measure(amount, arguments.seeds)
    say("\nfaq, in size")
    for amount in (1_500, 15_000):
        measure_size(amount)
