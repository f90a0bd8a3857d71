"""What becomes of each treatment: current, started, stopped, changed, given, planned, past, refused.

Belongs here: choosing among a verb before the drug, a word behind it, the title above it and the dates beside it.
Does not belong here: the words (lexicon/drug_status.tsv), doses (posology.py), tables of two columns (conciliation.py).

A word before governs the drugs that it reaches and those coordinated with them ("arrêt du Lasilix et de l'Aldactone");
a word behind governs the drug that it follows, and its coordination when it is plural ("Lasilix et Aldactone
arrêtés"). What stands behind came later and prevails. Where nothing is said, the title decides. None: unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from limpide.document import Fact, Section
from limpide.french.tokens import Tokens
from limpide.semantics.drugs.regimen import Step
from limpide.semantics.drugs.titles import headings
from limpide.semantics.drugs.treatment_cues import Reading

_HISTORY = frozenset(("11348-0", "10164-2", "47519-4"))


def find_status(
    tokens: Tokens, drugs: Sequence[Fact], steps: dict[int, list[Step]], sections: Sequence[Section]
) -> None:
    """Set `status` on placed drug facts, in text order; `planned` and `negated` where the status says otherwise."""
    if not drugs or not tokens.form:
        return
    spans = [tokens.within(fact.start or 0, fact.end or 0) for fact in drugs]
    reading = Reading(tokens, list(drugs), spans)
    above_all = headings(tokens, sections, drugs)
    places = [place for place, _, _ in above_all]
    titles = [above_all[above][1:] if above >= 0 else (None, None) for above in _above(places, drugs)]
    for index, fact in enumerate(drugs):
        title, code = titles[index]
        title = reading.inline_title(index) or title
        step = steps[index][0] if index in steps else None
        fact.status = _settled(reading, index, fact, step, title, code)
        if fact.status == "planned":
            fact.planned, fact.negated = True, False
        elif fact.status in ("started", "current", "continued", "increased", "decreased", "given", "stopped"):
            fact.planned = False
    _against_discharge(drugs, titles, reading)


def _above(places: Sequence[int], drugs: Sequence[Fact]) -> list[int]:
    return [bisect_right(places, fact.start or 0) - 1 for fact in drugs]


def _against_discharge(
    drugs: Sequence[Fact], titles: Sequence[tuple[str | None, str | None]], reading: Reading
) -> None:
    """What was begun during a stay and stands on the discharge list was started; what does not was given."""
    lists: dict[str, set[str]] = {"entry": set(), "discharge": set()}
    for fact, (_, code) in zip(drugs, titles, strict=True):
        held = "discharge" if code == "10183-2" else "entry" if code in ("42346-7", "10160-0") else None
        if held and fact.code and not fact.negated:
            lists[held].add(fact.code)
    for index in reading.replaced:
        if (
            titles[index][0] == "given"
            and lists["entry"] | lists["discharge"]
            and drugs[index].code not in lists["entry"]
        ):
            drugs[index].status = "given"  # a step of the stay, not a treatment from before
    if not lists["discharge"]:
        return
    for index, (fact, (title, _)) in enumerate(zip(drugs, titles, strict=True)):
        if title == "given" and fact.status in ("given", "started") and fact.code:
            relayed = fact.status == "started" or reading.then_resumed(index)
            begun = relayed and fact.code in lists["discharge"] - lists["entry"]
            fact.status = "started" if begun or (fact.status == "started" and fact.code in lists["entry"]) else "given"


def _settled(
    reading: Reading, index: int, fact: Fact, step: Step | None, title: str | None, code: str | None
) -> str | None:
    back, onward = reading.back.get(index), reading.onward.get(index)
    said = onward if onward == "resumed" or back is None else back
    scheduled = step is not None and (step.frequency is not None or step.duration is not None)
    planning = title in ("planned", "here")
    if said == "changed":
        said = (
            reading.from_to(index)
            or reading.compared(index)
            or ("increased" if title in (None, "current", "given", "here", "none") else title)
        )
    if said == "then stopped":  # the end of a prescription in steps, or of a treatment that is told
        said = "stopped" if title in ("given", "past", None, "none", "closing") else onward
    if said == "replaced":
        step_of_stay = title == "given" and (onward in ("given", "treated") or reading.dated(index))
        said = "given" if step_of_stay else "stopped"
        reading.replaced.add(index)
    if said == "treated":
        ended = bool(step and step.duration) or reading.dated(index)
        if title == "given":
            said = "given"
        elif title == "past" or (ended and code in _HISTORY | {None}):
            said = "past"
        else:
            said = title if title not in (None, "here", "none", "closing") else "current"
    if said == "received":
        said = "past" if title == "past" or code in _HISTORY else "given"
    if said == "current" and title in ("given", "past"):
        said = title
    if said == "resumed" and (planning or reading.then_resumed(index)):
        said = "planned"
    if said == "given" and planning:
        said = "planned"
    if said == "started" and planning and not scheduled and reading.future(index):
        said = "planned"
    if said == "planned" and scheduled and title == "current" and reading.at_once(index):
        said = "started"  # "1 fois/j pendant 35 jours, à débuter ce soir"
    open_ended = said in (None, "current", "started") and title not in ("given", "past")
    if open_ended and not fact.prn and reading.conditional(index):
        said = "planned"
    if said is not None:
        return said
    if fact.negated:
        return None
    told = title == "past" or code in _HISTORY
    if (told or title in (None, "none", "closing")) and reading.dated(index, closed=told):
        return "past"
    if fact.planned:
        return "planned"
    if title == "here":
        return "started" if scheduled else "planned"
    if title == "closing":
        return "started" if scheduled and step is not None and step.duration else None
    if title == "past":
        return "current" if reading.since(index) else "past"
    return None if title == "none" else title
