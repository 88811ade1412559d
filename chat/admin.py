"""Django looks for the admin's classes here. They are in `chat.staff`."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chat.models import Conversation, Site
from chat.staff import answers, desk_texts, fallback_replies, hours, intent_replies, messages
from chat.staff.conversations import ConversationAdmin
from chat.staff.sites import SiteAdmin

__all__ = ["answers", "desk_texts", "fallback_replies", "hours", "intent_replies", "messages"]

admin.site.site_header = _("Chat administration")
admin.site.site_title = _("Chat administration")
admin.site.register(Conversation, ConversationAdmin)
admin.site.register(Site, SiteAdmin)
