"""Django's error pages with DEBUG=on, without secrets. Strangers can cause such a page, for example with a wrong Host."""

from __future__ import annotations

import re
from typing import Any

from django.views.debug import SafeExceptionReporterFilter

_WITH_SECRET = re.compile(r"(\w+://).*[@?].*", re.DOTALL)


class SecretsFilter(SafeExceptionReporterFilter):
    """Django hides settings by their names. This also hides what may be a password inside an address, in any setting."""

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        cleansed = super().cleanse_setting(key, value)
        if isinstance(cleansed, str):  # or a lazy one
            return _WITH_SECRET.sub(lambda found: found[1] + self.cleansed_substitute, str(cleansed))
        return cleansed
