"""`limpide vault rekey` and `limpide identity merges, split`: what a person types, and what is served afterwards."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.publication import current_snapshot
from pipelines.cli.main import main
from tests.rights.hospital import persons, rows
from tests.warehouse.loading import load
from tests.warehouse.night.test_merged_persons import hospital, loaded


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return hospital(tmp_path)


def run(layout: Layout, *words: str) -> tuple[int, str]:
    places = ["--warehouse", str(layout.warehouse), "--vault", str(layout.vault)]
    result = CliRunner().invoke(main, [*words, *places])
    return result.exit_code, result.output


@pytest.mark.slow
def test_new_pseudonyms_are_validated_and_published(layout: Layout) -> None:
    loaded(layout, (1, 2))
    before = {row[0] for row in rows(layout, "(SELECT person_source_value FROM person)")}
    code, told = run(layout, "vault", "rekey", "--pseudonyms", "--yes")
    assert code == 0, told
    assert "2 partition(s) renommée(s)" in told or "3 partition(s) renommée(s)" in told
    after = {row[0] for row in rows(layout, "(SELECT person_source_value FROM person)")}
    assert len(after) == len(before) and after.isdisjoint(before)
    snapshot = current_snapshot(layout)
    assert snapshot is not None and f"Instantané n° {snapshot.number} publié" in told


def test_a_rotation_without_pseudonyms_publishes_nothing(layout: Layout) -> None:
    loaded(layout, (1,))
    before = current_snapshot(layout)
    code, told = run(layout, "vault", "rekey", "--yes")
    assert code == 0 and "0 partition(s)" in told
    assert current_snapshot(layout) == before


def test_a_merge_is_told_undone_and_done_again(layout: Layout) -> None:
    loaded(layout, (1, 2, 3))
    assert persons(layout) == 2
    code, told = run(layout, "identity", "merges")
    origin = told.split()[0]
    assert code == 0 and "2026-11-03" in told and "1 fusion(s)." in told
    code, told = run(layout, "identity", "split", origin, "--reason", "deux jumelles")
    assert code == 0 and "--night 2026-11-03 --source chu" in told
    load(layout, layout.warehouse.parent / "landing" / "3", date(2026, 11, 3))
    assert persons(layout) == 3
    assert "défaite le" in run(layout, "identity", "merges")[1]
    assert run(layout, "identity", "split", origin, "--reason", "si, la même", "--back")[0] == 0
    load(layout, layout.warehouse.parent / "landing" / "3", date(2026, 11, 3))
    assert persons(layout) == 2
    assert run(layout, "identity", "split", "inconnu", "--reason", "x")[0] == 2
