"""The chat's own page and its icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page with the chat."""
    return render(request, "chat/page.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for the icon at this address if a page, such as the admin's, names none."""
    return redirect(static("chat/favicon.svg"))
