"""Shared fixtures: an empty house; where the real documents are, when they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from limpide.warehouse.layout import Layout

# Two busy cores must not fail a property: no deadline, no verdict on the speed of generation.
settings.register_profile("limpide", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("limpide")

# Tests write the files that they load: nothing waits for them to settle, but where a test asks for it.
os.environ.setdefault("LIMPIDE_SETTLE_SECONDS", "0")

SHARED = Path(os.environ.get("LIMPIDE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real documents and corpora; their licences keep them out of the project."""
    if not (SHARED / "samples" / "truth.jsonl").exists():
        pytest.skip(f"the real documents are not here ({SHARED}); set LIMPIDE_SHARED to their folder")
    return SHARED


@pytest.fixture(scope="session")
def samples(shared: Path) -> Path:
    """The ANS sample documents with truth.jsonl."""
    return shared / "samples"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty warehouse and its vault."""
    return Layout(tmp_path / "warehouse", tmp_path / "vault")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """The folder that documents land in."""
    return tmp_path / "landing"
