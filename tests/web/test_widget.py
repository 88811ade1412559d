"""The widget's pure modules, tested by node's own runner."""

import re
import shutil
import subprocess

from tests.support.servers import ROOT, needed


def test_the_widget_s_modules_pass_their_tests() -> None:
    node = needed(shutil.which("node"), "nodejs")
    tests = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/js/*.test.js"))

    done = subprocess.run([node, "--test", *tests], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert tests
    assert done.returncode == 0, done.stdout


def test_no_text_holds_what_is_shortened_before_it_is_served() -> None:
    # Private names are shortened, and commas and semicolons before a closing bracket are removed.
    found = [
        match[0]
        for path in ROOT.glob("chat/static/chat/**/*.js")
        if path.name != "styles.js"
        for line in path.read_text().splitlines()
        for match in re.finditer(r"(\"[^\"]*\"|'[^']*'|`[^`$]*`)", line)
        if re.search(r"#[A-Za-z]|;}|,[\])}]", match[0])
    ]

    assert found == []


def test_no_template_stands_within_another() -> None:
    # The minifier takes the inner one for the end of the outer, and removes spaces from a visitor's text.
    nested = re.compile(r"`[^`]*\$\{[^}`]*`")
    modules = {path.name: path.read_text() for path in ROOT.glob("chat/static/chat/**/*.js")}

    assert modules
    assert [name for name, text in modules.items() if name != "styles.js" and nested.search(text)] == []
