"""How staff choose which websites may show the chat."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat import seeds
from chat.models import Site
from chat.sites.colours import shades
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

SITES = "/admin/chat/site/"
SHOP = "https://shop.example.com"


@pytest.fixture
def staff() -> Client:
    return signed_in(superuser=True)


def page(client: Client, address: str, **options: Any) -> str:
    """The page's text, with its entities decoded."""
    response = client.get(address, **options)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def fields(**changed: str) -> dict[str, str]:
    site = {"name": "Shop", "origins": SHOP, "title": "", "greeting": "", "language": "", "theme": "auto", "active": "on"}
    return {**site, **changed}


def errors(client: Client, address: str = SITES + "add/", **changed: str) -> list[str]:
    """The errors of a refused form."""
    response = client.post(address, fields(**changed))
    assert response.status_code == 200
    found = response.context["adminform"].errors
    for sentence in (sentences := [str(error) for group in found.values() for error in group]):
        assert sentence in html.unescape(response.content.decode())
    return sentences


def test_staff_add_a_site(staff: Client) -> None:
    words = {"title": "Ask us", "greeting": "Hello!", "language": "ar", "theme": "dark"}
    response = staff.post(SITES + "add/", fields(origins=f"  {SHOP}\r\n\r\nhttp://localhost:8000 \r\n{SHOP}", **words))

    assert response.status_code == 302
    site = Site.objects.get()
    assert site.origins == f"{SHOP}\nhttp://localhost:8000"
    assert {name: getattr(site, name) for name in words} == words
    assert (site.name, site.active) == ("Shop", True)


def test_staff_switch_a_site_off_and_keep_its_addresses(staff: Client) -> None:
    site = Site.objects.create(name="Shop", origins=SHOP)

    sent = fields()
    del sent["active"]
    assert staff.post(f"{SITES}{site.pk}/change/", sent).status_code == 302

    site.refresh_from_db()
    assert (site.active, site.origins) == (False, SHOP)


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("shop.example.com", SHOP),
        ("https://shop.example.com/", SHOP),
        ("https://Shop.Example.com", SHOP),
        ("https://shop.example.com/de/contact.html", SHOP),
        ("https://shop.example.com:443", SHOP),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_address_that_browsers_name_otherwise_is_corrected(staff: Client, written: str, right: str) -> None:
    assert staff.post(SITES + "add/", fields(origins=f"{written}\n{right}")).status_code == 302
    assert Site.objects.get().origins == right


@pytest.mark.parametrize("written", ["https://*.example.com", "ftp://example.com", "our shop", "<b>"])
def test_what_is_no_address_is_refused_with_an_example(staff: Client, written: str) -> None:
    assert errors(staff, origins=written) == [
        f"“{written}” is not the address of a website. Write https:// and the host, such as https://www.example.com. "
        "Every host needs a line of its own."
    ]


def test_every_line_that_is_wrong_is_named(staff: Client) -> None:
    assert len(errors(staff, origins=f"{SHOP}\nour shop\n*")) == 2
    assert not Site.objects.exists()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"origins": " \n "}, {"theme": "pink"}, {"language": "xx"}])
def test_a_site_that_makes_no_sense_is_refused(staff: Client, wrong: dict[str, str]) -> None:
    assert errors(staff, **wrong)


def test_staff_choose_how_the_chat_looks(staff: Client) -> None:
    looks = {"starters": " What is it? \r\n\r\nHow much? ", "avatar": "chat/favicon.svg", "accent": " FD0"}
    assert staff.post(SITES + "add/", fields(**looks)).status_code == 302

    site = Site.objects.get()
    assert (site.starters, site.avatar, site.accent) == ("What is it?\nHow much?", "chat/favicon.svg", "#ffdd00")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"accent": "green"}, "Write the colour as #rrggbb, six digits from 0 to f, such as #0b6a5b."),
        ({"starters": "a\nb\nc\nd\ne"}, "At most 4 buttons fit. Lines to take out: 1."),
        ({"starters": "x" * 81}, "A button has at most 80 characters. Write one question a line."),
        (
            {"avatar": "../secret.png"},
            "“../secret.png” is neither an address that begins with https:// nor a static file of the chat's server. "
            "Example: https://www.example.com/logo.png",
        ),
    ],
)
def test_looks_that_make_no_sense_are_refused_with_what_to_change(
    staff: Client, wrong: dict[str, str], sentence: str
) -> None:
    assert errors(staff, **wrong) == [sentence]


