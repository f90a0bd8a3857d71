"""How the answer to a question is printed: an aligned table, CSV or JSON lines.

Belongs here: writing rows to a stream. Does not belong here: asking.
"""

import csv
import json
from collections.abc import Sequence
from typing import Any, TextIO

from limpide.reports.tables import plain_table

BATCH = 10_000


def as_table(names: Sequence[str], cursor: Any, limit: int) -> str:
    """The first `limit` rows, aligned, and a word when more were left out."""
    rows = cursor.fetchmany(limit + 1)
    shown = [["" if value is None else _short(value) for value in row] for row in rows[:limit]]
    text = plain_table(names, shown)
    if len(rows) > limit:
        text += f"\n… {limit} lignes montrées ; voir --limit, --csv ou --json pour la suite"
    elif not rows:
        text += "\n(aucune ligne)"
    return text


def as_csv(names: Sequence[str], cursor: Any, stream: TextIO) -> None:
    """Every row, streamed."""
    writer = csv.writer(stream)
    writer.writerow(names)
    while rows := cursor.fetchmany(BATCH):
        writer.writerows(rows)


def as_json_lines(names: Sequence[str], cursor: Any, stream: TextIO) -> None:
    """Every row as one JSON object a line, streamed; dates as ISO 8601."""
    while rows := cursor.fetchmany(BATCH):
        for row in rows:
            stream.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str) + "\n")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
