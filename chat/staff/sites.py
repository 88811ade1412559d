"""The sites in the admin: whose pages may show the chat, and what to paste into them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.addresses import normal
from chat.models import Site
from chat.sites.origins import own_origin
from chat.staff import languages
from chat.staff.versions import VersionedAdmin, VersionedForm


class SiteForm(VersionedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # missing for staff who may only view
            interface = (tag for tag, _ in settings.LANGUAGES)
            self.fields["language"] = forms.ChoiceField(
                choices=[("", "The visitor's"), *languages.choices(*interface, self.instance.language)],
                required=False,
                help_text="The chat's language, unless the page asks for another one.",
            )

    def clean_origins(self) -> str:
        """One origin a line, without duplicates. Raises ValidationError with a sentence for each wrong one."""
        lines = (line.strip() for line in self.cleaned_data["origins"].splitlines())
        origins = list(dict.fromkeys(line for line in lines if line))
        others = {origin: site.name for site in Site.objects.exclude(pk=self.instance.pk) for origin in site.origins.split()}
        problems = [problem for origin in origins if (problem := _problem(origin, others))]
        if problems:
            raise ValidationError(problems)
        return "\n".join(origins)


def _problem(origin: str, others: dict[str, str]) -> str:
    """What is wrong with an origin, empty if nothing is. others: the names of the other sites by origin."""
    right = normal(origin)
    if right is None:
        return (
            f"“{origin}” is not the address of a website. Write https:// and the host, such as https://www.example.com. "
            "Every host needs a line of its own."
        )
    if right != origin:
        return f"“{origin}” must be written as browsers do: {right}"
    if origin in others:
        return f"{origin} already belongs to the site “{others[origin]}”. Remove it there first."
    return ""


class SiteAdmin(VersionedAdmin):
    form = SiteForm
    list_display = ("name", "addresses", "active")

    class Media:
        css = {"all": ["chat/admin.css"]}

    @admin.display(description="addresses")
    def addresses(self, site: Site) -> str:
        return ", ".join(site.origins.split())

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> Any:
        return [
            (None, {"fields": ("name", "origins", "active")}),
            ("How the chat looks there", {"fields": ("title", "greeting", "language", "theme")}),
            ("How to add the chat to the pages", {"fields": (), "description": _instructions(request)}),
        ]


def _instructions(request: HttpRequest) -> SafeString:
    path = reverse("widget")
    address = own_origin(request.get_host()) + path if settings.PUBLIC_URLS else request.build_absolute_uri(path)
    lines = f'<script type="module" src="{address}"></script>\n<chatbot-widget></chatbot-widget>'
    return format_html(
        "<p>Add these two lines to each page that is to show the chat, best just before "
        "<code>&lt;/body&gt;</code>:</p>"
        '<pre class="chat-words">{}</pre>',
        lines,
    )
