"""A file on its way: who sends which document of whom, tonight.

Belongs here: `Sender`, which draws patients, clinicians and recipes and keeps a bounded pool of documents that may
yet be replaced, deleted or sent twice. Does not belong here: what can happen to a document (ways.py), writing files
(feed.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from limpide.errors import Reason
from limpide.synth.cases import Case, prior_day
from limpide.synth.envelope import Envelope
from limpide.synth.history import health, stay
from limpide.synth.population import SITES, Patient, Population
from limpide.synth.recipes import BASE, Made, Recipe
from limpide.synth.truth import truth_lines

POOL = 256

STEMS = {
    "discharge": "LETTRE_SORTIE",
    "consultation": "CR_CONSULTATION",
    "imaging": "CR_IMAGERIE",
    "laboratory": "CR_BIO",
    "microbiology": "CR_ECBU",
    "prescription": "ORDONNANCE",
    "summary": "VSM",
    "note": "NOTE",
}


@dataclass(slots=True)
class Sent:
    """A file and its lines of truth, one a document; `changes` are the documents whose status it changes."""

    path: str
    source: str
    night: date
    data: bytes
    extension: str
    recipe: Recipe
    case: Case
    head: Envelope | None
    lines: list[dict[str, Any]]
    changes: list[tuple[dict[str, Any], str]] = field(default_factory=list)


class Sender:
    """Everything the ways of sending draw from. Memory: `POOL` files, one date a patient."""

    def __init__(self, seed: int, patients: int, menu: tuple[Recipe, ...]) -> None:
        self.seed, self.menu = seed, menu
        self.population = Population(seed, patients)
        self.sites = {site.source: site for site in SITES}
        self.pool: list[Sent] = []
        self._shares = [recipe.share for recipe in menu]
        self._last_day: dict[int, date] = {}
        self._health = lru_cache(maxsize=4096)(lambda index: health(seed, self.population.patient(index)))

    def keep(self, sent: Sent, rng: Random) -> None:
        """Into the pool of those that may be replaced or sent again; a full pool forgets one at random."""
        if len(self.pool) < POOL:
            self.pool.append(sent)
        elif rng.random() < 0.3:
            self.pool[rng.randrange(POOL)] = sent

    def case(self, night: date, source: str, rng: Random) -> Case:
        """A case for tonight: a patient (some come often), a clinician of the source, the day before as the day."""
        patient = self.population.patient(int(self.population.patients * rng.random() ** 1.4))
        day = night - timedelta(days=1)
        last = self._last_day.get(patient.index)
        if last is None or last >= day:
            last = prior_day(day, Random(f"{self.seed}/prior/{patient.index}"))
        self._last_day[patient.index] = day
        clinician = rng.choice(self.population.clinicians[source])
        state = self._health(patient.index)
        return Case(self.seed, patient, self.sites[source], clinician, state, stay(self.seed, patient, day), day, last)

    def other(self, patient: Patient) -> Patient:
        """Somebody else."""
        return self.population.patient((patient.index + 1) % self.population.patients)

    def recipe(self, rng: Random, *prefixes: str) -> Recipe:
        """A recipe of the menu by its share, or any of the first recipes whose name starts so."""
        if not prefixes:
            return rng.choices(self.menu, self._shares)[0]
        return rng.choice([recipe for recipe in BASE if recipe.name.startswith(prefixes)])

    def path(self, night: date, source: str, slot: int, stem: str, extension: str, rng: Random) -> str:
        """Path below the landing folder. Extensions lie now and then: files are recognised by their bytes."""
        if rng.random() < 0.03:
            extension = rng.choice(("dat", "bin", "xml", "txt", "doc"))
        return f"{night}/{source}/{night:%Y%m%d}_{slot:06d}_{stem}.{extension}"

    def fresh(self, night: date, slot: int, rng: Random, *prefixes: str) -> Sent:
        """A sound document nobody has sent before."""
        recipe = self.recipe(rng, *prefixes)
        case = self.case(night, rng.choice(recipe.sources), rng)
        sent = self.sent(night, slot, rng, recipe, case, recipe.make(recipe.kind, case, rng, None))
        self.keep(sent, rng)
        return sent

    def sent(
        self, night: date, slot: int, rng: Random, recipe: Recipe, case: Case, made: Made, stem: str | None = None
    ) -> Sent:
        """The file as it lands, with its truth."""
        source = case.site.source
        path = self.path(night, source, slot, stem or STEMS[recipe.kind.key], made.extension, rng)
        lines = truth_lines(path, source, night, case, made)
        return Sent(path, source, night, made.data, made.extension, recipe, case, made.head, lines)

    def refused(
        self,
        night: date,
        slot: int,
        rng: Random,
        recipe: Recipe,
        case: Case,
        made: Made,
        *reasons: Reason,
        breakage: str | None = None,
        stem: str | None = None,
    ) -> Sent:
        """A file that must be set aside: one line of truth, the reason expected first, then others as true."""
        sent = self.sent(night, slot, rng, recipe, case, replace(made, also=[]), stem)
        sent.lines[0].update(
            status="quarantined", reason=str(reasons[0]), reasons=[str(each) for each in reasons], breakage=breakage
        )
        return sent
