"""Questions to the warehouse.

Belongs here: a read-only connection that downloads nothing. Does not belong here: any question.
"""

from __future__ import annotations

from typing import Any

from limpide.warehouse.house import House


class NothingPublished(Exception):
    """There is no snapshot yet."""


def connect(house: House) -> Any:
    """A read-only DuckDB connection to the current catalogue. Raises `NothingPublished`."""
    raise NotImplementedError
