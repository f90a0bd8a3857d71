"""Which files came after their night was loaded, and with which night they were loaded: kept by the ledger.

Belongs here: remembering and telling. Does not belong here: finding them (night/backlog.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from limpide.warehouse.ledger.ledger import Ledger


def late_files(ledger: Ledger, tonight: date) -> dict[str, int]:
    """Files of earlier nights loaded with this one, by the night they belong to."""
    found: dict[str, int] = json.loads(ledger.get(f"late:{tonight}") or "{}")
    return dict(sorted(found.items()))


def remember(ledger: Ledger, tonight: date, found: Mapping[date, int]) -> None:
    """Add to what was loaded with this night."""
    files = late_files(ledger, tonight)
    for night, new in found.items():
        files[night.isoformat()] = files.get(night.isoformat(), 0) + new
    with ledger.writing():
        ledger.set(f"late:{tonight}", json.dumps(files, sort_keys=True))
