"""Every published table described once: OMOP CDM 5.4 and our side tables.

Belongs here: reading the descriptions (omop54_schema.json from OHDSI CommonDataModel, Apache-2.0; side_tables.json and
descriptions.tsv, ours) and what follows from them: Arrow schemas, DDL, primary keys, order of rows, dictionary.
Does not belong here: how a row is made (mapping.py), how a file is written (warehouse).
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

HERE = Path(__file__).parent

# Tables whose rows come from documents, one file a night and source. The others are recomputed or static.
EVENT_TABLES = (
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "device_exposure",
    "measurement",
    "observation",
)
PARTITIONED = ("limpide_document", "limpide_section", "limpide_page", "limpide_fact", "note", "note_nlp", *EVENT_TABLES)
DIMENSIONS = ("person", "observation_period", "visit_occurrence", "provider", "care_site", "location", "cdm_source")

# The date by which rows of a table are sorted, after person_id.
_DATES = {
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "procedure_occurrence": "procedure_date",
    "device_exposure": "device_exposure_start_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
    "note": "note_date",
    "limpide_document": "document_date",
    "limpide_fact": "fact_date",
    "observation_period": "observation_period_start_date",
    "visit_occurrence": "visit_start_date",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` is the DuckDB type as the schema writes it; `references` is (table, column)."""

    name: str
    type: str
    required: bool
    key: bool
    references: tuple[str, str] | None
    domain: str | None
    description: str
    fields: tuple[str, ...]  # of a document or a fact, that it is made from; empty where no source fills it

    @property
    def length(self) -> int | None:
        """The declared length of a varchar, None when unbounded. DuckDB does not enforce it: we cut."""
        inside = self.type.partition("(")[2].rstrip(")")
        return int(inside) if inside else None

    def arrow(self) -> pa.DataType:
        """The Arrow type that DuckDB reads back as the declared one. NUMERIC is DuckDB's DECIMAL(18,3)."""
        import pyarrow as pa

        base = self.type.partition("(")[0].lower()
        return {
            "integer": pa.int32(),
            "varchar": pa.string(),
            "text": pa.string(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us"),
            "numeric": pa.decimal128(18, 3),
            "double": pa.float64(),
            "boolean": pa.bool_(),
        }[base]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns in order. `schema` is CDM, VOCAB, RESULTS (OMOP) or LIMPIDE (ours)."""

    name: str
    schema: str
    description: str
    columns: tuple[Column, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Primary key columns; empty where the standard has none."""
        return tuple(c.name for c in self.columns if c.key)

    @property
    def date(self) -> str | None:
        """The column that dates a row."""
        return _DATES.get(self.name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(c.name for c in self.columns)

    def arrow(self) -> pa.Schema:
        """The Arrow schema; required columns are not nullable."""
        import pyarrow as pa

        return pa.schema([pa.field(c.name, c.arrow(), nullable=not c.required) for c in self.columns])

    def ddl(self) -> str:
        """CREATE TABLE for DuckDB, as the standard writes it."""
        lines = [f'  "{c.name}" {c.type.upper()}{" NOT NULL" if c.required else ""}' for c in self.columns]
        return f'CREATE TABLE "{self.name}" (\n' + ",\n".join(lines) + "\n)"


@cache
def tables() -> dict[str, Table]:
    """Every table by name: OMOP's CDM and vocabulary tables, then ours. RESULTS tables (cohorts) are not published."""
    described = _descriptions()
    out: dict[str, Table] = {}
    for source in ("omop54_schema.json", "side_tables.json"):
        content = json.loads((HERE / source).read_text("utf-8"))
        for name, table in content["tables"].items():
            if table["schema"] == "RESULTS":
                continue
            columns = tuple(_column(name, column, fields, described) for column, fields in table["columns"].items())
            text = table.get("description") or described.get((name, ""), ("", ""))[0]
            out[name] = Table(name, table["schema"], text, columns)
    return out


@cache
def described() -> str:
    """The hash of all that describes tables and fills the static ones."""
    digest = sha256()
    for name in ("omop54_schema.json", "side_tables.json", "descriptions.tsv", "concepts.csv"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def _column(table: str, name: str, fields: dict[str, Any], described: dict[tuple[str, str], tuple[str, str]]) -> Column:
    reference = fields.get("fk")
    known = described.get((table, name)) or described.get(("*", name)) or ("", "")
    return Column(
        name=name,
        type=fields["duckdb_type"],
        required=fields["required"],
        key=fields["pk"],
        references=(reference["table"], reference["field"]) if reference else None,
        domain=reference.get("domain") if reference else None,
        description=fields.get("description") or known[0],
        fields=tuple((fields.get("fields") or known[1]).split()),
    )


def _descriptions() -> dict[tuple[str, str], tuple[str, str]]:
    """{(table, column): (French description, fields it is made from)}; column '' is the table, table '*' is any."""
    with (HERE / "descriptions.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", restval=""))
    return {(row["table"], row["column"]): (row["description"], row["fields"]) for row in rows}
