"""What every adapter must do, and how to try it. docs/providers.md has an example.

`python -m integrations.testing` tries an adapter. The tests that do the same are in `integrations.testing.contract`.
"""

from integrations.testing.provider import EVERY_ERROR, VISITOR, Provider

__all__ = ["EVERY_ERROR", "VISITOR", "Provider"]
