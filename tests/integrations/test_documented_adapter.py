"""The adapter and the server in docs/providers.md work as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations import Button, Image, QuickReplies, Text, Utterance
from integrations.testing import Provider
from integrations.testing.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "providers.md").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """With the files that the page tells to make."""
    for name, code in re.findall(r"Put this into `(\w+)\.py`.*?```python\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("webhook", "webhook_server"):
        sys.modules.pop(name, None)


def test_the_documented_command_finds_that_the_adapter_keeps_every_rule(folder: Path) -> None:
    [arguments] = re.findall(r"^\.venv/bin/python (-m integrations\.testing .*)$", PAGE, re.MULTILINE)

    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "0 broken" in done.stdout


async def test_it_makes_texts_buttons_and_pictures_of_the_webhook_s_answer(folder: Path) -> None:
    from webhook_server import FakeWebhook  # type: ignore[import-not-found]

    fake: Provider = FakeWebhook()
    fake.start()
    adapter = fake.adapter()
    reply = await adapter.detect_intent(Utterance(session="s", language="en", text=fake.answers()))
    await adapter.aclose()
    fake.stop()

    assert reply.parts == (
        Text("We have two rooms."),
        Image("https://example.com/room.jpg"),
        QuickReplies("Which one?", (Button("Single", message="The single room"),)),
    )


def test_every_rule_is_documented() -> None:
    table = PAGE.split("| rule | the adapter |")[1].split("\n\n")[0]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [rule.name for rule in RULES]
