"""The chat's addresses."""

from django.urls import path

from chat import embedding, health, views

urlpatterns = [
    path("favicon.ico", views.favicon),
    path("", views.page, name="page"),
    path("site.json", embedding.site, name="site"),
    path("widget.js", embedding.widget, name="widget"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]
