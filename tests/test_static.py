"""The widget's modules as they are served: without comments and layout, and else as they are written."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from urllib.parse import urljoin

import pytest

from chatbot.static import stripped
from tests import packages
from tests.support.servers import ROOT, Site, needed

STATIC = ROOT / "chat" / "static"
COMPARE = ROOT / "tests" / "same_tree.mjs"


@pytest.mark.parametrize(
    ("written", "served"),
    [
        ("const a = `x ${`https://y`} z`; // why", "const a=`x ${`https://y`} z`;"),
        ("const b = `x ${f(`two  blanks`)}`;", "const b=`x ${f(`two  blanks`)}`;"),
        ("const c = (t) => /two  blanks/.test(t);", "const c=(t)=>/two  blanks/.test(t);"),
        ("const d = `two  blanks // ${x}`; /* why */", "const d=`two  blanks // ${x}`;"),
        ("return_ = a + +b - -c / / x/.y;", "return_=a+ +b- -c/ / x/.y;"),
        ("class A { static #b = 1; get c() { return 1 .d; } }", "class A{static #b=1;get c(){return 1 .d;}}"),
        ("import { a as b } from './a.js';\nasync function* f() {}", "import{a as b}from'./a.js';async function*f(){}"),
        ("x = y instanceof Z ? 'é' : typeof é in o;", "x=y instanceof Z?'é':typeof é in o;"),
    ],
)  # fmt: skip
def test_comments_and_layout_go_and_nothing_else(written: str, served: str) -> None:
    assert stripped(written.encode()).decode() == served


@pytest.mark.parametrize("written", ["const a = ;", "a = 1\nb = 2\n", "return_ = 1\n++b"])
def test_what_would_mean_something_else_is_not_served(written: str) -> None:
    with pytest.raises(ValueError, match=r"JavaScript|semicolon"):
        stripped(written.encode())


def test_every_module_that_is_served_parses_to_the_tree_of_its_source(site: Site) -> None:
    packages.installed()
    node = needed(shutil.which("node"), "nodejs")
    manifest = json.loads((ROOT / ".static" / "staticfiles.json").read_text())["paths"]
    sources = sorted(STATIC.rglob("*.js"))
    pairs = []
    for source in sources:
        address = urljoin(site.url, f"/static/{manifest[str(source.relative_to(STATIC))]}")
        with urllib.request.urlopen(address) as response:
            pairs.append([source.read_text(), response.read().decode()])

    done = subprocess.run([node, COMPARE], input=json.dumps(pairs), capture_output=True, text=True, check=False)

    assert len(sources) > 20
    assert done.returncode == 0, done.stderr
    assert all("\n//" not in served and "/**" not in served for _, served in pairs)
