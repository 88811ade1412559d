"""/widget.js, which pages of other websites name, and /site.json, from a real server."""

from __future__ import annotations

import re
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from django.test import Client

from tests.support.servers import ROOT, Site

STATIC = ROOT / "chat" / "static"
MODULES = {
    str(path.relative_to(STATIC)) for path in STATIC.rglob("*.js") if path.parent.name not in ("later", "desk", "staff")
}
"""Those that every visitor needs."""
PAGE = "https://shop.example.com"


def imported(module: str) -> list[str]:
    """The imports of a module, in order."""
    return re.findall(r'^import (?:.* from )?"(.+)";$', module, re.MULTILINE)


def fetch(address: str, **headers: str) -> HTTPResponse:
    response: HTTPResponse = urlopen(Request(address, headers=headers))
    return response


def test_it_imports_every_module_that_is_always_needed_and_starts_the_widget_by_its_own_address(client: Client) -> None:
    lines = client.get("/widget.js").content.decode().splitlines()

    assert lines[-2:] == ['import { start } from "/static/chat/widget.js";', "start(import.meta.url);"]
    addresses = imported("\n".join(lines))
    assert sorted(address.removeprefix("/static/") for address in addresses) == sorted(MODULES)
    assert "chat/view/log.js" in MODULES


def test_any_page_may_import_it_and_browsers_keep_it_for_five_minutes(client: Client) -> None:
    response = client.get("/widget.js")

    assert response["Content-Type"] == "text/javascript"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=300"
    assert not response.cookies
    assert client.post("/widget.js").status_code == 405


def test_a_served_widget_names_modules_that_never_change_and_that_any_page_may_import(site: Site) -> None:
    address = f"{site.url}/widget.js"
    modules = imported(fetch(address, Origin=PAGE).read().decode())

    names = [re.sub(r"^/static/(.+)\.[0-9a-f]{12}\.js$", r"\1.js", module) for module in modules]
    assert sorted(names) == sorted(MODULES)
    assert names[-1] == "chat/widget.js"
    for module in modules:
        response = fetch(urljoin(address, module), Origin=PAGE)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in response.headers["Cache-Control"]


def test_what_the_modules_import_is_what_the_widget_names(site: Site) -> None:
    """Otherwise a module would be fetched a second time under another address."""
    address = f"{site.url}/widget.js"
    named = {urljoin(address, module) for module in imported(fetch(address).read().decode())}

    for module in named:
        text = fetch(module).read().decode()
        assert {urljoin(module, other) for other in re.findall(r'from ?"(\..+?)"', text)} <= named


def test_a_site_added_by_staff_is_told_its_settings(site: Site) -> None:
    added = site.manage(
        "shell", "-c", f"from chat.models import Site; Site.objects.create(name='Shop', origins='{PAGE}', title='Ask us')"
    )
    assert added.returncode == 0, added.stderr

    response: Any = fetch(f"{site.url}/site.json?language=de", Origin=PAGE)

    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert '"title": "Ask us"' in response.read().decode()


def test_all_that_a_visitor_loads_is_at_most_34_kilobytes(site: Site) -> None:
    address = f"{site.url}/widget.js"
    loaded = [address, *(urljoin(address, module) for module in imported(fetch(address).read().decode()))]

    sizes = [len(fetch(each, **{"Accept-Encoding": "gzip"}).read()) for each in loaded]

    assert sum(sizes) <= 34_000
