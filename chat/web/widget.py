"""/widget.js: the module that pages name."""

from __future__ import annotations

import functools
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

_STATIC = Path(__file__).parents[1] / "static"
_ENTRY = "chat/widget.js"
_OTHERS = ("chat/later/", "chat/desk/", "chat/staff/")
"""The folders of the modules that are loaded only if a visitor needs them, and of the desk's and the admin's."""


@require_safe
async def widget(request: HttpRequest) -> HttpResponse:
    """The module that pages name. Its address stays the same. The modules that it imports get new ones with every version.

    It imports all that every visitor needs, so that the browser fetches them at the same time and not level by level.
    """
    lines = [f'import "{static(module)}";' for module in _modules()]
    lines.append(f'import {{ start }} from "{static(_ENTRY)}";')
    lines.append("start(import.meta.url);\n")
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return HttpResponse("\n".join(lines), content_type="text/javascript", headers=headers)


@functools.cache
def _modules() -> list[str]:
    """The static names of all modules that every visitor needs, except the entry."""
    names = (str(path.relative_to(_STATIC)) for path in _STATIC.rglob("*.js"))
    return sorted(name for name in names if name != _ENTRY and not name.startswith(_OTHERS))
