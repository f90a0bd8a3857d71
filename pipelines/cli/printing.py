"""How the answer to a question is printed: an aligned table, CSV or JSON lines.

Belongs here: writing rows to a stream. Does not belong here: asking.
"""

import csv
import json
import math
from collections.abc import Sequence
from typing import Any, TextIO

from limpide.reports.tables import plain_table

BATCH = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


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


def as_csv(names: Sequence[str], cursor: Any, stream: TextIO, *, raw: bool = False) -> None:
    """Every row, streamed. Unless `raw`, a text that a spreadsheet would run as a formula is preceded by an apostrophe:
    documents are written by strangers."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names if raw else [_inert(name) for name in names])
    while rows := cursor.fetchmany(BATCH):
        writer.writerows(rows if raw else ([_inert(value) for value in row] for row in rows))


def _inert(value: object) -> object:
    if isinstance(value, list | tuple | dict | bytes):
        value = str(value)
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value


def as_json_lines(names: Sequence[str], cursor: Any, stream: TextIO) -> None:
    """Every row as one JSON object a line, streamed; dates as ISO 8601, what JSON has no number for (NaN, infinity) as
    null, columns of one name told apart."""
    names = [name if name not in names[:at] else f"{name}_{at + 1}" for at, name in enumerate(names)]
    while rows := cursor.fetchmany(BATCH):
        for row in rows:
            told = {name: _finite(value) for name, value in zip(names, row, strict=True)}
            stream.write(json.dumps(told, ensure_ascii=False, default=str, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    return value


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
