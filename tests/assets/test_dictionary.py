"""What the UI says of tables."""

from __future__ import annotations

import pytest

from assets.dictionary import TABLE_NAMES, table_key, table_metadata
from limpide.omop.schema import tables
from quality.rules import rules


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


def test_lineage_comes_with_the_description():
    deps = table_metadata("measurement")["metadata"]["dagster/column_lineage"].deps_by_column
    assert [dep.column_name for dep in deps["value_as_number"]] == ["fact.value"]


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_no_column_goes_without_description_lineage_or_check(table: str):
    """A column that no source fills says so in its description, or its table does; every other one has its lineage."""
    described = tables()[table]
    checked = " ".join(rule.sql for rule in rules()[table])
    unfilled = "(vide" in described.description
    for column in described.columns:
        assert column.description, column.name
        if not unfilled:
            assert column.fields or _no_source(column.description), f"{column.name}: no lineage"
        assert f"'{column.name}'" in checked, f"{column.name}: no check"


def _no_source(description: str) -> bool:
    return description == "0" or description.startswith(("Toujours vide", "Pas encore rempli", "0 :"))
