"""What Great Expectations is shown of the files: bounded batches of the columns that rules name.

Belongs here: reading what a night writes, for rules on rows. Does not belong here: counting failing rows
(validation.py), judging (expectations.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from limpide.omop.schema import tables
from quality.rules import Rule

if TYPE_CHECKING:
    import pandas as pd


def empty_columns(connection: Any, table: str, active: Sequence[Rule]) -> set[str]:
    """Columns where this night writes no value at all: what bounds their values has nothing to look at."""
    names = sorted({rule.column for rule in active if rule.bounds_values and rule.column})
    if not names:
        return set()
    counts = ", ".join(f'count("{name}")' for name in names)
    filled = connection.execute(f'SELECT {counts} FROM "{table}_new"').fetchone()
    return {name for name, count in zip(names, filled, strict=True) if count == 0}


def batches(connection: Any, table: str, by_row: Sequence[Rule], vectors: int) -> Iterator[pd.DataFrame]:
    """What this night writes, `vectors` of 2,048 rows at a time. A text is there as its length, unless a rule lists its
    values."""
    named = {rule.column for rule in by_row}
    listed = {rule.column for rule in by_row if rule.expectation and "value_set" in rule.expectation[1]}
    shown = []
    for column in tables()[table].columns:
        if column.name in named:
            text = column.type.partition("(")[0].lower() in ("varchar", "text") and column.name not in listed
            shown.append(f'length("{column.name}") AS "{column.name}"' if text else f'"{column.name}"')
    cursor = connection.execute(f'SELECT {", ".join(shown)} FROM "{table}_new"')
    while len(frame := cursor.fetch_df_chunk(vectors)):
        yield frame
