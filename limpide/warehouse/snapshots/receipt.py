"""The validation receipt: what the checks said, bound by hash to the data they saw.

Belongs here: writing and reading receipts, and when one lets data pass. Does not belong here: any check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from limpide.warehouse.lake.files import read_json, write_json
from limpide.warehouse.layout import Layout

if TYPE_CHECKING:
    from limpide.warehouse.snapshots.candidate import Candidate


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on one table. `detail` names failing rows by pseudonymous key, never by value."""

    check: str
    table: str
    passed: bool
    blocking: bool
    status: Literal["passed", "failed", "not_applicable"]
    detail: str = ""


def receipt_path(layout: Layout, candidate_sha256: str) -> Path:
    """Where the receipt of a candidate lies."""
    return layout.receipts / f"{candidate_sha256}.json"


def write_receipt(layout: Layout, candidate: Candidate, results: Sequence[CheckResult]) -> Path:
    """Record the results against this candidate's hash. Raises ValueError for a result that contradicts itself."""
    for result in results:
        if result.passed != (result.status == "passed"):
            raise ValueError(f"{result.check} on {result.table}: '{result.status}' cannot be passed={result.passed}")
    path = receipt_path(layout, candidate.sha256)
    write_json(
        path,
        {
            "candidate_sha256": candidate.sha256,
            "night": candidate.night.isoformat(),
            "tables": {name: state.sha256 for name, state in candidate.tables.items()},
            "results": [asdict(result) for result in results],
        },
    )
    return path


def objections(layout: Layout, candidate_sha256: str) -> list[str]:
    """Why the receipt does not let this data pass; empty when it does.

    No receipt, a receipt of other data, no check that passed, or a blocking check that failed. "Not applicable" is no
    pass: a receipt in which nothing applied proves nothing.
    """
    try:
        said = read_json(receipt_path(layout, candidate_sha256))
    except FileNotFoundError:
        return ["there is no receipt for this data"]
    if said.get("candidate_sha256") != candidate_sha256:
        return ["the receipt is for other data"]
    results = said["results"]
    failed = [f"{r['check']} on {r['table']}" for r in results if r["blocking"] and r["status"] == "failed"]
    if failed:
        return [f"blocking check failed: {name}" for name in failed]
    if not any(r["blocking"] and r["status"] == "passed" for r in results):
        return ["no blocking check passed"]
    return []
