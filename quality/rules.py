"""Every rule a table must keep: those that its description implies, and those of `rules.yaml`.

Belongs here: what must hold, its severity, how a failing row is found. Does not belong here: running rules
(validation.py), showing them (checks.py, data_docs.py).

A rule is evaluated one of two ways:
- `expectation`: by Great Expectations itself, row by row, on bounded batches of what this night writes;
- `sql` alone: by DuckDB over the Parquet files, as a count of failing rows that Great Expectations judges.
Both name failing rows by key through `sql`, which never selects a value.

Names follow OHDSI's Data Quality Dashboard where it has the check (isRequired, fkDomain, plausibleDate...); 'not
applicable' is a status of its own, as there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from limpide.omop.schema import EVENT_TABLES, Column, Table, tables

YAML = Path(__file__).with_name("rules.yaml")

SCHEMA, REQUIRED, KEYS, VALUES, PLAUSIBLE = "schema", "required", "keys", "values", "plausible"
FRENCH = {
    SCHEMA: "Les colonnes et leurs types sont ceux du modèle",
    REQUIRED: "Les colonnes obligatoires sont remplies",
    KEYS: "Les clés sont uniques et leurs références existent",
    VALUES: "Les valeurs sont dans leur domaine",
    PLAUSIBLE: "Dates, longueurs et valeurs sont plausibles",
}
EARLIEST, LATEST = "1900-01-01", "2100-01-01"
PROVENANCE = "opens_on_a_fact"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One thing that must hold of one table. `name` is unique within the table; `check` groups rules in the UI.

    `expectation` is a Great Expectations class and its arguments; `sql` selects the keys of failing rows as `key`.
    `whole` rules look at all rows: they apply even on a night that writes nothing to the table.
    """

    table: str
    check: str
    name: str
    french: str
    blocking: bool
    sql: str
    expectation: tuple[str, dict[str, Any]] | None = None
    whole: bool = False

    @property
    def column(self) -> str | None:
        """The column an expectation looks at; None for a rule in SQL alone."""
        return str(self.expectation[1]["column"]) if self.expectation else None

    @property
    def bounds_values(self) -> bool:
        """Whether the rule speaks of values that are there: a column without any gives it nothing to look at."""
        return self.expectation is not None and "Null" not in self.expectation[0]


@cache
def rules() -> dict[str, tuple[Rule, ...]]:
    """Every rule, by table, in the order they are shown. Raises ValueError on a rule for what does not exist."""
    special = _special()
    unknown = set(special) - set(tables())
    if unknown:
        raise ValueError(f"rules.yaml names tables that do not exist: {sorted(unknown)}")
    out: dict[str, tuple[Rule, ...]] = {}
    for name, table in tables().items():
        own = special.get(name, [])
        listed = {rule.column for rule in own if rule.name.endswith("_in_set")}
        # A list of values says more than a length, and a batch holds the one or the other.
        described = [r for r in _described(table) if not (r.name.endswith("_length") and r.column in listed)]
        kept = [*described, *own]
        if len({rule.name for rule in kept}) != len(kept):
            raise ValueError(f"two rules of {name} bear the same name")
        out[name] = tuple(kept)
    return out


def checks_of(table: str) -> dict[str, tuple[Rule, ...]]:
    """The rules of a table, by check."""
    grouped: dict[str, list[Rule]] = {}
    for rule in rules()[table]:
        grouped.setdefault(rule.check, []).append(rule)
    return {check: tuple(members) for check, members in grouped.items()}


def key_of(table: Table, alias: str = "") -> str:
    """The SQL expression that names a row: its primary key, else what best points at it; never a value."""
    prefix = f"{alias}." if alias else ""
    keys = table.keys or tuple(c.name for c in table.columns if c.required and c.type.lower() == "integer")[:2]
    if not keys:
        return "'(sans clé)'"
    return " || ' ' || ".join(f'{prefix}"{key}"' for key in keys)


