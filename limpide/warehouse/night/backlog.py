"""What earlier nights left behind: files that came after their night was loaded, documents received and never read.

Belongs here: finding them, taking late files in, reading what a killed night left unread. Does not belong here: the
night under way (structuring.py), nights of which nothing was ever loaded (pipelines/schedules.py asks for those).

A late file belongs to the night of its folder, and is loaded with the next night that runs. An unread document belongs
to the night that received it; when it cannot be read either now, that night × source is set aside: the night under way
goes on, the documents wait, and the alert names them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from limpide.warehouse.layout import Busy, Layout
from limpide.warehouse.ledger.late_files import remember
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night.ingest import ingest
from limpide.warehouse.night.landing import landing_of, nights_in
from limpide.warehouse.night.landing_files import folder_state, settle_seconds, sources_in
from limpide.warehouse.night.structuring import structure_night

Place = tuple[date, str]  # night, source


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A night × source whose documents were received and not read. `fault`: why it was set aside, None once read."""

    night: date
    source: str
    documents: int
    fault: BaseException | None = None


def take_late_files(layout: Layout, landing: Path, tonight: date, asked: Collection[Place]) -> dict[date, int]:
    """Take in what was added to the folders of earlier nights since they were loaded; new files by night.

    Only nights of which something was loaded: one that never ran is not late but missed. Raises `Busy`, OSError.
    """
    found: dict[date, int] = {}
    for night in nights_in(landing):
        if night >= tonight:
            break
        folder = landing_of(landing, night)
        with opened(layout) as ledger:
            if not was_loaded(ledger, night):
                continue
            changed = [
                s for s in sources_in(folder) if (night, s) not in asked and not unchanged(ledger, folder, night, s)
            ]
        new = sum(ingest(layout, folder, night, source, settle=settle_seconds()).new for source in changed)
        if new:
            found[night] = new
    if found:
        with opened(layout) as ledger:
            remember(ledger, tonight, found)
    return found


def finish(layout: Layout, asked: Collection[Place], *, engine: str = "limpide", workers: int = 2) -> list[Unfinished]:
    """Read what earlier loads received and did not read, the oldest night first; what became of each.

    One that cannot be read is set aside and the others go on. Raises `Busy`.
    """
    out = []
    for one in unfinished(layout):
        if (one.night, one.source) in asked:
            continue
        fault: BaseException | None = None
        try:
            list(structure_night(layout, one.night, [one.source], engine=engine, workers=workers))
        except Busy:
            raise
        except Exception as told:  # whatever it is, it is another night's: the one under way must not fall with it
            fault = told
        out.append(Unfinished(one.night, one.source, one.documents, fault))
    return out


def unfinished(layout: Layout) -> list[Unfinished]:
    """Nights × sources of which documents were received and not read, the oldest first."""
    with opened(layout) as ledger:
        rows = ledger.db.execute(
            "SELECT night, source, count(*) FROM documents WHERE dirty = 1 AND outcome = 'waiting' "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
    return [Unfinished(date.fromisoformat(night), source, count) for night, source, count in rows]


def missed(layout: Layout, landing: Path, until: date) -> list[date]:
    """Nights laid out in the landing folder, up to `until`, of which nothing was ever loaded; the oldest first."""
    laid_out = [night for night in nights_in(landing) if night <= until and sources_in(landing_of(landing, night))]
    if not layout.ledger_path.exists():
        return laid_out
    with opened(layout) as ledger:
        return [night for night in laid_out if not was_loaded(ledger, night)]


def was_loaded(ledger: Ledger, night: date) -> bool:
    """Whether a load ever began on this night."""
    day = night.isoformat()
    rows = ledger.db.execute(
        "SELECT EXISTS (SELECT 1 FROM files WHERE night = ?1) OR "
        "EXISTS (SELECT 1 FROM meta WHERE key >= ?2 AND key < ?3)",
        (day, f"landed:{day}:", f"landed:{day};"),
    )
    return bool(rows.fetchone()[0])


def unchanged(ledger: Ledger, landing: Path, night: date, source: str) -> bool:
    """Whether the folder of a source is as the last load found it."""
    return ledger.get(f"landed:{night}:{source}") == folder_state(landing, source)
