"""What `limpide arena` prints: French tables of counts, and every fact as CSV.

Belongs here: how the comparison reads. Does not belong here: measuring or comparing (limpide/evaluation/arena.py).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from limpide.document import Fact
from limpide.evaluation.arena import Agreement, Bout, Difference, Note
from limpide.evaluation.comparison import Subject
from limpide.evaluation.exam import TITLES, Tally
from limpide.reports.tables import plain_table

_KINDS = {
    "condition": "problèmes",
    "drug": "médicaments",
    "measurement": "biologie",
    "vital": "signes vitaux",
    "procedure": "actes",
    "device": "dispositifs",
    "allergy": "allergies",
    "immunization": "vaccins",
    "observation": "autres",
    "family_history": "familiaux",
    "encounter": "venues",
}
_COLUMNS = (
    "start", "end", "kind", "text", "code", "system", "negated", "hypothetical", "family", "history", "value", "unit",
    "rule", "confidence",
)  # fmt: skip
_AROUND = 30  # characters shown on either side of a disagreement


def engines(bouts: Iterable[Bout]) -> str:
    """One line an engine; under it, why an engine did not run."""
    able = [bout for bout in bouts if bout.failure is None]
    kinds = [kind for kind in _KINDS if any(fact.kind == kind for bout in able for fact in bout.all)]
    heads = ("moteur", "version", "notes", "faits", *(_KINDS[k] for k in kinds), "codés", "niés", "notes/s",
             "démarrage", "mémoire")  # fmt: skip
    lines = []
    for bout in able:
        facts = bout.all
        count = Counter(str(fact.kind) for fact in facts)
        coded = sum(bool(fact.code) for fact in facts)
        denied = sum(fact.negated for fact in facts)
        lines.append(
            (bout.engine, bout.version, len(bout.facts), len(facts), *(count[k] for k in kinds),
             _percent(coded, len(facts)), _percent(denied, len(facts)), _number(bout.rate, 1),
             f"{_number(bout.start, 1)} s", f"{bout.memory:.0f} Mo")
        )  # fmt: skip
    parts = [plain_table(heads, lines)] if lines else []
    parts += [f"{bout.engine} : {bout.failure}" for bout in bouts if bout.failure is not None]
    return "\n".join(parts)


def scores(judged: Iterable[tuple[str, dict[Subject, Tally]]]) -> str:
    """Recall, precision and F1 of each engine, by subject and in all."""
    lines = []
    for name, tallies in judged:
        total = Tally()
        for subject in TITLES:
            if subject in tallies:
                lines.append((name, TITLES[subject], *_figures(tallies[subject])))
                total.add(tallies[subject])
        lines.append((name, "ensemble", *_figures(total)))
    return plain_table(("moteur", "sujet", "attendus", "trouvés", "justes", "rappel", "précision", "F1"), lines)


def _figures(tally: Tally) -> tuple[object, ...]:
    recall, precision = tally.recall, tally.precision
    both = None
    if recall is not None and precision is not None:
        both = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
    right = tally.right + tally.confirmed
    return (tally.coded, tally.found, right, _share(recall), _share(precision), _share(both))


def agreement(found: Iterable[Agreement]) -> str:
    """How far two engines agree, all kinds together and kind by kind."""
    lines = [
        (
            "toutes" if one.kind is None else _KINDS[one.kind],
            one.first,
            one.second,
            one.exact,
            one.overlap,
            _share(one.share(one.exact)),
            _share(one.share(one.overlap)),
            f"{one.same_code}/{one.both_coded}",
            f"{one.same_negation}/{one.overlap}",
        )
        for one in found
    ]
    heads = ("sorte", "du premier", "du second", "exacts", "recouvrants", "accord exact", "accord", "même code",
             "même négation")  # fmt: skip
    return plain_table(heads, lines)


def examples(found: Iterable[Difference], given: list[Note], one: Bout, other: Bout) -> str:
    """A line a disagreement, with the words around it; the place between brackets."""
    titles = {"first": f"{one.engine} seul", "second": f"{other.engine} seul", "code": "codes", "negation": "négation"}
    lines = []
    for each in found:
        place = each.first or each.second
        assert place is not None
        said = " ≠ ".join(_said(fact) for fact in (each.first, each.second) if fact is not None)
        lines.append((titles[each.what], said, _around(given[each.note].text, place)))
    return plain_table(("désaccord", "ce qui est dit", "dans la note"), lines) if lines else ""


def _said(fact: Fact) -> str:
    return f"{_KINDS[fact.kind]} {fact.code or 'sans code'}{' (nié)' if fact.negated else ''}"


def _around(text: str, fact: Fact) -> str:
    start, end = fact.start or 0, fact.end or 0
    shown = f"{text[max(0, start - _AROUND) : start]}[{text[start:end]}]{text[end : end + _AROUND]}"
    return " ".join(shown.split())


def as_csv(given: list[Note], bouts: Iterable[Bout], stream: TextIO) -> None:
    """Every fact of every engine: note, rank in its file, engine, then the fact."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("path", "member", "engine", *_COLUMNS))
    for bout in bouts:
        for note, facts in zip(given, bout.facts, strict=True):
            for fact in facts:
                values = (getattr(fact, name) for name in _COLUMNS)
                writer.writerow((note.path, note.member, bout.engine, *("" if v is None else v for v in values)))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _share(value: float | None) -> str:
    return "–" if value is None else _number(value, 2)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")
