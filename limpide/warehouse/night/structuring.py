"""From raw bytes to rows: the sources of one night, through guarded worker processes, into the lake.

Belongs here: the order of things, feeding the pool. Does not belong here: which files are read (arrivals.py), what the
ledger is told (telling.py), readers, engines, mapping.

While this process sorts and writes one source, the workers read the next. It is begun when all that the one before said
of persons and rights is in the vault, neither earlier nor later: what workers know is the same on every run.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from limpide.errors import LIMITS, Limits, Reason
from limpide.identity.vault import links, merges
from limpide.identity.vault.opposition import Oppositions, Statement
from limpide.identity.vault.vault import Vault
from limpide.runtime import workers as pool
from limpide.runtime.prefetch import Ahead
from limpide.warehouse import vocabulary
from limpide.warehouse.lake import partition
from limpide.warehouse.lake.partition import Partition, Stage
from limpide.warehouse.lake.staged import OUTCOMES
from limpide.warehouse.layout import Hold, Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night import arrivals, ledger_update, letterheads, merged_persons
from limpide.warehouse.night import ocr_backlog as waiting_for_ocr
from limpide.warehouse.night.arrivals import Arrivals
from limpide.warehouse.night.carry_over import carry
from limpide.warehouse.night.identity_drift import judge
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.night.ledger_update import StructureReport
from limpide.warehouse.night.worker import Reading, Reference
from limpide.warehouse.snapshots.withdrawal import enforce
from limpide.warehouse.sources import declared

WARM = ("limpide.warehouse.night.preload",)
_TURNS = 3  # times that a source is read before nobody else may write meanwhile
_LEAST = 4  # files a batch, at least: a small source is shared out between the workers

Progress = Callable[[int, int], None]  # (done, total) files


def structure_night(
    layout: Layout,
    night: date,
    sources: Sequence[str],
    *,
    engine: str = "limpide",
    workers: int = 2,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> Iterator[StructureReport]:
    """Structure every document the ledger knows for this night and these sources, in their order; a report each.

    Idempotent. Nothing is done until the iterator is asked, and the house is held until it ends.
    Raises `Busy`, `WorkerFault` (transient: the sources reported are done), KeyError for an unknown engine.
    """
    with layout.locked() as hold, opened(layout) as ledger, closing(Vault(layout.vault)) as vault:
        version = arrivals.engine_version(engine)
        heard, total = progress or (lambda done, total: None), arrivals.count(ledger, night, sources)
        road = _Road(layout, hold, ledger, vault, engine, version, workers, limits, heard, total)
        # With the nights whose scans waited for an OCR that came since.
        waiting = {source: waiting_for_ocr.nights(ledger, source) for source in sources}
        parts = [
            _Part(read, source, again=read in waiting[source], asked=read == night)
            for source in sources
            for read in [night, *(earlier for earlier in waiting[source] if earlier != night)]
        ]
        try:
            for part, following in zip(parts, [*parts[1:], None], strict=True):
                road.read(part, following)
                if following is None or following.source != part.source:
                    yield road.settle([one for one in parts if one.source == part.source])
        finally:
            road.close()
            shutil.rmtree(layout.reading, ignore_errors=True)


@dataclass(slots=True)
class _Part:
    """One night of one source. `again`: read it even if it was made from these very files by this engine; `asked`: it
    is of the night that is being structured. `done`, `unchanged`, `seconds`: what became of it."""

    night: date
    source: str
    again: bool
    asked: bool
    arrivals: Arrivals | None = None
    done: Partition | None = None
    unchanged: bool = False
    seconds: float = 0.0


@dataclass(slots=True)
class _Road:
    """A night on its way. `_begun`: the files of the part that is read next and what workers give of them, if it is
    read ahead; `total` and `count`: files of the night, all and done."""

    layout: Layout
    hold: Hold
    ledger: Ledger
    vault: Vault
    engine: str
    version: str
    workers: int
    limits: Limits
    progress: Progress
    total: int
    count: int = 0
    _begun: tuple[Arrivals, Ahead[pool.Done]] | None = None

    def read(self, part: _Part, following: _Part | None) -> None:
        """Bring a part into the lake and tell the ledger; begin the one that follows as soon as may be."""
        began = time.monotonic()
        arrived, ahead = self._begun or (self._arrived(part), None)
        done = None if ahead else partition.load(self.layout, part.night, part.source)
        part.unchanged = ahead is None and not self._changed(part, arrived, done)
        if part.unchanged:
            self._begin(following)
        else:
            stage = None
            for turn in range(_TURNS):
                counted = self.count
                results = ahead if ahead and not turn else self._results(part, arrived)
                stage, arrived = self._collect(part, arrived, results, alone=turn + 1 == _TURNS)
                self.close()
                if stage is not None:
                    break
                self.count = counted
            assert stage is not None
            self._begin(following)
            done = self._finish(part, arrived, stage)
        assert done is not None
        ledger_update.tell(self.ledger, done, arrived.duplicates)
        part.arrivals, part.done, part.seconds = arrived, done, time.monotonic() - began

    def settle(self, parts: list[_Part]) -> StructureReport:
        """Judge the persons of a source by all that is known now, once all its parts are there; the report."""
        began = time.monotonic()
        merged_persons.settle(self.layout, self.ledger, self.vault.identities)
        for part in sorted(parts, key=lambda one: one.night):
            judge(self.layout, self.ledger, part.night, part.source)
        enforce(self.layout, self.ledger)
        (asked,) = (part for part in parts if part.asked)
        assert asked.done is not None and asked.arrivals is not None
        seconds = time.monotonic() - began + sum(part.seconds for part in parts)
        return ledger_update.report(self.ledger, asked.done, asked.arrivals.received, asked.unchanged, seconds)

    def close(self) -> None:
        """Let go of what was begun."""
        if self._begun:
            self._begun[1].close()
            self._begun = None

    def _arrived(self, part: _Part) -> Arrivals:
        return arrivals.of(self.layout, self.vault, self.ledger, part.night, part.source, self.version)

    def _changed(self, part: _Part, arrived: Arrivals, done: Partition | None) -> bool:
        generation = self.vault.generation
        return part.again or done is None or done.inputs != arrived.inputs or done.generation != generation

    def _begin(self, part: _Part | None) -> None:
        """Have a part read ahead, if it is to be read as things stand. Whether it is not is asked again in its turn."""
        if part is None or not self.workers:
            return
        arrived = self._arrived(part)
        if self._changed(part, arrived, partition.load(self.layout, part.night, part.source)):
            self._begun = arrived, Ahead(self._results(part, arrived))

    def _results(self, part: _Part, arrived: Arrivals) -> Generator[pool.Done, None, None]:
        """What workers make of the files of a part."""
        keys = self.vault.for_readers()
        index = vocabulary.index(self.layout)  # now: it may have to be made

        def results() -> Generator[pool.Done, None, None]:
            if not arrived.admitted:
                return
            said = declared(self.layout, part.source)
            known = letterheads.learn(keys, arrived.teachers, workers=self.workers, warm=WARM)
            where = (part.night, part.source, self.engine)
            work = partial(Reading, keys, *where, index, known, arrived.tables, said, arrived.attached)
            shared = -(-len(arrived.admitted) // (2 * self.workers or 1))
            batch = min(pool.BATCH, max(_LEAST, shared))
            count = min(self.workers, -(-len(arrived.admitted) // batch))
            yield from pool.run(work, arrived.admitted, workers=count, limits=self.limits, batch=batch, warm=WARM)

        return results()

    def _collect(
        self, part: _Part, arrived: Arrivals, results: Iterable[pool.Done], *, alone: bool
    ) -> tuple[Stage | None, Arrivals]:
        """Rows into a stage, and all that documents say of persons into the vault.

        Others may write while documents are read, but `alone`. Where that touched what is read (a document erased, a
        decision taken), nothing was said yet to anybody, and None comes back: it is read again, as things stand now.
        """
        shutil.rmtree(self.layout.reading, ignore_errors=True)
        stage = Stage(self.layout.reading / "stage")
        identities, night = self.vault.identities, part.night.isoformat()
        people: dict[tuple[str, bytes], Any] = {}
        said: list[tuple[str, str, bytes]] = []
        held: list[tuple[str, str, dict[str, Any]]] = []
        stated: list[Statement] = []
        merged: list[merges.Statement] = []
        undeclared = "its source or its format is not declared"
        stage.add_rows(
            OUTCOMES,
            [self._lost(pool.Lost(file, Reason.UNDECLARED_SOURCE, undeclared)) for file in arrived.refused],
        )
        self._advance(part, arrived.received - len(arrived.admitted))
        fault: pool.WorkerFault | None = None
        with nullcontext() if alone else self.hold.released():
            try:
                for done in results:
                    if done.results is not None:
                        stage.add(done.results)
                        stated += done.results.oppositions
                        merged += done.results.merges
                        for document, key, patient in done.results.people:
                            identity = identities.version(patient)
                            people.setdefault((key, identity), (key, patient, part.source, night))
                            said.append((document, key, identity))
                        held += [(key, night, shown) for key, shown in done.results.held]
                    stage.add_rows(OUTCOMES, [self._lost(one) for one in done.lost])
                    self._advance(part, done.size)
            except pool.WorkerFault as died:  # of an original that was erased under it, perhaps
                fault = died
        now = self._arrived(part)
        if now.inputs != arrived.inputs:
            return None, now
        if fault is not None:
            raise fault
        carry(self.layout, self.ledger, stage, part.night, part.source)
        identities.record(people[key] for key in sorted(people))
        links.relink(identities, {key for key, _ in people})
        identities.state(said)
        theirs = arrivals.documents_of(self.ledger, part.night, part.source)
        merges.state(identities, night, theirs, sorted(merged, key=lambda one: one.origin))
        identities.release_all(theirs)
        identities.hold(held)
        register = Oppositions(self.vault)
        if stated:
            register.state(sorted(stated, key=lambda s: (s.at, s.person_key, s.value)))
        register.spread(identities)
        return stage, now

    def _finish(self, part: _Part, arrived: Arrivals, stage: Stage) -> Partition:
        done = partition.finish(
            self.layout, self.ledger, stage, part.night, part.source, arrived.inputs, self.version,
            merged=self.vault.identities.merges(), generation=self.vault.generation,
        )  # fmt: skip
        ledger_update.place(self.vault, done)
        for folder in (self.layout.work, self.layout.reading):
            shutil.rmtree(folder, ignore_errors=True)
        with self.ledger.writing() as db:  # outcomes may differ where no row does: a scan read at last, of nobody known
            db.execute("DELETE FROM meta WHERE key = ?", (f"told:{part.night}:{part.source}",))
        return done

    def _advance(self, part: _Part, files: int) -> None:
        if part.asked:
            self.count += files
            self.progress(self.count, self.total)

    def _lost(self, lost: pool.Lost) -> dict[str, Any]:
        item: Reference = lost.item
        return {
            "document_key": document_key(item.file_key, 0),
            "file_key": item.file_key,
            "ordinal": 0,
            "sha256": item.sha256,
            "format": item.format,
            "size": item.size,
            "outcome": "quarantined",
            "reason": str(lost.reason),
            "detail": lost.detail or None,
            "engine": self.version,
            "born": False,
            "replaces": [],
        }
