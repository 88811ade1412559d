"""The project's URLs."""

from django.contrib import admin
from django.urls import include, path

from chat.staff import desk

urlpatterns = [
    path("admin/chat/desk/", admin.site.admin_view(desk.page), name="desk"),
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]
handler400 = "chat.web.refusals.bad_request"
handler403 = "chat.staff.errors.forbidden"
handler404 = "chat.staff.errors.not_found"
