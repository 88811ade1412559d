"""What a page that holds the chat asks for: the widget's modules, and what its site has set.

The views are coroutines, so that they run in the server's event loop and see its runtime.
"""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.translation import (
    get_language_from_request,
    get_language_info,
    get_supported_language_variant,
)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from chat import conf, protocol, runtime
from chat.models import Site
from chat.origins import normal, own_origin, site_of
from chat.strings import strings
from chat.values import ERRORS

_STATIC = Path(__file__).parent / "static"
_ENTRY = "chat/widget.js"


@require_safe
async def widget(request: HttpRequest) -> HttpResponse:
    """The module that pages name: its address stays, while those of the modules that it imports change with every version.

    It imports all of them, so that the browser fetches them side by side instead of level by level.
    """
    lines = [f'import "{static(module)}";' for module in _modules()]
    lines.append(f'import {{ start }} from "{static(_ENTRY)}";')
    lines.append("start(import.meta.url);\n")
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return HttpResponse("\n".join(lines), content_type="text/javascript", headers=headers)


@functools.cache
def _modules() -> list[str]:
    """The static names of all modules but the entry."""
    names = (str(path.relative_to(_STATIC)) for path in _STATIC.rglob("*.js"))
    return sorted(name for name in names if name != _ENTRY)


@csrf_exempt  # it changes nothing, and Django's check would answer a POST before it is told that there is none
@require_safe
async def site(request: HttpRequest) -> HttpResponse:
    """What the site of the page that asks has set, and the widget's words; 403 where its pages may not hold the chat."""
    host = request.get_host()
    origin = request.headers.get("Origin", own_origin(host))  # a page of our own sends none
    current = runtime.current()
    sites = await current.sites.current()
    headers = {"Vary": "Origin, Accept-Language", "Cache-Control": "no-cache"}
    site = site_of(origin, host, sites, conf.options())
    if site is None and sites is None:
        # Any page may read this: it is no refusal, and the widget comes back.
        error = {"code": "try_again", "message": ERRORS["try_again"][1]}
        return JsonResponse({"error": error}, status=503, headers={**headers, "Access-Control-Allow-Origin": "*"})
    if site is None:
        error = {"code": "origin_not_allowed", "message": _refusal(origin, is_listed=origin in (sites or ()))}
        return JsonResponse({"error": error}, status=403, headers=headers)
    language = _language(request, site)
    headers |= {"Access-Control-Allow-Origin": origin, "Content-Language": language}
    return JsonResponse(_settings(site, language, current.service.max_characters), headers=headers)


def _settings(site: Site, language: str, max_characters: int) -> dict[str, Any]:
    words = strings(language)
    return {
        "title": site.title or words["title"],
        "greeting": site.greeting or words["greeting"],
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "theme": site.theme,
        "limits": protocol.limits(max_characters),
        "strings": words,
    }


def _language(request: HttpRequest, site: Site) -> str:
    """The interface's language: what the page asks for, else the site's, else the browser's, else English."""
    for tag in (request.GET.get("language", ""), site.language):
        with contextlib.suppress(LookupError):
            return get_supported_language_variant(tag.lower())
    return get_language_from_request(request)


def _refusal(origin: str, *, is_listed: bool) -> str:
    if normal(origin) != origin:
        return (
            f'The page has the origin "{origin}", which is no web address, so it can\'t hold the chat. Open the page from '
            "a web server; trying again without that doesn't help."
        )
    if is_listed:
        return (
            f"The chat is switched off for pages of {origin}: their site isn't active. Once staff make it active in the "
            "administration, under Sites, trying again helps."
        )
    return (
        f"Pages of {origin} may not hold this chat. Once staff add {origin} to a site in the administration, under Sites, "
        "trying again helps."
    )
