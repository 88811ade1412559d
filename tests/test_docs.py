"""The docs agree with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from chat import checks, values
from chat.conf import ChatOptions
from chat.connections import protocol
from chat.models import FALLBACK_OUTCOMES, Outcome
from integrations import ADAPTERS, find
from tests.connections import test_protocol

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(ROOT.glob("docs/*.md"))


def read(name: str) -> str:
    return (ROOT / name).read_text()


def example_variables() -> list[str]:
    return re.findall(r"^([A-Z_]+)=", read(".env.example"), re.MULTILINE)


def settings_variables() -> set[str]:
    return set(re.findall(r"""(?:env\.\w+|read)\(\s*"([A-Z_]+)\"""", read("chatbot/settings.py")))


def option_variables() -> set[str]:
    classes = [ChatOptions, *(find(name).options_class for name in ADAPTERS)]
    return {variable for options in classes for variable in options.variables()}


def test_every_variable_stands_in_the_example_and_nothing_else_does() -> None:
    assert sorted(example_variables()) == sorted(settings_variables() | option_variables())


def test_every_variable_of_the_example_has_its_line_and_its_default() -> None:
    lines = read(".env.example").splitlines()
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            explanation = " ".join(lines[max(0, number - 2) : number])
            assert lines[number - 1].startswith("# ")
            assert "Default: " in explanation or "Required" in explanation, line


def test_the_defaults_in_the_example_are_those_of_the_code() -> None:
    comments = re.findall(r"((?:# .*\n)+)([A-Z_]+)=", read(".env.example"))
    said = {name: comment for comment, name in comments}
    for options in [ChatOptions, *(find(name).options_class for name in ADAPTERS)]:
        for name, default in options.defaults().items():
            if default:
                assert f"Default: {default}" in said[name].replace("\n# ", " "), name


def test_every_frame_and_field_is_documented() -> None:
    documented = read("docs/protocol.md")
    for kind, frame_class in protocol.CLIENT_FRAMES.items():
        assert f"### `{kind}`" in documented
        for field in frame_class.__struct_fields__:
            assert f"`{field}`" in documented
    for frame in test_protocol.golden("server.json"):
        assert f"### `{frame.values[0]['frame']['type']}`" in documented
        for field in frame.values[0]["frame"]:
            assert f"`{field}`" in documented


def test_every_error_code_is_documented_with_whether_it_is_temporary() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", read("docs/protocol.md"), re.MULTILINE))

    assert rows == {code: "yes" if temporary else "no" for code, (temporary, _) in values.ERRORS.items()}


def test_every_kind_of_part_is_documented() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| `", read("docs/protocol.md"), re.MULTILINE))

    from integrations.parts import Part

    assert {part.type for part in Part.__subclasses__()} <= rows


def test_every_stable_name_of_the_widget_is_documented() -> None:
    modules = "".join(path.read_text() for path in (ROOT / "chat/static/chat").rglob("*.js"))
    documented = re.sub(r"\s+", " ", read("docs/widget.md"))
    listed = set(re.findall(r"`([a-z-]+)`", documented.split("Parts for `::part()`:")[1].split(".")[0]))

    assert listed == set(re.findall(r'(?:part: |press\(|buttons\(\w+, )"([a-z-]+)"', modules))
    for name in re.findall(r"var\((--chatbot-[a-z-]+)", modules):
        assert f"`{name}`" in documented


def test_every_command_is_documented() -> None:
    for command, app in get_commands().items():
        if app == "chat":
            assert f"`manage.py {command}" in read("docs/operations.md")


def test_every_check_is_documented() -> None:
    code = Path(checks.__file__).read_text()
    documented = read("docs/operations.md")
    for identifier in set(re.findall(r"chat\.[EW]\d{3}", code)):
        assert f"`{identifier}`" in documented


def test_every_outcome_is_documented() -> None:
    for outcome, _ in FALLBACK_OUTCOMES:
        assert f"`{outcome}`" in read("docs/providers.md")
    assert f"`{Outcome.ANSWERED}`" in read("docs/providers.md")


def anchors(page: Path) -> list[str]:
    """What a link may name after `#`: the words of each heading. If a heading occurs again, a number is added."""
    found: list[str] = []
    for heading in re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    ):
        name = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        repeats = sum(re.fullmatch(rf"{name}(-\d+)?", earlier) is not None for earlier in found)
        found.append(f"{name}-{repeats}" if repeats else name)
    return found


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("*.md")), *DOCS], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text()):
        if "://" not in target:
            found = page.parent / target if target else page
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), f"{target}#{anchor}"


def test_the_readme_s_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", read("README.md"), re.MULTILINE):
        assert target in targets
    for command in re.findall(r"manage\.py (\w+)", read("README.md")):
        assert command in get_commands()


def test_every_path_of_the_code_that_a_document_names_is_there() -> None:
    places = [ROOT, ROOT / "chat", ROOT / "chat" / "static" / "chat"]
    for page in [*DOCS, *ROOT.glob("*.md"), ROOT / "findings" / "README.md"]:
        for path in re.findall(r"(?<![\w/.])(?:[a-z_]+/)+(?:[a-z_]+\.(?:py|js)\b)?", page.read_text()):
            if path.startswith(("chat/", "deploy/", "chatbot/", "integrations/", "tests/", "docs/")):
                assert any((place / path).exists() for place in places), (page.name, path)
