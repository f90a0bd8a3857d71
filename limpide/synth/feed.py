"""The demonstration feed: nights of files as hospitals send them, and the ground truth beside.

    DIR/landing/<night>/<source>/<file>    only what a hospital would send
    DIR/truth/<night>.jsonl                one line a document: what it is, what a reader must find in it
    DIR/truth/lives.jsonl                  what later files change: {"night", "path", "member", "from", "to", "by"}
    DIR/truth/identities.jsonl             one line a patient: every string that identifies them

Belongs here: the schedule over nights and the writing. Everything follows from the seed: same seed, same bytes. Memory
does not grow with the number of documents. Does not belong here: what happens to documents (ways.py), what they say
(letters.py, structured.py), what they look like (recipes.py, doors.py, formats/).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import IO, Any

from limpide.synth.carriers import EVERY_DOOR
from limpide.synth.envelope import identities, patient_truth
from limpide.synth.mishaps import CARRIED_WAYS, WAYS, Way
from limpide.synth.recipes import Recipe
from limpide.synth.sending import Sender, Sent

START = date(2026, 11, 1)


@dataclass(slots=True)
class FeedSummary:
    """What was written. `statuses` counts documents by final status and source: {source: {status: documents}}."""

    root: Path
    nights: list[date] = field(default_factory=list)
    files: int = 0
    documents: int = 0
    bytes: int = 0
    patients: int = 0
    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)


def generate(
    out: Path,
    *,
    documents: int,
    nights: int,
    seed: int,
    start: date = START,
    patients: int | None = None,
    progress: Callable[[int], None] | None = None,
    menu: tuple[Recipe, ...] = EVERY_DOOR,
) -> FeedSummary:
    """Writes `documents` files over `nights` nights under `out`; `progress(n)` is told of each n files written.

    `menu` is EVERY_DOOR, or recipes.BASE for CDA, loose PDF and text alone. A few files hold two documents.
    Raises FileExistsError when `out` already holds a feed: two seeds must not mix.
    """
    if (out / "truth").exists() or (out / "landing").exists():
        raise FileExistsError(f"{out} already holds a feed")
    sender = Sender(seed, patients or max(5, documents // 6), menu)
    ways = WAYS + CARRIED_WAYS if any(recipe.name.startswith("mdm") for recipe in menu) else WAYS
    summary = FeedSummary(out, [start + timedelta(days=index) for index in range(nights)])
    truth = out / "truth"
    truth.mkdir(parents=True)
    with (
        (truth / "identities.jsonl").open("w", encoding="utf-8") as people,
        (truth / "lives.jsonl").open("w", encoding="utf-8") as lives,
    ):
        writer = _Writer(out, summary, people, lives)
        for index, night in enumerate(summary.nights):
            count = documents // nights + (index < documents % nights)
            with (truth / f"{night}.jsonl").open("w", encoding="utf-8") as lines:
                for slot in range(count):
                    rng = Random(f"{seed}/slot/{index}/{slot}")
                    writer.write(_send(sender, ways, night, slot, rng), lines)
                    if progress is not None:
                        progress(1)
    summary.patients = len(writer.known)
    return summary


def _send(sender: Sender, ways: tuple[tuple[int, Way], ...], night: date, slot: int, rng: Random) -> Sent:
    """One file: by one of the ways, or a fresh document."""
    draw, reached = rng.randrange(1000), 0
    for share, way in ways:
        reached += share
        if draw < reached:
            return way(sender, night, slot, rng) or sender.fresh(night, slot, rng)
    return sender.fresh(night, slot, rng)


class _Writer:
    """Writes files, their truth, and counts."""

    def __init__(self, out: Path, summary: FeedSummary, people: IO[str], lives: IO[str]) -> None:
        self.out, self.summary, self.people, self.lives = out, summary, people, lives
        self.known: set[int] = set()

    def write(self, sent: Sent, lines: IO[str]) -> None:
        target = self.out / "landing" / sent.path
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
        target.write_bytes(sent.data)
        summary = self.summary
        summary.files += 1
        summary.bytes += len(sent.data)
        summary.formats[sent.lines[0]["format"]] += 1
        counts = summary.statuses.setdefault(sent.source, Counter())
        for line in sent.lines:
            _record(lines, line)
            summary.documents += 1
            counts[line["status"]] += 1
            if line["reason"]:
                summary.reasons[line["reason"]] += 1
        for line, status in sent.changes:
            self.change(sent, line, status)
        patient = sent.case.patient
        if patient.index not in self.known:
            self.known.add(patient.index)
            who = {"patient": patient.index, **patient_truth(patient), "identities": identities(patient)}
            _record(self.people, who)

    def change(self, sent: Sent, line: dict[str, Any], status: str) -> None:
        what = {
            "night": sent.night.isoformat(),
            "path": line["path"],
            "member": line["member"],
            "from": line["status"],
            "to": status,
            "by": sent.path,
        }
        _record(self.lives, what)
        counts = self.summary.statuses[line["source"]]
        counts[line["status"]] -= 1
        counts[status] += 1


def _record(file: IO[str], what: dict[str, Any]) -> None:
    file.write(json.dumps(what, ensure_ascii=False) + "\n")
