"""An empty house and the folder that documents land in, for the tests of whole nights."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.warehouse.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty warehouse and its vault."""
    return House(tmp_path / "warehouse", tmp_path / "vault")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"