def test_the_preview_asks_for_shades_and_the_picture(staff: Client) -> None:
    assert f'data-address="{SITES}looks/"' in page(staff, SITES + "add/")

    answer = staff.get(SITES + "looks/", {"accent": "#ffd700", "avatar": "chat/favicon.svg"}).json()
    assert answer == {"colours": shades("#ffd700"), "avatar": "/static/chat/favicon.svg"}
    assert staff.get(SITES + "looks/", {"accent": "#f", "avatar": "x"}).json() == {"colours": {}, "avatar": None}


def test_an_address_belongs_to_one_site_at_most(staff: Client) -> None:
    other = Site.objects.create(name="News", origins=f"https://news.example.com\n{SHOP}", active=False)
    assert errors(staff, origins=f"{SHOP}/") == [f"{SHOP} already belongs to the site “News”. Remove it there first."]

    assert staff.post(f"{SITES}{other.pk}/change/", fields(origins="https://news.example.com")).status_code == 302
    assert staff.post(SITES + "add/", fields()).status_code == 302
    assert errors(staff, f"{SITES}{other.pk}/change/")


def test_the_language_is_the_visitor_s_or_one_that_the_chat_speaks(staff: Client, settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_LANGUAGES": "de,it"}
    site = Site.objects.create(name="Shop", origins=SHOP, language="nl")

    form = staff.get(f"{SITES}{site.pk}/change/").context["adminform"].form

    choices = dict(form.fields["language"].choices)
    assert list(choices) == ["", "de", "it", "en", "es", "fr", "pt", "ar", "ja", "nl"]
    assert choices[""] == "The visitor's"


@pytest.mark.parametrize(("https", "scheme"), [(False, "http"), (True, "https")])
def test_the_form_shows_the_lines_to_paste_with_the_address_that_staff_use(
    staff: Client, settings: Any, https: bool, scheme: str
) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.com"]
    site = Site.objects.create(name="Shop", origins=SHOP)
    lines = (
        f'<script type="module" src="{scheme}://chat.example.com:8443/widget.js"></script>\n'
        "<chatbot-widget></chatbot-widget>"
    )

    for address in (SITES + "add/", f"{SITES}{site.pk}/change/"):
        assert lines in page(staff, address, secure=https, headers={"host": "chat.example.com:8443"})


def test_the_list_shows_name_addresses_and_whether_a_site_is_active(staff: Client) -> None:
    Site.objects.create(name="Shop <b>", origins=f"{SHOP}\nhttps://example.com", active=False)

    shown = staff.get(SITES).content.decode()

    assert "Shop &lt;b&gt;" in shown
    assert f"{SHOP}, https://example.com" in shown
    assert 'alt="False"' in shown


def test_the_front_page_leads_to_the_sites(staff: Client) -> None:
    assert f'href="{SITES}"' in page(staff, "/admin/")


def test_the_group_of_site_managers_manages_sites() -> None:
    client = signed_in(seeds.SITE_MANAGERS)

    assert client.post(SITES + "add/", fields()).status_code == 302
    assert client.post(f"{SITES}{Site.objects.get().pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Site.objects.exists()


def test_neither_group_has_anything_to_do_with_sites() -> None:
    client = signed_in(seeds.EDITORS, seeds.READERS)

    assert SITES not in page(client, "/admin/")
    assert client.get(SITES).status_code == 403
    assert client.post(SITES + "add/", fields()).status_code == 403
    assert client.get(SITES + "looks/").status_code == 403


def test_who_may_only_look_sees_the_site_and_the_lines() -> None:
    site = Site.objects.create(name="Shop", origins=SHOP)
    client = signed_in()
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_site"))

    assert "<chatbot-widget>" in page(client, f"{SITES}{site.pk}/change/")
    assert client.post(f"{SITES}{site.pk}/change/", fields()).status_code == 403
