"""What the models have in common that staff edit."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations import Part, Text, read_parts


class Versioned(models.Model):
    """What staff edit. version: grows with each save, so that the admin notices two who edit at the same time."""

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self.version += 1
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        super().save(*args, **kwargs)


class WithParts(models.Model):
    """Words that may have more below them. parts: as a message's, without the words themselves."""

    text: Any
    parts = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        verbose_name=_("below the text"),
        help_text=_("Buttons, links, cards, pictures and lists, in the order in which visitors see them."),
    )

    class Meta:
        abstract = True

    @property
    def said(self) -> tuple[Part, ...]:
        """What the visitor gets."""
        return (Text(self.text), *read_parts(self.parts))
