"""The Markdown files, docstrings and comments are easy to read: short sentences, few long ones, hardly a semicolon.

How it is counted:

- Every Markdown file counts, except CHANGELOG.md and those in hidden folders.
- Code blocks, tables, HTML, pictures and the targets of links don't count. The text of a link does.
- A sentence ends at a full stop, a question mark or an exclamation mark before white space. Quotation marks, brackets and
  asterisks may come in between. A heading, a list item and a paragraph end one, too. A colon and a semicolon don't.
- Words are what white space separates, if it holds a letter or a digit. Inline code is one word, however long.
- Docstrings and comments are read like Markdown. Comments on consecutive lines are one paragraph.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if path.name != "CHANGELOG.md"
    and not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)
)
CODE = sorted(
    path
    for folder in ("benchmarks", "chat", "chatbot", "integrations", "templates", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".js", ".html") and "migrations" not in path.parts
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

FOR_A_TOOL = re.compile(r"(noqa(: [A-Z]+\d+(, [A-Z]+\d+)*)?|type: ignore(\[[\w, -]+\])?|eslint-\S+)( - )?")
INDENTED = re.compile(r"^ {4}.*$", re.MULTILINE)  # a table or a drawing
IN_SCRIPTS = re.compile(r"/\*(?P<block>.*?)\*/|(?:^|(?<=\s))//(?P<line>[^\n]*)", re.DOTALL | re.MULTILINE)
IN_TEMPLATES = re.compile(r"{#(.*?)#}|{% comment %}(.*?){% endcomment %}", re.DOTALL)


def sentences_of(markdown: str) -> list[str]:
    for pattern in NO_PROSE:
        markdown = pattern.sub("\n\n", markdown)
    markdown = INLINE_CODE.sub("code", LINK.sub(r"\1", IN_PROSE.sub("", markdown)))
    markdown = END_OF_HEADING.sub(r"\1\n", markdown)
    blocks = [LIST_OR_HEADING.sub("", block.strip("\n")) for block in START_OF_BLOCK.split(markdown)]
    return [sentence for block in blocks for sentence in END_OF_SENTENCE.split(block) if words_of(sentence)]


def prose_of(code: str, suffix: str) -> Iterator[str]:
    """The docstrings of a source file, and its comments."""
    if suffix == ".html":
        yield from (" ".join(filter(None, match.groups())) for match in IN_TEMPLATES.finditer(code))
        return
    comments: list[tuple[int, str]] = []
    if suffix == ".js":
        for match in IN_SCRIPTS.finditer(code):
            if match["block"]:
                yield re.sub(r"^\s*\*", "", match["block"], flags=re.MULTILINE)
            else:
                comments.append((code.count("\n", 0, match.start()), match["line"]))
    else:
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                yield INDENTED.sub("", inspect.cleandoc(node.value.value))
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                comment = FOR_A_TOOL.sub("", token.string.lstrip("#! "))
                if token.line.lstrip().startswith("#"):
                    comments.append((token.start[0], comment))
                else:
                    yield comment
    paragraph, last = "", 0
    for line, comment in comments:
        if line != last + 1:
            yield paragraph
            paragraph = ""
        paragraph, last = f"{paragraph} {comment.strip()}", line
    yield paragraph


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


def test_the_rules_for_code() -> None:
    python = '''"""A docstring.

- One; two.

    a table;
"""
URL = "https://example.com"  # the end
"""What it is."""
# Two lines
# of a comment.
x = 1  # noqa: S101 - a reason
'''
    script = """/** What it does. */
const url = "https://example.com" // the end

// Two lines
// of a comment.
"""

    assert prose(python, ".py") == [
        "A docstring.\n\n- One; two.",
        "What it is.",
        "the end",
        "a reason",
        "Two lines of a comment.",
    ]
    assert prose(script, ".js") == ["What it does.", "the end", "Two lines of a comment."]
    assert prose("{# Why. #}<p>", ".html") == ["Why."]


def prose(code: str, suffix: str) -> list[str]:
    return list(filter(None, map(str.strip, prose_of(code, suffix))))


def test_the_files_are_found() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in [*PAGES, *CODE]}

    assert {"README.md", "docs/protocol.md", "chat/values.py", "chat/static/chat/chat.js", "tests/test_prose.py"} <= found


def sentences_in(path: Path) -> list[str]:
    text = path.read_text()
    if path.suffix == ".md":
        return sentences_of(text)
    return [sentence for prose in prose_of(text, path.suffix) for sentence in sentences_of(prose)]


@pytest.mark.parametrize("files", [PAGES, CODE], ids=["Markdown", "code"])
def test_the_prose_is_easy_to_read(files: list[Path]) -> None:
    found = {path.relative_to(ROOT).as_posix(): sentences_in(path) for path in files}
    found["all"] = [sentence for sentences in found.values() for sentence in sentences]
    report = "\n".join(f"{name:40} {Numbers.of(sentences)}" for name, sentences in found.items())
    total = Numbers.of(found["all"])

    assert total.average <= MAX_AVERAGE, report
    assert total.share_of_long <= MAX_LONG, report
    assert total.semicolons_per_word <= MAX_SEMICOLONS, report


@pytest.mark.parametrize("path", [*PAGES, *CODE], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_is_too_long_to_follow(path: Path) -> None:
    assert not [sentence for sentence in sentences_in(path) if words_of(sentence) > MAX_WORDS]
