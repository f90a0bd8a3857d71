"""Fixtures of the checks: a warehouse, and the judgement of a few rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from a_candidate import Rows, written

from limpide.warehouse.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty warehouse and its vault."""
    return House(tmp_path / "warehouse", tmp_path / "vault")


@pytest.fixture
def outcomes(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rows], dict[str, Any]]:
    """Outcomes by 'table.rule' of a candidate made of some rows."""
    monkeypatch.setattr("quality.validation.conservation", lambda house: [])

    def judged(rows: Rows) -> dict[str, Any]:
        from quality.validation import validate

        return {f"{o.rule.table}.{o.rule.name}": o for o in validate(house, written(house, rows)).outcomes}

    return judged
