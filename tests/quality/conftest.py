"""Fixtures of the checks: a warehouse, and the judgement of a few rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from limpide.warehouse.layout import Layout
from tests.quality.a_candidate import Rows, written


@pytest.fixture
def outcomes(layout: Layout) -> Callable[..., dict[str, Any]]:
    """Outcomes by 'table.rule' of a candidate made of some rows; of some tables, or of all."""

    def found(rows: Rows, *names: str) -> dict[str, Any]:
        from limpide.omop.schema import tables
        from quality.validation import judged

        outcomes, _ = judged(layout, written(layout, rows), names or tables())
        return {f"{outcome.rule.table}.{outcome.rule.name}": outcome for outcome in outcomes}

    return found
