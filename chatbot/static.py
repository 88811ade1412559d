"""Static files are served under hashed names, so that browsers may keep them for ever."""

import re
from typing import Any

from django.core.files.base import ContentFile
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_PRIVATE = re.compile(r"#[A-Za-z]\w*")
_BEFORE_A_BRACKET = re.compile(r";(?=})|,(?=[\])}])")


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites the imports between JavaScript modules to the hashed names. It removes comments, layout and long names
    from the chat's own modules, more than a quarter of what a visitor would load."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        if name.startswith("chat/") and name.endswith(".js"):
            module = jsmin(b"".join(content.chunks()).decode())
            content = ContentFile((_dense if name.startswith("chat/styles") else _brief)(module).encode())
        saved: str = super()._save(name, content)
        return saved


def _brief(module: str) -> str:
    """With short names for private members, which are used in one module only. Without commas, semicolons and line ends that
    a bracket makes needless. No text in the modules contains any of these."""
    names = dict.fromkeys(_PRIVATE.findall(module))
    short = {name: f"#{chr(97 + number % 26)}{number // 26 or ''}" for number, name in enumerate(names)}
    return _BEFORE_A_BRACKET.sub("", _PRIVATE.sub(lambda found: short[found[0]], module)).replace("}\n", "}")


def _dense(css: str) -> str:
    """Styles in a template literal. jsmin doesn't change them."""
    css = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r" ?([{};,>]) ?|(?<=:) ", r"\1", css).replace(";}", "}")