def _described(table: Table) -> list[Rule]:
    """What the description implies: types, required columns, keys, references, signs, lengths, dates, domains."""
    found = [_schema(table)]
    if table.keys:
        found.append(_unique(table))
    for column in table.columns:
        if column.required:
            found.append(_required(table, column))
        if column.references:
            found.append(_reference(table, column))
        if column.domain:
            found.append(_domain(table, column))
        # A reference to an existing row is not negative if the row's own key is not.
        if column.type.lower() == "integer" and column.name.endswith("_id") and (column.key or not column.references):
            found.append(_between(table, column, "not_negative", "n'est jamais négatif", VALUES, True, low=0))
        if column.length:
            found.append(_length(table, column))
        if column.type.lower() in ("date", "timestamp"):
            what = "est une date plausible"
            found.append(_between(table, column, "plausible", what, PLAUSIBLE, False, low=EARLIEST, high=LATEST))
    return found


def _schema(table: Table) -> Rule:
    expected = ", ".join(f"('{column.name}', '{_duckdb_type(column)}')" for column in table.columns)
    sql = (
        f"SELECT DISTINCT coalesce(e.name, f.column_name) AS key FROM (VALUES {expected}) AS e(name, type)"
        f' FULL JOIN (DESCRIBE "{table.name}") f ON e.name = f.column_name AND e.type = f.column_type'
        " WHERE e.name IS NULL OR f.column_name IS NULL"
    )
    return Rule(table.name, SCHEMA, "columns_and_types", FRENCH[SCHEMA], True, sql, whole=True)


def _duckdb_type(column: Column) -> str:
    """The type as DuckDB reads it back from Parquet, where a varchar has no length."""
    base = column.type.partition("(")[0].upper()
    return {"TEXT": "VARCHAR", "NUMERIC": "DECIMAL(18,3)"}.get(base, base)


def _unique(table: Table) -> Rule:
    keys = ", ".join(f'"{key}"' for key in table.keys)
    sql = (
        f'SELECT {key_of(table)} AS key FROM "{table.name}" SEMI JOIN "{table.name}_new" USING ({keys})'
        f" GROUP BY {keys} HAVING count(*) > 1"
    )
    return Rule(table.name, KEYS, "primary_key_unique", f"La clé ({keys}) est unique", True, sql)


def _required(table: Table, column: Column) -> Rule:
    sql = f'SELECT {key_of(table)} AS key FROM "{table.name}_new" WHERE "{column.name}" IS NULL'
    expectation = ("ExpectColumnValuesToNotBeNull", {"column": column.name})
    french = f"{column.name} est toujours rempli"
    return Rule(table.name, REQUIRED, f"{column.name}_required", french, True, sql, expectation)


def _reference(table: Table, column: Column) -> Rule:
    assert column.references is not None
    parent, field = column.references
    # New rows against everything; old rows too, but only against what their parent lost since the last snapshot.
    sql = (
        f'SELECT {key_of(table, "c")} AS key FROM "{table.name}_new" c'
        f' ANTI JOIN "{parent}" p ON c."{column.name}" = p."{field}" WHERE c."{column.name}" IS NOT NULL'
        f' UNION SELECT {key_of(table, "c")} FROM "{table.name}" c'
        f' SEMI JOIN "{parent}_lost" l ON c."{column.name}" = l."{field}"'
    )
    french = f"{column.name} désigne une ligne de {parent}"
    return Rule(table.name, KEYS, f"{column.name}_exists", french, True, sql, whole=True)


def _domain(table: Table, column: Column) -> Rule:
    sql = (
        f'SELECT {key_of(table, "c")} AS key FROM "{table.name}_new" c JOIN concept k'
        f" ON c.\"{column.name}\" = k.concept_id WHERE k.concept_id <> 0 AND k.domain_id <> '{column.domain}'"
    )
    french = f"{column.name} est un concept du domaine {column.domain}"
    return Rule(table.name, VALUES, f"{column.name}_domain", french, False, sql)


