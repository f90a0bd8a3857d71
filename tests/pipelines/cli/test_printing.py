"""What leaves the warehouse for a spreadsheet or a program is inert and valid."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from pipelines.cli.printing import as_csv, as_json_lines


class Cursor:
    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows = list(rows)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows


def written(value: object, *, raw: bool = False) -> str:
    out = io.StringIO()
    as_csv(["a"], Cursor([(value,)]), out, raw=raw)
    return list(csv.reader(io.StringIO(out.getvalue())))[1][0]


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+33 6", "-2+3", "@SUM(A1)", "\t=1", "=HYPERLINK(1)", "  =1", "|calc", "\uff1d1", "%0A=1"],
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_is_disarmed_unless_asked_raw(formula: str) -> None:
    assert written(formula) == f"'{formula}"
    assert written(formula, raw=True) == formula


@pytest.mark.parametrize("value", ["Diabète", "a=b", "", "1,5", "x-y"])
def test_other_texts_are_as_they_are(value: str) -> None:
    assert written(value) == value


@pytest.mark.parametrize(("value", "text"), [(-1.5, "-1.5"), (-3, "-3"), (date(2026, 1, 2), "2026-01-02"), (None, "")])
def test_numbers_and_days_are_no_formulas(value: object, text: str) -> None:
    assert written(value) == text


def test_lines_end_as_a_shell_expects() -> None:
    out = io.StringIO()
    as_csv(["a"], Cursor([(1,)]), out)
    assert out.getvalue() == "a\n1\n"


def test_json_is_valid_whatever_the_numbers() -> None:
    out = io.StringIO()
    row = (float("nan"), float("inf"), [1.0, float("-inf")], {"x": float("nan")}, date(2026, 1, 2), 1.5)
    as_json_lines(["a", "b", "c", "d", "e", "e"], Cursor([row]), out)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(out.getvalue(), parse_constant=refuse) == {
        "a": None, "b": None, "c": [1.0, None], "d": {"x": None}, "e": "2026-01-02", "e_6": 1.5,
    }  # fmt: skip
