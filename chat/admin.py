"""Django looks for the admin's classes here. They are in `chat.staff`."""

from chat.staff import answers, conversations, desk_texts, hours, replies, sites

__all__ = ["answers", "conversations", "desk_texts", "hours", "replies", "sites"]
