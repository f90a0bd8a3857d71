"""Measurements, vital signs and scores that a text states, in order, one reading a value.

Belongs here: putting together what the modules of this room find. Does not belong here: any of it: rows of tables
(rows.py), names above values (grids.py), sentences (sentences.py, series.py), tests in words (worded.py), antibiograms
(antibiogram.py), vital signs without a name (vitals.py), scores and stages (scores.py), the newborn's (newborn.py).

`value` and `unit` are as written, the unit in UCUM; `value_text` keeps the very characters. Blood pressure alone is
given in mm[Hg] whatever was written ("14/8" is 140 and 80), so that one column means one thing; a vital sign that has
one unit only has it without saying (an IMC is in kg/m2).
"""

from __future__ import annotations

from bisect import bisect_right

from limpide.document import Fact, Page
from limpide.french.tokens import Tokens
from limpide.semantics.lab.analytes import Named, analyte_table, for_specimen
from limpide.semantics.lab.antibiogram import antibiograms
from limpide.semantics.lab.facts import CONFIDENCE_ROW, CONFIDENCE_UNCODED_ROW, measured
from limpide.semantics.lab.grids import grid_facts
from limpide.semantics.lab.headings import labelled_specimen, sampling_times, sentence_specimens
from limpide.semantics.lab.newborn import give_to_newborn
from limpide.semantics.lab.rows import Row, find_rows
from limpide.semantics.lab.scores import find_scores, score_names
from limpide.semantics.lab.sentences import paired, sentence_facts, value_place
from limpide.semantics.lab.shy_names import Pending, vouched
from limpide.semantics.lab.vitals import birth_weights, bodies, cells, postures, pressure_names, pressures, temperatures
from limpide.semantics.lab.worded import tests_of_lists

_WRAPPED = 60  # characters of a line that a page's width ended, not its author


def find_measurements(tokens: Tokens, pages: list[Page] | None = None, document_date: str | None = None) -> list[Fact]:
    """Facts of kind 'measurement', 'vital' and 'observation', in text order; previous results have `prior` set.

    `pages` is not needed: offsets place facts on pages; it is taken for engines that read geometry. `document_date`
    (ISO) gives their year to columns headed "19/01".
    """
    names = analyte_table().scan(tokens)
    times = sampling_times(tokens)
    facts, taken = grid_facts(tokens, names)
    for row in find_rows(tokens, _with_scores(tokens, names), document_date):
        taken.append((row.start, row.end))
        facts.extend(_row_facts(tokens, row, times))
    covered = _Covered(sorted(taken))
    facts.extend(fact for fact in _in_sentences(tokens, names) if not covered.holds(fact.start or 0))
    facts.extend(fact for fact in find_scores(tokens) if not covered.holds(fact.start or 0))
    facts.sort(key=lambda fact: (fact.start or 0, fact.end or 0))
    found = _without_overlap(facts)
    give_to_newborn(tokens, found)
    return found


def _in_sentences(tokens: Tokens, names: list[tuple[int, int, Named]]) -> list[Fact]:
    """What no table holds."""
    specimens = sentence_specimens(tokens)
    tested = antibiograms(tokens, names)
    judged = {fact.start for fact in tested}
    facts = paired(tokens, names)
    pending: list[Pending] = []
    for first, after, named in names:
        if tokens.start[first] not in judged:
            specimen = _specimen(tokens, first, named, specimens)
            facts.extend(sentence_facts(tokens, first, after, named, specimen, pending))
    nameless = Named(())
    places = [(first, after, value_place(tokens, first, after, nameless)) for first, after in pressure_names(tokens)]
    facts.extend(pressures(tokens, [(first, after, place) for first, after, place in places if place is not None]))
    facts.extend(_where_nothing_is(postures(tokens), facts))
    facts.extend(_where_nothing_is(bodies(tokens), facts))
    facts.extend(_where_nothing_is(birth_weights(tokens), facts))
    facts.extend(_where_nothing_is(temperatures(tokens), facts))
    facts.extend(_where_nothing_is(cells(tokens, specimens), facts))
    facts.extend(vouched(tokens, pending, facts))
    facts.extend(_where_nothing_is(list(tests_of_lists(tokens)), facts))
    return [*facts, *tested]


