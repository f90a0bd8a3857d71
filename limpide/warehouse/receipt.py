"""The validation receipt: what the checks said, bound by hash to the data they saw.

Belongs here: writing and reading receipts, and when one lets data pass. Does not belong here: any check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limpide.warehouse.candidate import Candidate
from limpide.warehouse.house import House


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on one table. `detail` names failing rows by pseudonymous key, never by value."""

    check: str
    table: str
    passed: bool
    blocking: bool
    status: Literal["passed", "failed", "not_applicable"]
    detail: str = ""


def write_receipt(house: House, candidate: Candidate, results: Sequence[CheckResult]) -> Path:
    """Record the results against this candidate's hash."""
    raise NotImplementedError
