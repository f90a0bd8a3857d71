"""The index that some sources send beside their files: a CSV that says of each whose it is, when and what.

Belongs here: reading it, finding the row of a file. Does not belong here: what is done with a row (source_says.py).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from limpide.french.tokens import fold
from limpide.warehouse.night.landing_files import NotNow, read_whole
from limpide.warehouse.sources import Source

_MOST_ROWS = 1_000_000


@dataclass(slots=True)
class Index:
    """Rows by file, its path below the folder of the source or its name alone; `name` of the index itself."""

    name: str | None = None
    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    def is_it(self, relative: str) -> bool:
        """Whether a file of the landing folder is an index, not a document."""
        return self.name is not None and relative.rsplit("/", 1)[-1] == self.name

    def of(self, relative: str) -> dict[str, str] | None:
        """What is said of a file."""
        inside = relative.split("/", 1)[-1]
        return self.rows.get(inside) or self.rows.get(relative.rsplit("/", 1)[-1])


def read(landing: Path, source: str, declared: Source) -> Index:
    """The index of a source, empty where it declares none or none can be read now. Two rows of one file: the last."""
    found = Index(declared.index)
    if declared.index is None:
        return found
    for folder in (landing / source, landing):
        try:
            data, _ = read_whole(folder / declared.index)
        except NotNow:
            continue
        found.rows = rows(data)
        break
    return found


def rows(data: bytes) -> dict[str, dict[str, str]]:
    """Rows by file; columns by what they are (index_columns.tsv), others left out."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.split("\n", 1)[0]
    separator = max(";,\t|", key=first.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    out: dict[str, dict[str, str]] = {}
    try:
        columns = [_columns().get(_plain(name)) for name in next(table, [])]
        for number, cells in enumerate(table):
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
            if "file" in row:
                out[row.pop("file").replace("\\", "/")] = row
            if number >= _MOST_ROWS:
                break
    except csv.Error:
        pass  # what was read before stands; the other files wait for a person
    return out


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(name))


@cache
def _columns() -> dict[str, str]:
    lines = Path(__file__).with_name("index_columns.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {name: column for column, names in rows for name in names.split()}
