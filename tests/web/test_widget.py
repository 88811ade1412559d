"""The widget's pure modules, tested by node's own runner."""

import shutil
import subprocess

from tests.support.servers import ROOT, needed


def test_the_widget_s_modules_pass_their_tests() -> None:
    node = needed(shutil.which("node"), "nodejs")
    tests = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/js/*.test.js"))

    done = subprocess.run([node, "--test", *tests], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert tests
    assert done.returncode == 0, done.stdout
