"""Documents whose original bytes had to go with another person's: carried over when their night is read again.

Belongs here: handing lake rows back to the stage. Does not belong here: deciding what is erased (limpide/rights), how
rows go back (restaging.py).

A file of the ledger without a hash was erased because it spoke of somebody else too. It cannot be read again; what its
other documents said stands as the lake has it.
"""

from __future__ import annotations

from datetime import date

from limpide.warehouse.lake import partition
from limpide.warehouse.lake.partition import Stage
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.night import restaging


def carry(layout: Layout, ledger: Ledger, stage: Stage, night: date, source: str) -> None:
    """Stage again the rows of documents that can no longer be read, from the partition as it stands."""
    files = [
        row[0]
        for row in ledger.db.execute(
            "SELECT file_key FROM files WHERE night = ? AND source = ? AND sha256 = '' ORDER BY 1",
            (night.isoformat(), source),
        )
    ]
    done = partition.load(layout, night, source) if files else None
    if done is not None:
        restaging.copy(layout, done, stage, files=files)
