"""Questions to the warehouse.

Belongs here: a read-only connection that downloads nothing, and the same one closed to everything but the snapshot.
Does not belong here: any question, what is logged of it.

What a person asks reaches the tables of the snapshot and nothing else of the machine: one SELECT, functions that read
no file, no file but those of the snapshot, settings that cannot be set back. The catalogue opened by plain `duckdb`
cannot be closed so: there the rights of the account are the only bound.
"""

from __future__ import annotations

import json
import re
from typing import Any

from limpide.warehouse.layout import Layout

_ASKING = ("SELECT", "EXPLAIN", "MULTI")  # MULTI: a PIVOT
_EXPLAIN = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?(\s*\([^)]*\))?\s+", re.IGNORECASE)
# Table functions that read nothing outside the catalogue. Any other is refused, those of the next DuckDB too.
_FUNCTIONS = frozenset(
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary",
        "duckdb_tables", "duckdb_views", "duckdb_columns", "duckdb_schemas", "duckdb_functions", "duckdb_types",
        "duckdb_keywords", "pragma_table_info", "pragma_show",
    }
)  # fmt: skip


class NothingPublished(Exception):
    """There is no snapshot yet."""


class NotAQuestion(Exception):
    """More than a question about the snapshot. The text is French; `kind` is what may be logged of it."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


def connect(layout: Layout) -> Any:
    """A read-only DuckDB connection to the current catalogue. Raises `NothingPublished`.

    It stays on the snapshot it opened, whatever is published meanwhile. Where the warehouse was moved or copied, its
    catalogues are written again first: they would answer from the files of the place it was in.
    """
    from limpide.warehouse.snapshots import manifest

    if not layout.link.exists():
        raise NothingPublished(f"nothing is published in {layout.warehouse} yet")
    connection = _opened(layout)
    if manifest.numbers(layout) and not manifest.is_here(layout, connection):
        connection.close()
        with layout.briefly():
            manifest.rebuild(layout)
        connection = _opened(layout)
    return connection


def ask(layout: Layout, sql: str) -> tuple[Any, Any]:
    """One question, answered by the snapshot alone: the connection, to be closed, and its answer.

    Raises `NothingPublished`, `NotAQuestion`, duckdb.Error.
    """
    connection = connect(layout)
    try:
        _close_doors(layout, connection)
        _judge(connection, sql)
        return connection, connection.execute(sql)
    except BaseException:
        connection.close()
        raise


def _opened(layout: Layout) -> Any:
    from limpide.warehouse.snapshots import manifest

    # Resolved: the name of the link is the same for every snapshot, and DuckDB shares open files by name.
    return manifest.open_catalog(layout.link.resolve())


def _close_doors(layout: Layout, connection: Any) -> None:
    """Leave the files of this snapshot and nothing else, for good."""
    from limpide.warehouse.snapshots import manifest

    number = layout.link.resolve().stem.rpartition("-")[2]
    files = []
    if number.isdigit() and int(number) in manifest.numbers(layout):
        snapshot = manifest.load(layout, int(number))
        files = [str(path) for table in snapshot.files for path in manifest.paths(layout, snapshot, table)]
    connection.execute("SET allowed_paths = ?", [files])
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        connection.execute(f"SET {setting}")


def _judge(connection: Any, sql: str) -> None:
    """Pass what is one question about tables. Raises `NotAQuestion`, duckdb.Error for what cannot be parsed."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise NotAQuestion("Une seule question à la fois.", "several statements")
    kind = statements[0].type.name
    if kind not in _ASKING:
        raise NotAQuestion(f"L'entrepôt se lit et ne s'écrit pas : {kind} est refusé (SELECT seulement).", kind.lower())
    inside = _EXPLAIN.sub("", sql, count=1) if kind == "EXPLAIN" else sql
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?)", [inside]).fetchone()[0])
    if tree.get("error") and kind != "MULTI":
        raise NotAQuestion("L'entrepôt se lit et ne s'écrit pas : SELECT seulement.", "not a select")
    reached = sorted(_table_functions(tree) - _FUNCTIONS)
    if reached or (kind == "MULTI" and re.search(r"\b\w+\s*\(\s*'", sql)):
        named = ", ".join(reached) or "une fonction qui lit un fichier"
        raise NotAQuestion(f"Fonction refusée dans une question : {named}.", " ".join(reached) or "multi")


def _table_functions(node: Any) -> set[str]:
    """Names of the functions from which a question draws rows."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("type") == "TABLE_FUNCTION":
                found.add(str(one.get("function", {}).get("function_name", "?")).lower())
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
