"""The case a document speaks of, and how laboratories print its results.

Belongs here: `Case`, dates and numbers as printed in French, one laboratory `Result` with the one before it.
Does not belong here: sentences (speech.py), health itself (history.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from limpide.synth.catalogue import Analyte
from limpide.synth.content import TruthFact
from limpide.synth.history import Health, Stay, flag
from limpide.synth.population import Clinician, Patient, Site

LOINC = "LOINC"


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a document speaks of: who, where, which stay, what day. `seed` is the feed's."""

    seed: int
    patient: Patient
    site: Site
    author: Clinician
    state: Health
    stay: Stay
    day: date
    prior_day: date


@lru_cache(maxsize=4096)
def french(day: date) -> str:
    """01/11/2026."""
    return day.strftime("%d/%m/%Y")


def printed(value: float, decimals: int) -> str:
    """7,20 : a decimal comma, as many decimals as the laboratory gives."""
    return f"{value:.{decimals}f}".replace(".", ",")


@dataclass(frozen=True, slots=True)
class Result:
    """One laboratory result with the one before it, where there is one."""

    test: Analyte
    value: float
    before: float | None

    def row(self, prior_day: date) -> tuple[str, ...]:
        """As a laboratory prints it: name, value with its flag, unit, range, previous value and date."""
        test = self.test
        words, _, sign = measured(test, self.value)
        mark = {"H": " H", "L": " B", "N": ""}[flag(test, self.value)]
        previous = ""
        if self.before is not None:
            before, _, before_sign = measured(test, self.before)
            previous = f"{'< ' if before_sign else ''}{before} ({french(prior_day)})"
        return (test.name, f"{'< ' if sign else ''}{words}{mark}", test.printed_unit, reference(test), previous)

    def facts(self, origin: Any, case: Case, section: str) -> Iterator[TruthFact]:
        """The result, then the previous one."""
        test = self.test
        _, value, sign = measured(test, self.value)
        yield TruthFact(
            "measurement",
            origin,
            test.name,
            test.loinc,
            LOINC,
            value,
            None,
            sign,
            test.unit,
            test.low,
            test.high,
            flag(test, self.value),
            case.day.isoformat(),
            section=section,
        )
        if self.before is not None:
            _, value, sign = measured(test, self.before)
            yield TruthFact(
                "measurement",
                origin,
                test.name,
                test.loinc,
                LOINC,
                value,
                None,
                sign,
                test.unit,
                time_start=case.prior_day.isoformat(),
                prior=True,
                section=section,
            )


def measured(test: Analyte, value: float) -> tuple[str, float, str | None]:
    """Printed number, value, comparator: below the limit of detection a laboratory prints `< limit`."""
    if test.floor is not None and value < test.floor:
        shown = f"{test.floor:g}".replace(".", ",")
        return shown, test.floor, "<"
    return printed(value, test.decimals), value, None


def reference(test: Analyte) -> str:
    """`4,0 - 6,0`, `< 5`, `> 60`."""
    low = None if test.low is None else f"{test.low:g}".replace(".", ",")
    high = None if test.high is None else f"{test.high:g}".replace(".", ",")
    if low and high:
        return f"{low} - {high}"
    return f"< {high}" if high else f"> {low}"


def prior_day(day: date, rng: Random) -> date:
    """When the previous results were taken, for a patient not yet seen in this feed."""
    return day - timedelta(days=rng.choice((28, 35, 61, 92, 120, 183)))
