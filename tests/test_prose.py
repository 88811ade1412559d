"""The Markdown files are easy to read: short sentences, few long ones, hardly a semicolon.

How it is counted:

- Every Markdown file counts but CHANGELOG.md and those in hidden folders.
- Code blocks, tables, HTML, pictures and the targets of links are no prose. The text of a link is.
- A sentence ends at a full stop, a question mark or an exclamation mark before white space. Quotation marks, brackets and
  asterisks may come in between. A heading, a list item and a paragraph end one, too. A colon and a semicolon don't.
- Words are what white space separates, if it holds a letter or a digit. Inline code is one word, however long.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if path.name != "CHANGELOG.md" and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)

MAX_AVERAGE = 15
LONG = 30
MAX_LONG = 0.04
MAX_SEMICOLONS = 2 / 1000
MAX_WORDS = 45

NO_PROSE = [
    re.compile(r"^[ ]*(```+|~~~+).*?^[ ]*\1[ ]*$", re.MULTILINE | re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^[ ]*\|.*$", re.MULTILINE),
]
IN_PROSE = re.compile(r"!\[[^\]]*\]\([^)]*\)|(?<!`)</?[a-zA-Z][^>`]*>")  # pictures and tags
INLINE_CODE = re.compile(r"(`+)[^`].*?\1", re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
START_OF_BLOCK = re.compile(r"\n[ ]*\n|\n(?=[ ]*(?:[-*+]|\d+\.|#+|>)[ ])|(?<=\n)(?=#)")
END_OF_HEADING = re.compile(r"^(#+ .*)$", re.MULTILINE)
LIST_OR_HEADING = re.compile(r"^[ ]*([-*+]|\d+\.|#+|>)[ ]+")
END_OF_SENTENCE = re.compile(r"""(?<=[.!?])["'”)*_]*\s+""")


def sentences_of(markdown: str) -> list[str]:
    for pattern in NO_PROSE:
        markdown = pattern.sub("\n\n", markdown)
    markdown = INLINE_CODE.sub("code", LINK.sub(r"\1", IN_PROSE.sub("", markdown)))
    markdown = END_OF_HEADING.sub(r"\1\n", markdown)
    blocks = [LIST_OR_HEADING.sub("", block.strip("\n")) for block in START_OF_BLOCK.split(markdown)]
    return [sentence for block in blocks for sentence in END_OF_SENTENCE.split(block) if words_of(sentence)]


def words_of(sentence: str) -> int:
    return sum(bool(re.search(r"\w", word)) for word in sentence.split())


@dataclasses.dataclass(frozen=True)
class Numbers:
    sentences: int
    words: int
    long: int
    semicolons: int

    @classmethod
    def of(cls, sentences: list[str]) -> Numbers:
        lengths = [words_of(sentence) for sentence in sentences]
        return cls(len(lengths), sum(lengths), sum(length > LONG for length in lengths), "".join(sentences).count(";"))

    @property
    def average(self) -> float:
        return self.words / max(self.sentences, 1)

    @property
    def share_of_long(self) -> float:
        return self.long / max(self.sentences, 1)

    @property
    def semicolons_per_word(self) -> float:
        return self.semicolons / max(self.words, 1)

    def __str__(self) -> str:
        return (
            f"{self.average:5.1f} words a sentence, {100 * self.share_of_long:4.1f} % over {LONG} words, "
            f"{1000 * self.semicolons_per_word:4.1f} semicolons in 1,000 words ({self.words:,} words)"
        )


def test_the_counting_rules() -> None:
    text = """# A heading
Some words. Is `one thing; two` code? See [this page](there;here.md), and
<b>bold</b> words: no end (here.) Then

| a | table; |
|---|---|
- an item
- *another.*

```sh
no; prose
```
![picture; words](a.png)"""

    assert [words_of(sentence) for sentence in sentences_of(text)] == [2, 2, 3, 9, 1, 2, 1]
    assert Numbers.of(sentences_of(text)).semicolons == 0


def test_the_pages_are_found() -> None:
    assert {"README.md", "docs/protocol.md"} <= {path.relative_to(ROOT).as_posix() for path in PAGES}


def test_the_prose_is_easy_to_read() -> None:
    found = {path.relative_to(ROOT).as_posix(): sentences_of(path.read_text()) for path in PAGES}
    found["all"] = [sentence for sentences in found.values() for sentence in sentences]
    report = "\n".join(f"{name:24} {Numbers.of(sentences)}" for name, sentences in found.items())
    total = Numbers.of(found["all"])

    assert total.average <= MAX_AVERAGE, report
    assert total.share_of_long <= MAX_LONG, report
    assert total.semicolons_per_word <= MAX_SEMICOLONS, report


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_sentence_is_too_long_to_follow(page: Path) -> None:
    assert not [sentence for sentence in sentences_of(page.read_text()) if words_of(sentence) > MAX_WORDS]
