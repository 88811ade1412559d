"""The chat's addresses."""

from django.urls import path

from chat import views

urlpatterns = [path("", views.page, name="page")]
