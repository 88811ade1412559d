"""The chat's own page and its icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

TEXTS = {
    "title": gettext_noop("Chat with us"),
    "description": gettext_noop("Ask us anything in the chat."),
    "question": gettext_noop("A question? Just ask."),
    "lead": gettext_noop(
        "Press the round button in the corner and write as you would to a person. The answer comes while you are still here."
    ),
    "noscript": gettext_noop(
        "The chat needs JavaScript. Please allow it for this page, or reach us by telephone, e-mail or post."
    ),
    "hours": gettext_noop("At any hour"),
    "hours_more": gettext_noop("The assistant answers day and night, in your language."),
    "kept": gettext_noop("Nothing gets lost"),
    "kept_more": gettext_noop("Close the page and come back: the conversation is still there."),
    "private": gettext_noop("Yours alone"),
    "private_more": gettext_noop("No account, no cookies from others, nothing loaded from elsewhere."),
    "staff": gettext_noop("For our staff"),
}
"""The page's texts in English, by their names in the template."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page that shows the chat, in the browser's language."""
    return render(request, "chat/page.html", {"texts": {name: gettext(text) for name, text in TEXTS.items()}})


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for the icon at this address if a page, such as the admin's, names none."""
    return redirect(static("chat/favicon.svg"))
