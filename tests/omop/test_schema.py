"""Tables described once."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from limpide.omop.schema import DIMENSIONS, PARTITIONED, tables


def test_every_cdm_and_vocabulary_table_of_omop_5_4_is_there_with_ours() -> None:
    assert len([t for t in tables().values() if t.schema in ("CDM", "VOCAB")]) == 37
    assert [t.name for t in tables().values() if t.schema == "LIMPIDE"] == [
        "limpide_document", "limpide_section", "limpide_page", "limpide_fact", "limpide_quarantine", "limpide_score",
    ]  # fmt: skip
    assert set(PARTITIONED) | set(DIMENSIONS) <= set(tables())


def test_arrow_types_come_back_from_duckdb_as_the_standard_declares_them() -> None:
    connection = duckdb.connect()
    for table in tables().values():
        connection.execute(table.ddl())
        declared = {row[0]: row[1] for row in connection.execute(f'DESCRIBE "{table.name}"').fetchall()}
        connection.register("empty", table.arrow().empty_table())
        ours = {row[0]: row[1] for row in connection.execute("DESCRIBE SELECT * FROM empty").fetchall()}
        connection.unregister("empty")
        assert ours == declared, table.name


def test_types_that_analysts_and_the_dqd_trip_on() -> None:
    assert tables()["note_nlp"].arrow().field("offset").type == pa.string()
    assert tables()["person"].arrow().field("person_id") == pa.field("person_id", pa.int32(), nullable=False)
    assert tables()["measurement"].arrow().field("value_as_number").type == pa.decimal128(18, 3)
    assert tables()["person"].columns[12].length == 50


def test_every_table_and_every_column_of_ours_is_described_in_french() -> None:
    assert [t.name for t in tables().values() if not t.description] == []
    ours = [
        f"{t.name}.{c.name}" for t in tables().values() if t.schema == "LIMPIDE" for c in t.columns if not c.description
    ]
    assert ours == []
