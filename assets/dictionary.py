"""What the UI says of each table: description, columns, where each column comes from.

Belongs here: the turning of the one description (limpide/omop/schema.py) into Dagster metadata. Does not belong here:
the description itself.
"""

from typing import Any

import dagster as dg

from assets.structure import FACTS
from limpide.omop.schema import Table, tables
from limpide.reports.tables import markdown_table

FOLDERS = {"LIMPIDE": "limpide", "VOCAB": "vocabulary"}  # any other schema is OMOP's own: 'omop'
TABLE_NAMES: tuple[str, ...] = tuple(tables())


def table_key(table: str) -> dg.AssetKey:
    """The address of a table in the graph: omop/person, limpide/limpide_fact, vocabulary/concept."""
    return dg.AssetKey([FOLDERS.get(tables()[table].schema, "omop"), table])


def table_metadata(table: str) -> dict[str, Any]:
    """`description` and `metadata` of the asset of a table."""
    described = tables()[table]
    metadata: dict[str, Any] = {
        "dagster/column_schema": column_schema(described),
        "dagster/table_name": table,
        "dictionnaire": dg.MetadataValue.md(dictionary_markdown(described)),
    }
    if upstream := {column.name: column.fields for column in described.columns if column.fields}:
        # The open UI has no view of column lineage: the metadata feeds other tools, the dictionary shows it to people.
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [dg.TableColumnDep(asset_key=FACTS, column_name=field) for field in fields]
                for column, fields in upstream.items()
            }
        )
    return {"description": described.description or None, "metadata": metadata}


def column_schema(table: Table) -> dg.TableSchema:
    """Columns with their types and constraints, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type.lower(),
                description=column.description or None,
                constraints=dg.TableColumnConstraints(
                    nullable=not column.required,
                    unique=table.keys == (column.name,),
                    other=[f"références : {'.'.join(column.references)}"] if column.references else [],
                ),
            )
            for column in table.columns
        ],
        constraints=dg.TableConstraints(other=[f"clé primaire : {', '.join(table.keys)}"] if table.keys else []),
    )


def dictionary_markdown(table: Table) -> str:
    """The table's dictionary: column, meaning, and what it is made from."""
    rows = [
        (column.name, column.type.lower(), column.description, ", ".join(column.fields)) for column in table.columns
    ]
    return markdown_table(("colonne", "type", "sens", "vient de"), rows)
