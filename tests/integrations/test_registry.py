import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from integrations import ADAPTERS, Adapter, ConfigurationError, Utterance, create, find
from integrations.providers.echo import EchoAdapter


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's own module, importable as `site_bot`. The test fills it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "site_bot", raising=False)
    return tmp_path / "site_bot.py"


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_listed_provider_is_found_under_its_name(name: str) -> None:
    assert find(name).name == name


def test_a_dotted_path_is_found() -> None:
    assert find("integrations.providers.echo.EchoAdapter") is EchoAdapter


def test_an_adapter_is_made_from_its_own_variables() -> None:
    assert isinstance(create("echo", {"WIT_ACCESS_TOKEN": "another provider's"}), EchoAdapter)


def test_a_missing_variable_of_the_provider_is_named() -> None:
    with pytest.raises(ConfigurationError, match="WIT_ACCESS_TOKEN is not set"):
        create("wit", {})


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("eliza", "names no provider. It must be one of echo, faq, dialogflow, dialogflow_cx, wit, or the dotted path"),
        ("", "names no provider"),
        ("no.such.Adapter", "can't be imported (ModuleNotFoundError of no)"),
        ("integrations.providers.echo.NoSuchAdapter", "can't be imported (AttributeError"),
        (".echo.EchoAdapter", "can't be imported"),
        ("integrations.providers.echo.PARTS", "not a subclass"),
        ("pathlib.Path", "not a subclass"),
        ("integrations.Adapter", "lacks name, options_class or detect_intent"),
    ],
)
def test_a_provider_that_can_t_be_had_is_explained(provider: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(provider)

    assert str(caught.value).startswith("CHATBOT_PROVIDER ")
    assert said in str(caught.value)
    assert str(caught.value).endswith("Example: CHATBOT_PROVIDER=echo")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import a_library_that_is_missing", "ModuleNotFoundError of a_library_that_is_missing"),
        ("class SiteAdapter(", "SyntaxError"),
        ("raise RuntimeError('secret-thing')", "RuntimeError"),
        ("from integrations import Adapter\nclass SiteAdapter(Adapter): pass", "lacks"),
    ],
)
def test_a_site_s_own_module_that_is_broken_is_explained(site: Path, code: str, said: str) -> None:
    site.write_text(code)

    with pytest.raises(ConfigurationError) as caught:
        find("site_bot.SiteAdapter")

    assert said in str(caught.value)
    assert "secret-thing" not in str(caught.value)


def test_the_example_of_the_documentation_works(site: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "providers.md").read_text()
    site.write_text(page.split("```python\n")[1].split("```")[0])

    adapter = create("site_bot.OpeningHours", {"HOURS_TEXT": "From nine to five."})
    reply = asyncio.run(adapter.detect_intent(Utterance(session="s", language="en", text="When are you open?")))
    other = asyncio.run(adapter.detect_intent(Utterance(session="s", language="en", text="Hello")))

    assert isinstance(adapter, Adapter)
    assert [part.plain for part in reply.parts] == ["From nine to five."]
    assert other.is_fallback
    with pytest.raises(ConfigurationError, match="HOURS_TEXT is not set"):
        create("site_bot.OpeningHours", {})


BROKEN = {
    "syntax": ("class Adapter(:\n", r"SyntaxError at broken_syntax\.py, line 1"),
    "imports": ("\n\nimport no_such_module\n", r"ModuleNotFoundError of no_such_module at broken_imports\.py, line 3"),
    "import_time": ("def f():\n    raise KeyError('s3cret')\nf()\n", r"KeyError at broken_import_time\.py, line 2"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_module_is_told_with_file_and_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = BROKEN[name]
    (tmp_path / f"broken_{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ConfigurationError, match=said) as caught:
        find(f"broken_{name}.Adapter")
    assert "s3cret" not in str(caught.value)


def test_an_adapter_that_can_t_be_made_is_told_with_file_and_line() -> None:
    with pytest.raises(ConfigurationError, match=r"ValueError when it was made, at own_adapter\.py, line \d") as caught:
        create("tests.support.own_adapter.OwnAdapter", {"CHATBOT_OWN_WORDS": "/broken"})
    assert "s3cret" not in str(caught.value)


def test_what_a_provider_needs_and_is_not_installed_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("integrations.providers.faq")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "numpy", None)

    with pytest.raises(ConfigurationError, match=r"needs numpy, which is not installed\. `make run` installs it"):
        find("faq")


def test_no_other_provider_imports_numpy() -> None:
    script = "import sys, integrations\nfor name in {!r}: integrations.find(name)\nprint('numpy' in sys.modules)"
    others = [name for name in ADAPTERS if name != "faq"]

    done = subprocess.run([sys.executable, "-c", script.format(others)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
