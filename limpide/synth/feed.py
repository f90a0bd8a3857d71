"""The demonstration feed: nights of files as hospitals send them, and the ground truth beside.

    DIR/landing/<night>/<source>/<file>    only what a hospital would send
    DIR/truth/<night>.jsonl                one line a file: what it is, what a reader must find in it
    DIR/truth/lives.jsonl                  what later nights change: {"night", "path", "from", "to", "by"}
    DIR/truth/identities.jsonl             one line a patient: every string that identifies them

Belongs here: the schedule (fresh documents, replacements, duplicates, broken files) and the writing. Everything follows
from the seed: same seed, same bytes. Memory does not grow with the number of documents (a bounded pool of recent ones).
Does not belong here: what documents say (letters.py, structured.py) or look like (recipes.py, formats/).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import IO, Any

from limpide.document import Format
from limpide.errors import Reason
from limpide.synth import broken, recipes
from limpide.synth.cases import Case, french, prior_day
from limpide.synth.envelope import Envelope, identities, patient_truth
from limpide.synth.history import health, stay
from limpide.synth.population import SITES, Patient, Population
from limpide.synth.recipes import BASE, Made, Recipe
from limpide.synth.truth import truth_line

START = date(2026, 11, 1)
POOL = 256  # recent documents that may yet be replaced or sent twice

# Shares in thousandths; the rest is fresh and sound.
REPLACED, DUPLICATED, SPOILED, SCANNED, WRONG_PATIENT, ANONYMOUS, ORPHAN = 40, 25, 20, 5, 6, 5, 5


@dataclass(slots=True)
class FeedSummary:
    """What was written. `statuses` counts final statuses by source: {source: {status: files}}."""

    root: Path
    nights: list[date] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    patients: int = 0
    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Sent:
    """A document already sent that may be replaced or sent again."""

    path: str
    source: str
    night: date
    data: bytes
    extension: str
    recipe: Recipe
    case: Case
    head: Envelope | None
    line: dict[str, Any]


def generate(
    out: Path,
    *,
    documents: int,
    nights: int,
    seed: int,
    start: date = START,
    patients: int | None = None,
    progress: Callable[[int], None] | None = None,
    menu: tuple[Recipe, ...] = BASE,
) -> FeedSummary:
    """Writes `documents` files over `nights` nights under `out`; `progress(n)` is told of each n files written.

    Raises FileExistsError when `out` already holds a feed: two seeds must not mix.
    """
    return _Feed(out, documents, nights, seed, start, patients, menu).run(progress)


class _Feed:
    def __init__(
        self,
        out: Path,
        documents: int,
        nights: int,
        seed: int,
        start: date,
        patients: int | None,
        menu: tuple[Recipe, ...],
    ) -> None:
        if (out / "truth").exists() or (out / "landing").exists():
            raise FileExistsError(f"{out} already holds a feed")
        self.out, self.seed, self.menu = out, seed, menu
        self.documents = documents
        self.nights = [start + timedelta(days=index) for index in range(nights)]
        self.population = Population(seed, patients or max(5, documents // 6))
        self.sites = {site.source: site for site in SITES}
        self.pool: list[_Sent] = []
        self.last_day: dict[int, date] = {}
        self.known: set[int] = set()
        self.summary = FeedSummary(out, list(self.nights))
        self.shares = [recipe.share for recipe in menu]

    def run(self, progress: Callable[[int], None] | None) -> FeedSummary:
        truth = self.out / "truth"
        truth.mkdir(parents=True)
        with (
            (truth / "identities.jsonl").open("w", encoding="utf-8") as people,
            (truth / "lives.jsonl").open("w", encoding="utf-8") as lives,
        ):
            for index, night in enumerate(self.nights):
                count = self.documents // len(self.nights) + (index < self.documents % len(self.nights))
                with (truth / f"{night}.jsonl").open("w", encoding="utf-8") as lines:
                    for slot in range(count):
                        rng = Random(f"{self.seed}/slot/{index}/{slot}")
                        self._send(night, slot, rng, lines, lives, people)
                        if progress is not None:
                            progress(1)
        self.summary.patients = len(self.known)
        return self.summary

    # -- one file ----------------------------------------------------------------------------------------------

    def _send(self, night: date, slot: int, rng: Random, lines: IO[str], lives: IO[str], people: IO[str]) -> None:
        bounds = (REPLACED, DUPLICATED, SPOILED, SCANNED, WRONG_PATIENT, ANONYMOUS, ORPHAN)
        ways = (
            self._replacement,
            self._duplicate,
            self._spoiled,
            self._scanned,
            self._wrong_patient,
            self._anonymous,
            self._orphan,
        )
        draw, reached = rng.randrange(1000), 0
        sent = None
        for bound, way in zip(bounds, ways, strict=True):
            reached += bound
            if draw < reached:
                sent = way(night, slot, rng, lives)
                break
        if sent is None:
            sent = self._fresh(night, slot, rng)
        self._write(sent, lines, people)

    def _write(self, sent: _Sent, lines: IO[str], people: IO[str]) -> None:
        target = self.out / "landing" / sent.path
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
        target.write_bytes(sent.data)
        lines.write(json.dumps(sent.line, ensure_ascii=False) + "\n")
        summary, line = self.summary, sent.line
        summary.files += 1
        summary.bytes += len(sent.data)
        summary.formats[line["format"]] += 1
        summary.statuses.setdefault(sent.source, Counter())[line["status"]] += 1
        if line["reason"]:
            summary.reasons[line["reason"]] += 1
        patient = sent.case.patient
        if patient.index not in self.known:
            self.known.add(patient.index)
            record = {"patient": patient.index, **patient_truth(patient), "identities": identities(patient)}
            people.write(json.dumps(record, ensure_ascii=False) + "\n")

    def _keep(self, sent: _Sent, rng: Random) -> None:
        """Into the pool of those that may be replaced or sent again; a full pool forgets one at random."""
        if len(self.pool) < POOL:
            self.pool.append(sent)
        elif rng.random() < 0.3:
            self.pool[rng.randrange(POOL)] = sent

    def _case(self, night: date, source: str, rng: Random, patient: Patient | None = None) -> Case:
        """A case for tonight: a patient (some come often), a clinician of the source, the day before as the day."""
        if patient is None:
            patient = self.population.patient(int(self.population.patients * rng.random() ** 1.4))
        day = night - timedelta(days=1)
        last = self.last_day.get(patient.index)
        before = (
            last if last is not None and last < day else prior_day(day, Random(f"{self.seed}/prior/{patient.index}"))
        )
        self.last_day[patient.index] = day
        return Case(
            self.seed,
            patient,
            self.sites[source],
            rng.choice(self.population.clinicians[source]),
            health(self.seed, patient),
            stay(self.seed, patient, day),
            day,
            before,
        )

    def _recipe(self, rng: Random, prefix: str = "") -> Recipe:
        if not prefix:
            return rng.choices(self.menu, self.shares)[0]
        return rng.choice([recipe for recipe in self.menu if recipe.name.startswith(prefix)])

    def _path(self, night: date, source: str, slot: int, stem: str, extension: str, rng: Random) -> str:
        # Extensions lie now and then: files are recognised by their bytes.
        if rng.random() < 0.03:
            extension = rng.choice(("dat", "bin", "xml", "txt", "tmp"))
        return f"{night}/{source}/{night:%Y%m%d}_{slot:06d}_{stem}.{extension}"

    # -- ways of sending ---------------------------------------------------------------------------------------

    def _fresh(self, night: date, slot: int, rng: Random, prefix: str = "") -> _Sent:
        recipe = self._recipe(rng, prefix)
        source = rng.choice(recipe.sources)
        case = self._case(night, source, rng)
        made = recipe.make(recipe.kind, case, rng, None)
        sent = self._sent(night, slot, rng, recipe, case, made)
        self._keep(sent, rng)
        return sent

    def _sent(self, night: date, slot: int, rng: Random, recipe: Recipe, case: Case, made: Made) -> _Sent:
        source = case.site.source
        path = self._path(night, source, slot, STEMS[recipe.kind.key], made.extension, rng)
        line = truth_line(path, source, night, made.data, str(made.format), case, made)
        return _Sent(path, source, night, made.data, made.extension, recipe, case, made.head, line)

    def _replacement(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent | None:
        """A new version of a document already sent, by the same source."""
        able = [sent for sent in self.pool if sent.head is not None]
        if not able:
            return None
        old = rng.choice(able)
        assert old.head is not None
        case = replace(old.case, day=night - timedelta(days=1))
        moment = datetime.combine(night, datetime.min.time()) - timedelta(minutes=rng.randrange(30, 700))
        moment = max(moment, old.head.moment + timedelta(minutes=5))
        made = old.recipe.make(old.recipe.kind, case, rng, old.head.next_version(rng, moment))
        sent = self._sent(night, slot, rng, old.recipe, case, made)
        self.pool[self.pool.index(old)] = sent
        self._change(lives, night, old.line, "superseded", sent.path)
        return sent

    def _change(self, lives: IO[str], night: date, line: dict[str, Any], status: str, by: str) -> None:
        record = {"night": night.isoformat(), "path": line["path"], "from": line["status"], "to": status, "by": by}
        lives.write(json.dumps(record, ensure_ascii=False) + "\n")
        counts = self.summary.statuses[line["source"]]
        counts[line["status"]] -= 1
        counts[status] += 1

    def _duplicate(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent | None:
        """The same bytes again: from an earlier night by any source, or tonight by the same."""
        if not self.pool:
            return None
        old = rng.choice(self.pool)
        source = old.source
        if old.night < night and rng.random() < 0.5:
            source = rng.choice([site.source for site in SITES])
        path = self._path(night, source, slot, STEMS[old.recipe.kind.key], old.extension, rng)
        line = {
            **old.line,
            "path": path,
            "source": source,
            "night": night.isoformat(),
            "status": "duplicated",
            "duplicate_of": old.path,
        }
        return replace(old, path=path, source=source, night=night, line=line)

    def _spoiled(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent:
        """A file that was sound once, or never."""
        name, spoil, base, reason, others = rng.choice(broken.BREAKAGES)
        recipe = self._recipe(rng, base or "n1")
        case = self._case(night, rng.choice(recipe.sources), rng)
        sound = recipe.make(recipe.kind, case, rng, None)
        made = replace(sound, data=spoil(sound.data, rng), facts=[], sections=[])
        if base is None:
            made = replace(made, words="", head=None, title=None, inner=None, extension=EXTENSIONS[name])
            made.format = {"encrypted_pdf": Format.PDF}.get(name, Format.UNKNOWN)
        return self._refused(night, slot, rng, recipe, case, made, reason, others, name)

    def _refused(
        self,
        night: date,
        slot: int,
        rng: Random,
        recipe: Recipe,
        case: Case,
        made: Made,
        reason: Reason,
        others: tuple[Reason, ...] = (),
        spoiled: str | None = None,
    ) -> _Sent:
        sent = self._sent(night, slot, rng, recipe, case, made)
        sent.line.update(
            status="quarantined",
            reason=str(reason),
            reasons=[str(reason), *map(str, others)],
            breakage=spoiled,
        )
        return sent

    def _scanned(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent:
        """A PDF without a text layer: waits for OCR."""
        from limpide.synth import scan

        recipe = self._recipe(rng, "pdf")
        case = self._case(night, rng.choice(recipe.sources), rng)
        made = recipe.make(recipe.kind, case, rng, None)
        drawn = scan.picture(made.data, dpi=150)
        made = replace(made, data=scan.image_pdf(drawn))
        sent = self._refused(night, slot, rng, recipe, case, made, Reason.NEEDS_OCR)
        sent.line["status_with_ocr"] = "published"
        return sent

    def _wrong_patient(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent:
        """The header names one patient, the PDF inside another."""
        recipe = self._recipe(rng, "n1")
        case = self._case(night, rng.choice(recipe.sources), rng)
        other = self.population.patient((case.patient.index + 1) % self.population.patients)
        made = recipes.cda_n1(recipe.kind, case, rng, None)
        foreign = recipes.cda_n1(recipe.kind, replace(case, patient=other), rng, made.head)
        mixed = replace(foreign, data=_graft(made.data, foreign.data), facts=[], sections=[])
        mixed.words = made.words.partition("\f")[0] + "\f" + foreign.words.partition("\f")[2]
        sent = self._refused(night, slot, rng, recipe, case, mixed, Reason.IDENTITY_CONFLICT)
        sent.line["other_patient"] = patient_truth(other)
        sent.line["identities"] += [each for each in identities(other) if each["value"] in mixed.words]
        return sent

    def _anonymous(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent:
        """A text that names nobody."""
        recipe = self._recipe(rng, "text")
        case = self._case(night, rng.choice(recipe.sources), rng)
        made = recipe.make(recipe.kind, case, rng, None)
        nobody = (
            f"{case.site.name}\nProtocole de service du {french(case.day)}\n\n"
            "Conduite à tenir devant une fièvre au retour à domicile : contrôle clinique, bilan biologique.\n"
            f"Version {rng.randrange(1, 99)}.{rng.randrange(1, 99)}.\n"
        )
        made = replace(made, data=nobody.encode(), words=nobody, facts=[], sections=[])
        return self._refused(night, slot, rng, recipe, case, made, Reason.NO_PATIENT)

    def _orphan(self, night: date, slot: int, rng: Random, lives: IO[str]) -> _Sent:
        """A replacement whose first version never came: it must be published all the same."""
        recipe = self._recipe(rng, "n")
        case = self._case(night, rng.choice(recipe.sources), rng)
        first = recipe.make(recipe.kind, case, rng, None)
        assert first.head is not None
        made = recipe.make(
            recipe.kind, case, rng, first.head.next_version(rng, first.head.moment + timedelta(minutes=9))
        )
        sent = self._sent(night, slot, rng, recipe, case, made)
        self._keep(sent, rng)
        return sent


STEMS = {
    "discharge": "LETTRE_SORTIE",
    "consultation": "CR_CONSULTATION",
    "imaging": "CR_IMAGERIE",
    "laboratory": "CR_BIO",
    "prescription": "ORDONNANCE",
    "summary": "VSM",
    "note": "NOTE",
}
EXTENSIONS = {"encrypted_pdf": "pdf", "empty": "xml", "binary": "bin"}


def _graft(host: bytes, guest: bytes) -> bytes:
    """The header of one N1 with the payload of another."""
    mark = b'representation="B64">'
    return host.partition(mark)[0] + mark + guest.partition(mark)[2]
