"""Which files of a candidate are new, and which lie beside a new one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.candidate import load_candidate


def entry(name: str, night: str | None = None, source: str = "labo") -> dict[str, Any]:
    place = {"night": night, "source": source} if night else {}
    return {"name": name, "sha256": name * 4, "rows": 1} | place


@pytest.fixture
def layout(tmp_path) -> Layout:
    """Two nights of a laboratory and one of radiology are served; a third night rewrites the notes of the second."""
    layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
    served = {
        "note": [entry("n1", "2026-11-01"), entry("n2", "2026-11-02"), entry("r1", "2026-11-01", "radio")],
        "limpide_fact": [entry("f1", "2026-11-01"), entry("f2", "2026-11-02"), entry("g1", "2026-11-01", "radio")],
        "person": [entry("p1")],
        "concept": [entry("c1")],
    }
    tonight = {
        "note": [entry("n1", "2026-11-01"), entry("m2", "2026-11-02"), entry("r1", "2026-11-01", "radio")],
        "limpide_fact": [*served["limpide_fact"], entry("f3", "2026-11-03")],
        "person": [entry("p2")],
        "concept": [entry("c1")],
    }
    for folder in (layout.snapshots, layout.candidates):
        folder.mkdir(parents=True)
    content = {"tables": served, "described": ""}
    snapshot = {"night": "2026-11-02", "candidate": "a", "content": content, "partitions": []}
    (layout.snapshots / "1.json").write_text(json.dumps(snapshot))
    candidate = {"sha256": "b", "night": "2026-11-03", "content": {"tables": tonight}}
    (layout.candidates / "b.json").write_text(json.dumps(candidate))
    return layout


def test_near_a_new_file_is_all_of_its_partition_and_nothing_else(layout):
    found = load_candidate(layout, "b").tables
    new = {table: [path.name for path in state.new_files] for table, state in found.items()}
    near = {table: [path.name for path in state.near_files] for table, state in found.items()}
    assert new == {"note": ["m2"], "limpide_fact": ["f3"], "person": ["p2"], "concept": []}
    assert near == {"note": ["m2"], "limpide_fact": ["f2", "f3"], "person": ["p2"], "concept": []}
