"""The chat's addresses."""

from django.urls import path

from chat import health, views

urlpatterns = [
    path("favicon.ico", views.favicon),
    path("", views.page, name="page"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]
