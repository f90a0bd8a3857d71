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


# Nanoseconds hold three centuries either side of 1970: what lies beyond is shown at the edge, which no rule admits.
_TIME = (
    "CASE WHEN {0} IS NOT NULL THEN"
    " greatest(least({0}::TIMESTAMP, TIMESTAMP '2262-01-01'), TIMESTAMP '1678-01-01')::TIMESTAMP_NS END"
)
_SHOWN = dict.fromkeys(("varchar", "text"), "length({0})::DOUBLE") | dict.fromkeys(("date", "timestamp"), _TIME)
_SHOWN |= dict.fromkeys(("integer", "numeric", "double"), "{0}::DOUBLE")


def batches(connection: Any, table: str, by_row: Sequence[Rule], vectors: int) -> Iterator[pd.DataFrame]:
    """What this night writes, `vectors` of 2,048 rows at a time. A text is there as its length, unless a rule lists its
    values; a number as a double and a day as a time in nanoseconds, the two types of which Great Expectations compares
    whole columns: of others it asks a function about each value."""
    named = {rule.column for rule in by_row}
    listed = {rule.column for rule in by_row if rule.expectation and "value_set" in rule.expectation[1]}
    shown = []
    for column in tables()[table].columns:
        if column.name in named:
            kind = "" if column.name in listed else column.type.partition("(")[0].lower()
            name = f'"{column.name}"'
            shown.append(f"{_SHOWN.get(kind, '{0}').format(name)} AS {name}")
    cursor = connection.execute(f'SELECT {", ".join(shown)} FROM "{table}_new"')
    while len(frame := cursor.fetch_df_chunk(vectors)):
        yield frame
