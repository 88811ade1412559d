"""/site.json: the settings of a page's site, and the widget's texts.

The view is a coroutine, so it runs in the server's event loop and sees its runtime.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language_info
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from chat import conf, runtime
from chat.addresses import normal
from chat.connections import protocol
from chat.models import Site
from chat.sites import colours, strings
from chat.sites.avatars import avatar_address
from chat.sites.origins import own_origin, site_of
from chat.values import ERRORS
from integrations.languages import match


@csrf_exempt  # nothing is changed here, and a POST must get the view's own answer
@require_safe
async def site(request: HttpRequest) -> HttpResponse:
    """The settings of the asking page's site, and the widget's texts. 403 if the page may not show the chat."""
    host = request.get_host()
    origin = request.headers.get("Origin", own_origin(host))  # our own pages send none
    current = runtime.current()
    sites = await current.sites.current()
    headers = {"Vary": "Origin, Accept-Language", "Cache-Control": "no-cache"}
    site = site_of(origin, host, sites, conf.options())
    if site is None and sites is None:
        # Any page may read this, since it is no refusal: the widget tries again.
        error = {"code": "try_again", "message": ERRORS["try_again"][1]}
        return JsonResponse({"error": error}, status=503, headers={**headers, "Access-Control-Allow-Origin": "*"})
    if site is None:
        error = {"code": "origin_not_allowed", "message": _refusal(origin, is_listed=origin in (sites or ()))}
        return JsonResponse({"error": error}, status=403, headers=headers)
    language = _language(request, site)
    headers |= {"Access-Control-Allow-Origin": origin, "Content-Language": language}
    settings = _settings(site, language, current.service.max_characters)
    return JsonResponse({**settings, "person": await current.handover.is_offered()}, headers=headers)


def _settings(site: Site, language: str, max_characters: int) -> dict[str, Any]:
    words = strings.strings(language)
    return {
        "title": site.title or words["title"],
        "greeting": site.greeting or words["greeting"],
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "theme": site.theme,
        "colours": colours.shades(site.accent) if site.accent else {},
        "avatar": _below(avatar_address(site.avatar)),
        "starters": site.starters.splitlines(),
        "limits": protocol.limits(max_characters),
        "strings": words,
    }


def _below(address: str | None) -> str | None:
    """A path on the chat's server as the widget reads it: it adds the path below which the chat stands."""
    return address and address.removeprefix(django_settings.PREFIX)


def _language(request: HttpRequest, site: Site) -> str:
    """The interface's language: what the page asks for, otherwise the site's, the browser's, or English."""
    spoken = strings.languages()
    for tag in (request.GET.get("language"), site.language):
        if found := match(tag, spoken):
            return found
    return conf.preferred(request.headers.get("Accept-Language", ""), spoken) or "en"


def _refusal(origin: str, *, is_listed: bool) -> str:
    if normal(origin) != origin:
        return (
            f'The page has the origin "{origin}", which is not a web address, so it can\'t show the chat. Open the page '
            "from a web server. Trying again without that doesn't help."
        )
    if is_listed:
        return (
            f"The chat is switched off for pages of {origin}, because their site isn't active. Ask the site's staff to "
            "make it active in the administration, under Sites. Then try again."
        )
    return (
        f"Pages of {origin} may not show this chat. Ask the site's staff to add {origin} in the administration, under "
        "Sites. Then try again."
    )
