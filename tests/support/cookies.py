"""Session cookies of operators of a real site. It needs no settings of Django's in this process."""

from __future__ import annotations

import json

from tests.support.servers import Site


def cookies_of_site(site: Site, **public_names: str) -> dict[str, str]:
    """Session cookies of new accounts on a real site, by the accounts' names. They may read and answer."""
    script = (
        "import json; from tests.support.operator import *\n"
        f"names = {public_names!r}\n"
        "print(json.dumps({n: cookie_of(account(n, *RIGHTS, public_name=p)) for n, p in names.items()}))"
    )
    done = site.manage("shell", "--verbosity", "0", "-c", script)
    assert done.returncode == 0, done.stderr
    cookies: dict[str, str] = json.loads(done.stdout)
    return cookies
