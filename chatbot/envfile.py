"""The text of .env, whoever saved it."""

from __future__ import annotations

from pathlib import Path


class UnreadableFile(Exception):
    """The message names the file and says how to mend it."""


def read(path: Path) -> str:
    """The file's text, empty if there is none. Raises UnreadableFile."""
    if not path.exists():
        return ""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise UnreadableFile(_sentence(path, "is saved as UTF-16", "UTF-16"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(_sentence(path, f"is not saved as UTF-8, as its line {line} shows", "ISO-8859-1")) from None


def _sentence(path: Path, wrong: str, encoding: str) -> str:
    return (
        f"{path} {wrong}. Save it as UTF-8 in your editor, or run: "
        f"iconv -f {encoding} -t UTF-8 {path.name} > new && mv new {path.name}"
    )
