"""The field for what comes below the words: a form for each button, link, card, picture, list, and entry of a list.

The forms are flat. A button on a card comes right after its card, and an entry after its list. Without JavaScript there are
two empty forms below the others, and chat/static/chat/staff/parts.js replaces them by buttons.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME, ORDERING_FIELD_NAME
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.staff.part_rows import parts_of, rows_of
from integrations.parts import (
    MAX_ADDRESS_CHARACTERS,
    MAX_ITEMS,
    Image,
    Part,
    is_address,
    read_parts,
    safe_url,
)

if TYPE_CHECKING:
    PartsFormSet = forms.BaseFormSet["PartForm"]
else:
    PartsFormSet = forms.BaseFormSet

MAX_BYTES = 16 * 1024
"""Of all parts. Together with the words they fit into a reply."""
EMPTY_FORMS = 2
PRESSED = ("title", "says", "address")
KINDS = {
    "button": (_("Button"), PRESSED),
    "link": (_("Link"), ("title", "address")),
    "card": (_("Card"), ("title", "text", "picture", "alt")),
    "card_button": (_("Button on the card above"), PRESSED),
    "image": (_("Picture"), ("picture", "alt")),
    "list": (_("List"), ("title",)),
    "entry": (_("Entry of the list above"), ("title", "text", "picture", "alt", "says", "address")),
}
"""By kind: its name, and the fields that it uses."""
BELOW = {"card_button": "card", "entry": "list"}
"""What comes only right after something else, or after another one of its kind there."""
NOTHING_ABOVE = {
    "card": _("There is no card right above. Move this below one, or choose something else."),
    "list": _("There is no list right above. Move this below one, or choose something else."),
}


class PartForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[("", "---------"), *((kind, name) for kind, (name, _) in KINDS.items())], required=False
    )
    title = forms.CharField(required=False, max_length=300, label=_("Words or title"))
    text = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "cols": 40}), label=_("Text")
    )
    picture = forms.CharField(
        required=False,
        max_length=MAX_ADDRESS_CHARACTERS,
        label=_("Address of the picture"),
        help_text=_("Such as https://www.example.com/room.jpg."),
    )
    alt = forms.CharField(
        required=False,
        max_length=500,
        label=_("What the picture shows"),
        help_text=_("In words, for visitors who can't see it."),
    )
    says = forms.CharField(
        required=False,
        max_length=500,
        label=_("What the visitor says"),
        help_text=_("Pressing it sends this. Empty: its own words are sent, unless an address is opened."),
    )
    address = forms.CharField(
        required=False,
        max_length=MAX_ADDRESS_CHARACTERS,
        label=_("Address to open"),
        help_text=_("Such as https://www.example.com/prices, mailto:shop@example.com or tel:+491234567."),
    )

    @property
    def name(self) -> str:
        """What the form is for."""
        return str(KINDS[kind][0] if (kind := self["kind"].value()) in KINDS else _("Something new"))

    def used_by(self) -> list[tuple[forms.BoundField, str]]:
        """Each field of a kind, and the kinds that use it."""
        names = [name for name in self.fields if name not in ("kind", DELETION_FIELD_NAME, ORDERING_FIELD_NAME)]
        return [(self[name], " ".join(kind for kind, (_, used) in KINDS.items() if name in used)) for name in names]

    def clean(self) -> None:
        found = {name: self.cleaned_data.get(name, "") for name in ("title", "text", "picture", "alt", "says", "address")}
        kind = self.cleaned_data.get("kind", "")
        if not kind:
            if any(found.values()):
                self.add_error("kind", _("Choose what this is, or delete what is written below."))
            return
        name, used = KINDS[kind]
        for unused in (field for field in found if found[field] and field not in used):
            self.add_error(
                unused,
                gettext("This isn't shown with “{kind}”. Delete it, or choose something else above.").format(kind=name),
            )
        if found["address"] and "address" in used and not safe_url(found["address"]):
            self.add_error("address", _("No browser can open this. Write a whole address, such as https://www.example.com."))
        if found["picture"] and "picture" in used:
            self._check_picture(found["picture"])
        self._check(kind, name, found)

    def _check(self, kind: str, name: Any, found: dict[str, str]) -> None:
        """What the kind needs. Fields that are wrong already aren't reported again."""
        if kind in ("button", "card_button", "link", "entry") and not found["title"]:
            self._refuse("title", gettext("{kind}: write the words that visitors read.").format(kind=name))
        if kind == "link" and not found["address"]:
            self._refuse("address", _("A link needs an address to open."))
        if kind == "card" and not (found["title"] or found["text"]):
            self._refuse("title", _("A card needs a title or a text."))
        if kind == "image" and not found["picture"]:
            self._refuse("picture", _("Write the address of the picture."))
        if kind == "image" and not found["alt"]:
            self._refuse("alt", _("Say in words what the picture shows."))
        if kind != "image" and found["alt"] and not found["picture"] and "picture" in KINDS[kind][1]:
            self._refuse("picture", _("Write the address of the picture, or delete what it shows."))
        if "says" in KINDS[kind][1] and found["says"]:
            if found["address"]:
                self._refuse("says", _("It either says something or opens an address. Delete one of them."))
            elif is_address(found["says"]):
                self._refuse("says", _("This is an address. Write it into the field for it."))

    def _check_picture(self, address: str) -> None:
        try:
            Image(address)
            kind = mimetypes.guess_type(urlsplit(address).path)[0]
        except ValueError:
            self._refuse(
                "picture", _("No browser can load this. Write a whole address, such as https://www.example.com/room.jpg.")
            )
            return
        if kind is not None and not kind.startswith("image/"):
            self._refuse(
                "picture", _("This is the address of a page or a file, not of a picture. Copy the picture's own address.")
            )

    def _refuse(self, field: str, message: Any) -> None:
        if field not in self.errors:
            self.add_error(field, message)


