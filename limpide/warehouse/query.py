"""Questions to the warehouse.

Belongs here: a read-only connection that downloads nothing. Does not belong here: any question.
"""

from __future__ import annotations

from typing import Any

from limpide.warehouse.layout import Layout


class NothingPublished(Exception):
    """There is no snapshot yet."""


def connect(layout: Layout) -> Any:
    """A read-only DuckDB connection to the current catalogue. Raises `NothingPublished`.

    It stays on the snapshot it opened, whatever is published meanwhile.
    """
    import duckdb

    if not layout.link.exists():
        raise NothingPublished(f"nothing is published in {layout.warehouse} yet")
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    # Resolved: the name of the link is the same for every snapshot, and DuckDB shares open files by name.
    return duckdb.connect(str(layout.link.resolve()), read_only=True, config=config)
