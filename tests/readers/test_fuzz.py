"""A short fuzzing campaign: the long one is `make fuzz`."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz import campaign, seeds_of
from limpide.errors import Reason
from limpide.synth.feed import generate
from limpide.synth.mutations import mutate


@given(st.binary(max_size=2000), st.integers())
def test_the_same_seed_does_the_same_damage(data: bytes, seed: int) -> None:
    assert mutate(data, Random(seed)) == mutate(data, Random(seed))


def test_no_damaged_file_costs_a_worker_or_finds_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMPIDE_OCR", "off")
    generate(tmp_path, documents=150, nights=1, seed=11)
    seeds = seeds_of([tmp_path / "landing"], each=6)
    assert {Path(name).suffix for name, _ in seeds} >= {".xml", ".pdf", ".json", ".hl7", ".zip", ".txt"}
    total, dead = campaign(seeds, files=600, seed=3, workers=1)
    assert dead == []
    assert sum(total.outcomes.values()) >= 600
    assert not [kind for kind, reason in total.outcomes if reason == Reason.READER_CRASHED]
