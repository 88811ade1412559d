"""The sites in the admin: whose pages may show the chat, how it looks there, and what to paste into them."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.addresses import normal
from chat.models import Site
from chat.sites.avatars import avatar_address, is_static_file
from chat.sites.colours import shades
from chat.sites.origins import own_origin
from chat.staff import languages
from chat.staff.versions import VersionedAdmin, VersionedForm

MAX_STARTERS, MAX_STARTER_CHARACTERS = 4, 80


class SiteForm(VersionedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # missing for staff who may only view
            interface = (tag for tag, _ in settings.LANGUAGES)
            self.fields["language"] = forms.ChoiceField(
                choices=[("", _("The visitor's")), *languages.choices(*interface, self.instance.language)],
                required=False,
                label=_("Language"),
                help_text=_("The chat's language, unless the page asks for another one."),
            )

    def clean_origins(self) -> str:
        """One origin a line, as browsers send it, without duplicates. Raises ValidationError with a sentence for each wrong
        one."""
        lines = (line.strip() for line in self.cleaned_data["origins"].splitlines())
        origins = list(dict.fromkeys(normal(line) or line for line in lines if line))
        others = {origin: site.name for site in Site.objects.exclude(pk=self.instance.pk) for origin in site.origins.split()}
        problems = [problem for origin in origins if (problem := _problem(origin, others))]
        if problems:
            raise ValidationError(problems)
        return "\n".join(origins)

    def clean_starters(self) -> str:
        """One text a line. Raises ValidationError if there are too many, or one is too long for a button."""
        starters = [line.strip() for line in self.cleaned_data["starters"].splitlines() if line.strip()]
        if len(starters) > MAX_STARTERS:
            problem = gettext("At most {most} buttons fit. Lines to take out: {over}.")
            raise ValidationError(problem.format(most=MAX_STARTERS, over=len(starters) - MAX_STARTERS))
        if any(len(starter) > MAX_STARTER_CHARACTERS for starter in starters):
            problem = gettext("A button has at most {characters} characters. Write one question a line.")
            raise ValidationError(problem.format(characters=MAX_STARTER_CHARACTERS))
        return "\n".join(starters)

    def clean_avatar(self) -> str:
        avatar: str = self.cleaned_data["avatar"]
        if avatar and not re.fullmatch(r"https://[^\s/]+/\S*", avatar) and not is_static_file(avatar):
            raise ValidationError(
                gettext(
                    "“{address}” is neither an address that begins with https:// nor a static file of the chat's server. "
                    "Example: https://www.example.com/logo.png"
                ).format(address=avatar)
            )
        return avatar

    def clean_accent(self) -> str:
        """As #rrggbb."""
        colour = normal_colour(self.cleaned_data["accent"])
        if colour is None:
            raise ValidationError(_("Write the colour as #rrggbb, six digits from 0 to f, such as #0b6a5b."))
        return colour


def normal_colour(text: str) -> str | None:
    """A colour as #rrggbb, also from #rgb and without the #. Empty stays empty. None if it is no colour."""
    digits = text.strip().removeprefix("#").lower()
    if not re.fullmatch(r"(?:[0-9a-f]{3}|[0-9a-f]{6})?", digits):
        return None
    return digits and "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def _problem(origin: str, others: dict[str, str]) -> str:
    """What is wrong with an origin, empty if nothing is. others: the names of the other sites by origin."""
    if normal(origin) is None:
        return gettext(
            "“{address}” is not the address of a website. Write https:// and the host, such as https://www.example.com. "
            "Every host needs a line of its own."
        ).format(address=origin)
    if origin in others:
        return gettext("{address} already belongs to the site “{site}”. Remove it there first.").format(
            address=origin, site=others[origin]
        )
    return ""


class SiteAdmin(VersionedAdmin):
    form = SiteForm
    list_display = ("name", "addresses", "active")

    class Media:
        css = {"all": ["chat/admin.css"]}
        js = [Script("chat/staff/looks.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        return [path("looks/", self.admin_site.admin_view(self.looks), name="chat_site_looks"), *super().get_urls()]

    def looks(self, request: HttpRequest) -> HttpResponse:
        """What the preview asks for while a form is filled in: the shades of a colour, and a picture's address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        accent, avatar = normal_colour(request.GET.get("accent", "")), request.GET.get("avatar", "")
        known = avatar.startswith("https://") or is_static_file(avatar)
        return JsonResponse(
            {"colours": shades(accent) if accent else {}, "avatar": avatar_address(avatar) if known else None}
        )

    @admin.display(description=_("addresses"))
    def addresses(self, site: Site) -> str:
        return ", ".join(site.origins.split())

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> Any:
        preview = render_to_string("admin/chat/site/looks.html", {"themes": ("light", "dark")})
        looks = ("title", "greeting", "starters", "avatar", "accent", "language", "theme")
        return [
            (None, {"fields": ("name", "origins", "active")}),
            (_("How the chat looks there"), {"fields": looks, "description": preview}),
            (_("How to add the chat to the pages"), {"fields": (), "description": _instructions(request)}),
        ]


def _instructions(request: HttpRequest) -> SafeString:
    path = reverse("widget")
    address = own_origin(request.get_host()) + path if settings.PUBLIC_URLS else request.build_absolute_uri(path)
    lines = f'<script type="module" src="{address}"></script>\n<chatbot-widget></chatbot-widget>'
    sentence = gettext("Add these two lines to each page that is to show the chat, best just before {tag}:")
    return format_html('<p>{}</p><pre class="chat-words" dir="ltr">{}</pre>', sentence.format(tag="</body>"), lines)
