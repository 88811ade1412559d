"""The rules as tests. Needs pytest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from integrations.base import AdapterError
from integrations.testing.provider import Provider
from integrations.testing.rules import Rule
from integrations.testing.trying import attempts, failure


class AdapterContract:
    """A subclass names the provider: its `provider_class` has `name` set."""

    provider_class: ClassVar[type[Provider]]

    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        provider = self.provider_class()
        provider.start()
        yield provider
        provider.stop()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "rule" not in metafunc.fixturenames:
            return
        possible = [attempt for attempt in attempts(self.provider_class) if not attempt.obstacle]
        ids = [f"{rule.name}-{error.__name__}" if error else rule.name for rule, error, _ in possible]
        metafunc.parametrize(("rule", "error"), [(rule, error) for rule, error, _ in possible], ids=ids)

    def test_it_keeps_the_rule(self, provider: Provider, rule: Rule, error: type[AdapterError] | None) -> None:
        if broken := failure(provider, rule, error):
            pytest.fail(f"{rule.says} {broken.what} {broken.remedy}", pytrace=False)