class BasePartFormSet(PartsFormSet):
    def add_fields(self, form: PartForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields[ORDERING_FIELD_NAME].label = _("Place")

    def clean(self) -> None:
        """Buttons on a card and entries come below what they belong to, and a list has entries."""
        if any(self.errors):
            return
        above: forms.Form | None = None
        amount = 0
        for form in self.filled():
            kind = form.cleaned_data["kind"]
            owner = BELOW.get(kind)
            if owner is None:
                self._check_list(above, amount)
                above, amount = form, 0
            elif above is None or above.cleaned_data["kind"] != owner:
                form.add_error("kind", NOTHING_ABOVE[owner])
            else:
                amount += 1
        self._check_list(above, amount)

    def _check_list(self, form: forms.Form | None, entries: int) -> None:
        if form is not None and form.cleaned_data["kind"] == "list" and not entries:
            form.add_error("kind", _("A list needs entries. Add them below it, or delete it."))

    def filled(self) -> list[PartForm]:
        """The forms that aren't empty or deleted, in their order. All must be valid."""
        forms = [form for form in self.forms if form.cleaned_data.get("kind") and form not in self.deleted_forms]
        last = len(self.forms)
        return sorted(forms, key=lambda form: form.cleaned_data.get(ORDERING_FIELD_NAME) or last + 1)

    def parts(self) -> tuple[Part, ...]:
        """What the forms say. They must be valid."""
        return parts_of(form.cleaned_data for form in self.filled())


class PartsWidget(forms.Widget):
    use_fieldset = True

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=[Script("chat/staff/parts.js", type="module")])  # type: ignore[list-item]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> BasePartFormSet | None:
        return None if self.value_omitted_from_data(data, files, name) else form_set(data, prefix=name)  # type: ignore[return-value]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-TOTAL_FORMS" not in data

    def id_for_label(self, id_: str) -> str:
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        if not isinstance(value, BasePartFormSet):
            value = form_set(initial=rows_of(read_parts(value)), prefix=name)
        kinds = [(kind, kind_name) for kind, (kind_name, _) in KINDS.items()]
        return render_to_string("admin/chat/parts.html", {"formset": value, "kinds": kinds})


class PartsField(forms.Field):
    """A list of parts as JSON, each as in a message."""

    widget = PartsWidget

    def clean(self, value: BasePartFormSet | None) -> list[dict[str, Any]]:
        if value is None:
            return []
        if not value.is_valid():
            raise ValidationError(_("Some of what comes below the text can't be used. Correct what is marked there."))
        parts = [part.as_json() for part in value.parts()]
        if len(msgspec.json.encode(parts)) > MAX_BYTES:
            raise ValidationError(_("What comes below the text is too long altogether. Shorten or delete some of it."))
        return parts

    def has_changed(self, initial: Any, data: BasePartFormSet | None) -> bool:
        if data is None:
            return False
        return not data.is_valid() or [part.as_json() for part in data.parts()] != (initial or [])


form_set = forms.formset_factory(
    PartForm,
    formset=BasePartFormSet,
    extra=EMPTY_FORMS,
    can_delete=True,
    can_order=True,
    max_num=MAX_ITEMS,
    validate_max=True,
)
