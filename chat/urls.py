"""The chat's URLs."""

from django.urls import path

from chat.web import health, pages, refusals, site, widget

urlpatterns = [
    path("favicon.ico", pages.favicon),
    path("", pages.page, name="page"),
    path("site.json", site.site, name="site"),
    path("widget.js", widget.widget, name="widget"),
    path("ws/chat/", refusals.no_upgrade),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]