def _specimen(tokens: Tokens, first: int, named: Named, specimens: dict[int, tuple[str, bool]]) -> str | None:
    """The fluid of a word's sentence, unless a short line ended since the fluid was named.

    A fluid named in an earlier sentence holds for what is measured in it: no CRP follows an ascites.
    """
    told, own = specimens.get(tokens.sentence[first], (None, True))
    told = told or labelled_specimen(tokens, first)
    if told is None or not (own or any(analyte.specimen == told for analyte in named.analytes)):
        return None
    begin, _ = tokens.sentence_bounds[tokens.sentence[first]]
    lines = tokens.text[begin : tokens.start[first]].lstrip().split("\n")
    whole = all(len(line) >= _WRAPPED or line.rstrip().endswith((",", ";", ":")) for line in lines[:-1])
    return told if whole else None


def _where_nothing_is(added: list[Fact], facts: list[Fact]) -> list[Fact]:
    """Those of `added` that stand over no fact already found."""
    held = sorted((fact.start or 0, fact.end or 0) for fact in facts)
    starts = [start for start, _ in held]
    kept = []
    for fact in added:
        last = bisect_right(starts, (fact.end or 0) - 1)
        if not any(end > (fact.start or 0) for _, end in held[max(0, last - 4) : last]):
            kept.append(fact)
    return kept


def _with_scores(tokens: Tokens, names: list[tuple[int, int, Named]]) -> list[tuple[int, int, Named]]:
    """Measures and scores in order; where both name the same words, the longer name."""
    found = sorted([*names, *score_names(tokens)], key=lambda each: (each[0], -each[1]))
    kept: list[tuple[int, int, Named]] = []
    for each in found:
        if not kept or each[0] >= kept[-1][1]:
            kept.append(each)
    return kept


class _Covered:
    """Places that rows have taken; `spans` in text order, none over another."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def holds(self, place: int) -> bool:
        last = bisect_right(self.starts, place) - 1
        return last >= 0 and place < self.ends[last]


def _row_facts(tokens: Tokens, row: Row, times: list[tuple[int, str]]) -> list[Fact]:
    """The facts of one laboratory row: its result, the same in a second unit, and previous results."""
    facts = []
    analyte = for_specimen(row.named.within(tokens.folded), row.specimen) if row.named else None
    for cell in row.results:
        fact = measured(tokens, analyte, row.start, row.end, cell.value, cell.unit, cell.written)
        if analyte is None:
            fact.display = row.name
        fact.range_low, fact.range_high = cell.low, cell.high
        fact.flag = None if cell.prior else row.flag
        fact.prior = cell.prior
        fact.time_start = cell.date if cell.prior or row.dated else (_time_at(times, row.start) or cell.date)
        fact.specimen = fact.specimen or row.specimen
        fact.rule, fact.confidence = "measurement:row", CONFIDENCE_ROW if fact.code else CONFIDENCE_UNCODED_ROW
        facts.append(fact)
    return facts


def _time_at(times: list[tuple[int, str]], place: int) -> str | None:
    """The sampling time that governs a place: the last stated before it, or the only one of the text."""
    before = [time for start, time in times if start <= place]
    if before:
        return before[-1]
    return times[0][1] if len(times) == 1 else None


def _without_overlap(facts: list[Fact]) -> list[Fact]:
    """One reading a value: of two facts on the same number, the one with a code, then the longer name."""
    best: dict[tuple[object, ...], Fact] = {}
    for fact in facts:
        key: tuple[object, ...] = (fact.value_text, fact.end, None, fact.prior)
        if fact.rule == "measurement:pressure" or (fact.kind == "observation" and fact.rule != "clinical:score"):
            key = (fact.value_text, fact.end, fact.code, fact.prior)
        if fact.rule in ("measurement:row", "measurement:grid", "measurement:words"):
            key = (fact.value_text, id(fact), None, fact.prior)
        held = best.get(key)
        if held is None or (held.code is None and fact.code is not None):
            best[key] = fact
    kept: list[Fact] = []
    for fact in sorted(best.values(), key=lambda fact: (fact.start or 0, fact.end or 0)):
        before = kept[-1] if kept else None
        same = before and fact.rule == before.rule == "clinical:score" and fact.display == before.display
        if before and same and (fact.start or 0) < (before.end or 0):
            continue  # "dyspnée stade III de la NYHA" names its scale twice
        kept.append(fact)
    return kept
