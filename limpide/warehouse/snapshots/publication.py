"""The switch: a validated candidate becomes the snapshot that everybody reads, all at once.

Belongs here: the gate, the order of the switch, what is kept of older snapshots. Does not belong here: checks, building
files, recovery (manifest.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from limpide.warehouse.lake.files import canonical, read_json, sha256_of, write_json
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.ledger.resolution import settle_pending
from limpide.warehouse.snapshots import manifest, verify
from limpide.warehouse.snapshots.candidate import Candidate
from limpide.warehouse.snapshots.receipt import objections, receipt_path


class NotValidated(Exception):
    """No passing receipt for this very data: nothing is published, yesterday's snapshot still serves."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One publication. `tables` gives rows by table; `catalog` the DuckDB file of views."""

    number: int
    night: date
    candidate_sha256: str
    manifest: Path
    catalog: Path
    tables: dict[str, int]


def publish(layout: Layout, candidate: Candidate, *, keep: int = 14) -> Snapshot:
    """Publish atomically; publishing the current content again changes nothing. Raises `NotValidated`, `Busy`, and
    `Damaged` when a file in force is not what was published.

    `keep`: how many snapshots stay readable, this one included.
    """
    with layout.locked(), opened(layout) as ledger:
        manifest.recover(layout, ledger)
        base = manifest.current(layout)
        said = read_json(candidate.path)
        _gate(layout, candidate, said, base)
        verify.share(layout, candidate.night)
        if base is None or base.candidate != candidate.sha256:
            number = base.number + 1 if base else 1
            write_json(
                layout.snapshots / f"{number}.json",
                {
                    "number": number,
                    "night": said["night"],
                    "candidate": candidate.sha256,
                    "receipt": receipt_path(layout, candidate.sha256).name,
                    "content": said["content"],
                    "partitions": said["partitions"],
                },
            )
            # Published from here on: whatever is killed below is done again by recover().
            base = manifest.load(layout, number)
            manifest.write_catalog(layout, base)
            manifest.point(layout, base)
        settle_pending(ledger, candidate.sha256, base.number)
        _forget(layout, keep, int(ledger.get(manifest.RENAMED_AFTER) or 0))
    return _snapshot(layout, base)


def current_snapshot(layout: Layout) -> Snapshot | None:
    """The snapshot that serves now, None before the first publication."""
    last = manifest.current(layout)
    return _snapshot(layout, last) if last else None


def _snapshot(layout: Layout, found: manifest.Manifest) -> Snapshot:
    return Snapshot(
        number=found.number,
        night=date.fromisoformat(found.night),
        candidate_sha256=found.candidate,
        manifest=found.path,
        catalog=manifest.catalog_path(layout, found.number),
        tables={table: sum(e["rows"] for e in entries) for table, entries in found.files.items()},
    )


def _gate(layout: Layout, candidate: Candidate, said: dict[str, object], base: manifest.Manifest | None) -> None:
    """The receipt is for this manifest, the manifest for these files, the candidate follows the current snapshot."""
    content = said["content"]
    assert isinstance(content, dict)
    if sha256(canonical(content)).hexdigest() != candidate.sha256 or said["sha256"] != candidate.sha256:
        raise NotValidated("the candidate's manifest is not the one its hash names")
    against = objections(layout, candidate.sha256)
    if against:
        raise NotValidated("; ".join(against))
    served = {(t, e["name"]) for t, entries in base.files.items() for e in entries} if base else set()
    if base is not None and base.candidate == candidate.sha256:
        return
    if said["base"] != (base.number if base else None):
        raise NotValidated("another snapshot was published since this candidate was built")
    for table, entries in content["tables"].items():
        for entry in entries:
            path = layout.data / table / entry["name"]
            if not path.exists():
                raise NotValidated(f"a file of {table} is missing")
            if (table, entry["name"]) not in served and sha256_of(path) != entry["sha256"]:
                raise NotValidated(f"a file of {table} is not the one that was checked")


def _forget(layout: Layout, keep: int, renamed_after: int) -> None:
    """Remove snapshots past `keep` and those whose pseudonyms are no longer in use; files that no kept snapshot names,
    and candidates that are no longer current."""
    every = manifest.numbers(layout)
    kept = [number for number in every[-max(1, keep) :] if number > renamed_after] or every[-1:]
    for number in sorted(set(every) - set(kept)):
        manifest.catalog_path(layout, number).unlink(missing_ok=True)
        (layout.snapshots / f"{number}.json").unlink()
    snapshots = [manifest.load(layout, number) for number in kept]
    named = {(table, e["name"]) for s in snapshots for table, entries in s.files.items() for e in entries}
    for path in layout.data.glob("*/*.parquet"):
        if (path.parent.name, path.name) not in named:
            path.unlink()
    candidates = {snapshot.candidate for snapshot in snapshots}
    for path in layout.candidates.glob("*.json"):
        if path.stem not in candidates:
            path.unlink()
