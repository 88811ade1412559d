"""Where static files are served from: hashed names, so that browsers may keep them for ever."""

import re
from typing import Any

from django.core.files.base import ContentFile
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites the imports between JavaScript modules to the hashed names, too, and takes comments and layout out of the
    chat's own: a quarter of what a visitor would load."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        if name.startswith("chat/") and name.endswith(".js"):
            module = jsmin(b"".join(content.chunks()).decode())
            content = ContentFile((_dense(module) if name.startswith("chat/styles") else module).encode())
        saved: str = super()._save(name, content)
        return saved


def _dense(css: str) -> str:
    """Styles within a template literal, which jsmin leaves as it is."""
    css = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r" ?([{};,]) ?", r"\1", css)
