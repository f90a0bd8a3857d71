"""What the UI says of tables."""

from __future__ import annotations

from assets.dictionary import TABLE_NAMES, _lineage, table_key, table_metadata
from limpide.omop.schema import EVENT_TABLES, tables


def test_a_table_has_one_address():
    assert table_key("person").to_user_string() == "omop/person"
    assert table_key("concept").to_user_string() == "vocabulary/concept"
    assert table_key("limpide_fact").to_user_string() == "limpide/limpide_fact"
    assert len({table_key(table) for table in TABLE_NAMES}) == len(tables())


def test_keys_references_and_descriptions_are_shown():
    schema = table_metadata("limpide_fact")["metadata"]["dagster/column_schema"]
    column = next(column for column in schema.columns if column.name == "fact_key")
    assert (column.type, column.constraints.nullable, column.constraints.unique) == ("varchar", False, True)
    assert column.description == "Clé stable du fait"


def test_lineage_is_told_for_every_event_table_and_names_real_columns():
    lineage = _lineage()
    assert set(EVENT_TABLES) <= set(lineage)
    for table, columns in lineage.items():
        assert set(columns) <= set(tables()[table].names), table
    deps = table_metadata("measurement")["metadata"]["dagster/column_lineage"].deps_by_column
    assert [dep.column_name for dep in deps["value_as_number"]] == ["fact.value"]