def _length(table: Table, column: Column) -> Rule:
    sql = f'SELECT {key_of(table)} AS key FROM "{table.name}_new" WHERE length("{column.name}") > {column.length}'
    # The batch holds the length of a text, never the text.
    expectation = ("ExpectColumnValuesToBeBetween", {"column": column.name, "max_value": column.length})
    french = f"{column.name} ne dépasse pas {column.length} caractères"
    return Rule(table.name, PLAUSIBLE, f"{column.name}_length", french, False, sql, expectation)


def _between(
    table: Table,
    column: Column,
    suffix: str,
    what: str,
    check: str,
    blocking: bool,
    low: float | str | None = None,
    high: float | str | None = None,
) -> Rule:
    quoted = [f"'{bound}'" if isinstance(bound, str) else bound for bound in (low, high)]
    wrong = [f'"{column.name}" {sign} {bound}' for sign, bound in zip("<>", quoted, strict=True) if bound is not None]
    sql = f'SELECT {key_of(table)} AS key FROM "{table.name}_new" WHERE {" OR ".join(wrong)}'
    bounds = {"min_value": low, "max_value": high}
    expectation = (
        "ExpectColumnValuesToBeBetween",
        {"column": column.name} | {name: bound for name, bound in bounds.items() if bound is not None},
    )
    return Rule(table.name, check, f"{column.name}_{suffix}", f"{column.name} {what}", blocking, sql, expectation)


def written_in(path: Path) -> Any:
    """What a YAML file of ours says."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML has it: ten times faster
    return yaml.load(path.read_text("utf-8"), Loader=loader)


def _special() -> dict[str, list[Rule]]:
    """The rules of rules.yaml, and the provenance of event tables."""
    written = written_in(YAML)
    out: dict[str, list[Rule]] = {}
    for one in written["sets"]:
        table, column = _column(one)
        listed = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in one["values"])
        sql = f'SELECT {key_of(table)} AS key FROM "{table.name}_new" WHERE "{column.name}" NOT IN ({listed})'
        expectation = ("ExpectColumnValuesToBeInSet", {"column": column.name, "value_set": list(one["values"])})
        rule = Rule(table.name, VALUES, f"{column.name}_in_set", one["french"], one["blocking"], sql, expectation)
        out.setdefault(table.name, []).append(rule)
    for one in written["ranges"]:
        table, column = _column(one)
        check = VALUES if one["blocking"] else PLAUSIBLE
        rule = _between(table, column, "in_range", "", check, one["blocking"], one.get("min"), one.get("max"))
        out.setdefault(table.name, []).append(_worded(rule, one["french"]))
    for one in written["empty"]:
        table, column = _column(one)
        sql = f'SELECT {key_of(table)} AS key FROM "{table.name}_new" WHERE "{column.name}" IS NOT NULL'
        expectation = ("ExpectColumnValuesToBeNull", {"column": column.name})
        rule = Rule(table.name, "no_identity", f"{column.name}_empty", one["french"], True, sql, expectation)
        out.setdefault(table.name, []).append(rule)
    for one in written["relations"]:
        rule = Rule(
            one["table"], one["check"], one["check"], one["french"], one["blocking"], one["sql"].strip(),
            whole=one.get("whole", False),
        )  # fmt: skip
        out.setdefault(one["table"], []).append(rule)
    for name in written["provenance"]:
        table = tables()[name]
        sql = (
            f'SELECT {key_of(table, "e")} AS key FROM "{name}_new" e ANTI JOIN limpide_fact_near f'
            f" ON f.target_table = '{name}' AND f.target_id = e.{name}_id"
        )
        french = "Chaque ligne s'ouvre sur le passage de son document"
        out.setdefault(name, []).append(Rule(name, PROVENANCE, PROVENANCE, french, True, sql))
    missing = set(EVENT_TABLES) - set(written["provenance"])
    if missing:
        raise ValueError(f"event tables without a rule of provenance: {sorted(missing)}")
    return out


def _column(one: dict[str, Any]) -> tuple[Table, Column]:
    table = tables()[one["table"]]
    return table, next(column for column in table.columns if column.name == one["column"])


def _worded(rule: Rule, french: str) -> Rule:
    return replace(rule, french=french)
