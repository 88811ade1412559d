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
    "button": ("Button", PRESSED),
    "link": ("Link", ("title", "address")),
    "card": ("Card", ("title", "text", "picture", "alt")),
    "card_button": ("Button on the card above", PRESSED),
    "image": ("Picture", ("picture", "alt")),
    "list": ("List", ("title",)),
    "entry": ("Entry of the list above", ("title", "text", "picture", "alt", "says", "address")),
}
"""By kind: its name, and the fields that it uses."""
BELOW = {"card_button": "card", "entry": "list"}
"""What comes only right after something else, or after another one of its kind there."""


class PartForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[("", "---------"), *((kind, name) for kind, (name, _) in KINDS.items())], required=False
    )
    title = forms.CharField(required=False, max_length=300, label="Words or title")
    text = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "cols": 40}))
    picture = forms.CharField(
        required=False,
        max_length=MAX_ADDRESS_CHARACTERS,
        label="Address of the picture",
        help_text="Such as https://www.example.com/room.jpg.",
    )
    alt = forms.CharField(
        required=False,
        max_length=500,
        label="What the picture shows",
        help_text="In words, for visitors who can't see it.",
    )
    says = forms.CharField(
        required=False,
        max_length=500,
        label="What the visitor says",
        help_text="Pressing it sends this. Empty: its own words are sent, unless an address is opened.",
    )
    address = forms.CharField(
        required=False,
        max_length=MAX_ADDRESS_CHARACTERS,
        label="Address to open",
        help_text="Such as https://www.example.com/prices, mailto:shop@example.com or tel:+491234567.",
    )

    @property
    def name(self) -> str:
        """What the form is for."""
        return KINDS.get(self["kind"].value() or "", ("Something new",))[0]

    def used_by(self) -> list[tuple[forms.BoundField, str]]:
        """Each field of a kind, and the kinds that use it."""
        names = [name for name in self.fields if name not in ("kind", DELETION_FIELD_NAME, ORDERING_FIELD_NAME)]
        return [(self[name], " ".join(kind for kind, (_, used) in KINDS.items() if name in used)) for name in names]

    def clean(self) -> None:
        found = {name: self.cleaned_data.get(name, "") for name in ("title", "text", "picture", "alt", "says", "address")}
        kind = self.cleaned_data.get("kind", "")
        if not kind:
            if any(found.values()):
                self.add_error("kind", "Choose what this is, or delete what is written below.")
            return
        name, used = KINDS[kind]
        for unused in (field for field in found if found[field] and field not in used):
            self.add_error(unused, f"This isn't shown with “{name}”. Delete it, or choose something else above.")
        if found["address"] and "address" in used and not safe_url(found["address"]):
            self.add_error("address", "No browser can open this. Write a whole address, such as https://www.example.com.")
        if found["picture"] and "picture" in used:
            self._check_picture(found["picture"])
        self._check(kind, name, found)

    def _check(self, kind: str, name: str, found: dict[str, str]) -> None:
        """What the kind needs. Fields that are wrong already aren't reported again."""
        if kind in ("button", "card_button", "link", "entry") and not found["title"]:
            self._refuse("title", f"{name}: write the words that visitors read.")
        if kind == "link" and not found["address"]:
            self._refuse("address", "A link needs an address to open.")
        if kind == "card" and not (found["title"] or found["text"]):
            self._refuse("title", "A card needs a title or a text.")
        if kind == "image" and not found["picture"]:
            self._refuse("picture", "Write the address of the picture.")
        if kind == "image" and not found["alt"]:
            self._refuse("alt", "Say in words what the picture shows.")
        if kind != "image" and found["alt"] and not found["picture"] and "picture" in KINDS[kind][1]:
            self._refuse("picture", "Write the address of the picture, or delete what it shows.")
        if "says" in KINDS[kind][1] and found["says"]:
            if found["address"]:
                self._refuse("says", "It either says something or opens an address. Delete one of them.")
            elif is_address(found["says"]):
                self._refuse("says", "This is an address. Write it into the field for it.")

    def _check_picture(self, address: str) -> None:
        try:
            Image(address)
            kind = mimetypes.guess_type(urlsplit(address).path)[0]
        except ValueError:
            self._refuse(
                "picture", "No browser can load this. Write a whole address, such as https://www.example.com/room.jpg."
            )
            return
        if kind is not None and not kind.startswith("image/"):
            self._refuse(
                "picture", "This is the address of a page or a file, not of a picture. Copy the picture's own address."
            )

    def _refuse(self, field: str, message: str) -> None:
        if field not in self.errors:
            self.add_error(field, message)


class BasePartFormSet(PartsFormSet):
    def add_fields(self, form: PartForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields[ORDERING_FIELD_NAME].label = "Place"

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
                form.add_error("kind", f"There is no {owner} right above. Move this below one, or choose something else.")
            else:
                amount += 1
        self._check_list(above, amount)

    def _check_list(self, form: forms.Form | None, entries: int) -> None:
        if form is not None and form.cleaned_data["kind"] == "list" and not entries:
            form.add_error("kind", "A list needs entries. Add them below it, or delete it.")

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
            raise ValidationError("Some of what comes below the text can't be used. Correct what is marked there.")
        parts = [part.as_json() for part in value.parts()]
        if len(msgspec.json.encode(parts)) > MAX_BYTES:
            raise ValidationError("What comes below the text is too long altogether. Shorten or delete some of it.")
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
