"""Where static files are served from: hashed names, so that browsers may keep them for ever."""

import re
from typing import Any

from django.core.files.base import ContentFile
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_PRIVATE = re.compile(r"#[A-Za-z]\w*")
_BEFORE_A_BRACKET = re.compile(r";(?=})|,(?=[\])}])")


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites the imports between JavaScript modules to the hashed names, too, and takes comments, layout and long names
    out of the chat's own: more than a quarter of what a visitor would load."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        if name.startswith("chat/") and name.endswith(".js"):
            module = jsmin(b"".join(content.chunks()).decode())
            content = ContentFile((_dense if name.startswith("chat/styles") else _brief)(module).encode())
        saved: str = super()._save(name, content)
        return saved


def _brief(module: str) -> str:
    """With short names for private members, which no other module knows, and without marks and lines that a bracket makes
    needless; no text of the modules holds any of them."""
    names = dict.fromkeys(_PRIVATE.findall(module))
    short = {name: f"#{chr(97 + number % 26)}{number // 26 or ''}" for number, name in enumerate(names)}
    return _BEFORE_A_BRACKET.sub("", _PRIVATE.sub(lambda found: short[found[0]], module)).replace("}\n", "}")


def _dense(css: str) -> str:
    """Styles within a template literal, which jsmin leaves as it is."""
    css = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r" ?([{};,>]) ?|(?<=:) ", r"\1", css).replace(";}", "}")
