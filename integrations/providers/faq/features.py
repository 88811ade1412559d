"""What of a question tells which answer it wants: the pieces of its words, whole words, and pairs of words. Pure.

Pieces (character n-grams) forgive spelling and endings. Words and pairs of words tell similar questions apart.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter

SHORTEST, LONGEST = 2, 5
"""Characters of a piece. A blank before and after a word counts as one."""
MAX_CHARACTERS = 1000
"""Of a question; the rest doesn't count."""

# Words of these scripts have no blanks between them, so each letter counts as a word. Pieces still span several letters.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)


def runs(text: str) -> list[str]:
    """The text's runs of letters, digits and marks, in small letters."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()
    return "".join(character if _counts(character) else " " for character in text).split()


def _counts(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def pieces(found: list[str]) -> Counter[str]:
    """The pieces within each run, and how often each comes."""
    counted: Counter[str] = Counter()
    for run in found:
        padded = f" {run} "
        for size in range(SHORTEST, LONGEST + 1):
            counted.update(padded[begin : begin + size] for begin in range(len(padded) - size + 1))
    return counted


def words(found: list[str]) -> Counter[str]:
    """Words, and pairs of neighbours. No piece looks like one of them: each begins with a sign that isn't in a run."""
    each = _UNSPACED.sub(r" \g<0> ", " ".join(found)).split()
    return Counter([*(f"={word}" for word in each), *(f"={first} {second}" for first, second in itertools.pairwise(each))])
