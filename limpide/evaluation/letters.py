"""Whole letters against their gold: which stated facts come out, whole, and what is said that no letter states.

Belongs here: reading gold letters (tests/letters/README.md gives their form), pairing, judging attributes, counting.
Does not belong here: running an engine's options, printing for a terminal (benchmarks/letters.py).

*Found*: a fact of the same family of kinds overlaps the quote, one to one. *Whole*: found, and every attribute that
the gold states is right. *Apt*: a said fact that overlaps some gold fact of its family outside the passages where
nothing is to be found; observations that no gold asks for are left out. Facts are rows of the JSON contract
(document.fact_to_contract), so that any engine's output can be scored.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
ALL = "all"
FAMILIES = {
    "condition": "condition",
    "family_history": "condition",
    "drug": "drug",
    "measurement": "measure",
    "vital": "measure",
    "observation": "measure",
    "measure": "measure",
    "procedure": "procedure",
    "allergy": "allergy",
    "device": "device",
    "immunization": "immunization",
}
# Judged whether the gold says it or not; the others only where it does: two readers differ on what is "history".
_STRICT_FLAGS = ("negated", "hypothetical", "family")
_STATED_FLAGS = ("history", "planned", "conditional")
_MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "ug": 0.001, "µg": 0.001, "mcg": 0.001}
# HL7 role codes of the relatives.
_ROLES = {"mother": "MTH", "father": "FTH", "brother": "BRO", "sister": "SIS", "son": "SON", "daughter": "DAU"}
_ROLES |= {"uncle": "UNCLE", "aunt": "AUNT", "cousin": "COUSN", "grandfather": "GRFTH", "grandmother": "GRMTH"}
_TAKEN = {"current", "active"}
_ADJUSTED = {"changed", "increased", "decreased", "resumed", "continued"}
# What an engine may say of a drug, by what the gold says; "" stands for nothing said.
_STATUSES: dict[str, set[str]] = {
    "current": _TAKEN | _ADJUSTED | {"started", ""},
    "started": _TAKEN | {"started"},
    "stopped": {"stopped", "ended", "aborted"},
    "suspended": {"suspended", "held", "stopped", "on-hold"},
    "changed": _TAKEN | _ADJUSTED,
    "given": _TAKEN | {"given", "completed", ""},
    "planned": {"planned"},
    "past": {"past", "stopped", "completed", "ended"},
    "refused": {"refused", "negated", "contraindicated", "not-taken"},
}


class GoldError(ValueError):
    """A gold letter that its own text contradicts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One gold fact and its place in the text."""

    start: int
    end: int
    stated: Row

    @property
    def family(self) -> str:
        """The kinds that it is compared with."""
        return FAMILIES[self.stated["kind"]]

    @property
    def must(self) -> bool:
        """Whether it is asked; else it is tolerated."""
        return self.stated.get("must") is not False


@dataclass(frozen=True, slots=True)
class Letter:
    """A text and what a careful reader finds in it."""

    name: str
    text: str
    document_date: str | None
    stay: Row
    asked: tuple[Asked, ...]
    nothing: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Tally:
    """Counts of one family of kinds."""

    asked: int = 0
    found: int = 0
    whole: int = 0
    said: int = 0
    apt: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One error. `sort`: missed, attributes (`detail` names them) or wrong (`detail` is the rule that said it)."""

    letter: str
    family: str
    sort: str
    detail: str
    start: int
    end: int


@dataclass(slots=True)
class Score:
    """What an engine did on some letters."""

    letters: int = 0
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    attributes: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    header: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """Every kind."""
        kept = self.tallies.values()
        return Tally(*(sum(getattr(tally, name) for tally in kept) for name in Tally.__slots__))

    def attribute(self, name: str) -> Counter[str]:
        """One attribute over every kind: `asked` and `right`."""
        summed: Counter[str] = Counter()
        for (_, attribute), counts in self.attributes.items():
            if attribute == name:
                summed.update(counts)
        return summed


def place(text: str, quote: str, occurrence: int = 1) -> tuple[int, int] | None:
    """Where the nth `quote` stands."""
    at = -1
    for _ in range(occurrence):
        at = text.find(quote, at + 1)
        if at < 0:
            return None
    return at, at + len(quote)


def load(folder: Path) -> list[Letter]:
    """Every gold letter of a folder: NAME.json beside NAME.txt."""
    return [_letter(path) for path in sorted(folder.glob("*.json"))]


def _letter(path: Path) -> Letter:
    gold = json.loads(path.read_text(encoding="utf-8"))
    with path.with_suffix(".txt").open(encoding="utf-8", newline="") as stream:
        text = stream.read()

    def found(quote: str, occurrence: int = 1) -> tuple[int, int]:
        at = place(text, quote, occurrence)
        if at is None:
            raise GoldError(f"{path.name}: no occurrence {occurrence} of {quote!r}")
        return at

    asked = tuple(Asked(*found(fact["quote"], fact.get("n") or 1), fact) for fact in gold["facts"])
    nothing = tuple(found(quote) for quote in gold.get("nothing", ()))
    return Letter(path.stem, text, gold.get("document_date"), gold.get("encounter") or {}, asked, nothing)


def measure(folder: Path, answer: Callable[[bytes, str], Row]) -> Score:
    """Scores what `answer` says of each letter of the folder, given as the bytes and the name of a file."""
    letters = load(folder)
    return score(letters, {letter.name: answer(letter.text.encode(), f"{letter.name}.txt") for letter in letters})


def score(letters: Iterable[Letter], answers: Mapping[str, Row]) -> Score:
    """Answers (lines of `limpide structure`, by letter name) against the gold; without an answer, all is missed."""
    result = Score()
    for letter in letters:
        answer = answers.get(letter.name, {})
        result.letters += 1
        _score_header(result.header, letter, answer.get("header") or {})
        facts = [row for row in answer.get("facts", ()) if row["kind"] in FAMILIES and row.get("start") is not None]
        _score_facts(result, letter, facts)
    return result


def _score_header(counts: Counter[str], letter: Letter, header: Row) -> None:
    if letter.document_date:
        counts["date asked"] += 1
        counts["date right"] += str(header.get("effective_time") or "")[:10] == letter.document_date
    if letter.stay:
        stay = header.get("encounter") or {}
        counts["stay asked"] += 1
        counts["stay right"] += all(str(stay.get(key) or "")[:10] == day for key, day in letter.stay.items() if day)


def _score_facts(result: Score, letter: Letter, facts: list[Row]) -> None:
    paired = _pairs(letter, facts)
    for rank, asked in enumerate(letter.asked):
        if not asked.must:
            continue
        tally = result.tallies[asked.family]
        tally.asked += 1
        if rank not in paired:
            result.faults.append(Fault(letter.name, asked.family, "missed", "", asked.start, asked.end))
            continue
        judged = paired[rank][1]
        wrong = [name for name, right in judged.items() if not right]
        tally.found += 1
        tally.whole += not wrong
        for name, right in judged.items():
            result.attributes[asked.family, name].update(asked=1, right=int(right))
        if wrong:
            detail = ",".join(wrong)
            result.faults.append(Fault(letter.name, asked.family, "attributes", detail, asked.start, asked.end))
    taken = {fact for fact, _ in paired.values()}
    for number, fact in enumerate(facts):
        family, start, end = FAMILIES[fact["kind"]], fact["start"], fact["end"]
        touching = any(g.family == family and g.start < end and start < g.end for g in letter.asked)
        trapped = any(low <= start and end <= high for low, high in letter.nothing)
        if fact["kind"] == "observation" and not touching and not trapped:
            continue  # habits and other observations that the gold does not ask
        tally = result.tallies[family]
        tally.said += 1
        if number in taken or (touching and not trapped):
            tally.apt += 1
        else:
            result.faults.append(Fault(letter.name, family, "wrong", fact.get("rule") or "", start, end))


def _pairs(letter: Letter, facts: list[Row]) -> dict[int, tuple[int, dict[str, bool]]]:
    """Gold rank -> (fact number, its judged attributes): the pairs with least wrong first, each side used once."""
    close = []
    for rank, asked in enumerate(letter.asked):
        for number, fact in enumerate(facts):
            shared = min(asked.end, fact["end"]) - max(asked.start, fact["start"])
            if shared > 0 and FAMILIES[fact["kind"]] == asked.family:
                judged = judge(asked.stated, fact)
                right = sum(judged.values())
                close.append((3 * (len(judged) - right) - right, -shared, rank, number, judged))
    close.sort(key=lambda pair: pair[:4])
    kept: dict[int, tuple[int, dict[str, bool]]] = {}
    used: set[int] = set()
    for _, _, rank, number, judged in close:
        if rank not in kept and number not in used:
            kept[rank] = number, judged
            used.add(number)
    return kept


def judge(gold: Row, fact: Row) -> dict[str, bool]:
    """Each attribute that the gold states, and whether the fact has it right."""
    return dict(_judged(gold, fact))


def _judged(gold: Row, fact: Row) -> Iterator[tuple[str, bool]]:
    if gold.get("codes"):
        yield "code", _code(gold["codes"], fact)
    if gold.get("value") is not None:
        yield "value", _value(gold["value"], fact)
    if gold.get("unit"):
        yield "unit", _micro(fact.get("unit")) == _micro(gold["unit"])
    if gold.get("comparator"):
        yield "comparator", fact.get("comparator") == gold["comparator"]
    if gold["kind"] in ("condition", "procedure"):
        yield from _flags(gold, fact)
    if gold.get("relative"):
        yield "relative", _relative(gold["relative"], fact.get("relative") or "")
    if gold.get("when"):
        yield "when", _same_date(gold["when"], str(fact.get("time_start") or "")[:10])
    if gold["kind"] == "drug":
        yield from _regimen(gold, fact)
    if gold.get("side"):
        yield "side", fact.get("side") == gold["side"]


def _micro(unit: str | None) -> str:
    return (unit or "").replace("µ", "u")


def _code(accepted: Mapping[str, list[str]], fact: Row) -> bool:
    given = [(fact.get("system"), fact.get("code"))]
    given += [(row.get("system"), row.get("code")) for row in fact.get("translations") or ()]
    codes = [(system, _plain(code)) for system, code in given if code]
    return any(
        _same_code(scheme, _plain(wanted), system, code)
        for scheme, all_wanted in accepted.items()
        for wanted in all_wanted
        for system, code in codes
    )


def _plain(code: str) -> str:
    return code.replace(".", "").upper()


def _same_code(scheme: str, wanted: str, system: str | None, code: str) -> bool:
    """CIM-10 at 3 characters; ATC whole, at 5 where the fact is a class, or under the class that the gold gives."""
    if scheme == "CIM-10":
        return code[:3] == wanted[:3]
    if scheme == "ATC":
        if len(wanted) < 7:
            return code.startswith(wanted)
        return code == wanted or (len(code) < 7 and code[:5] == wanted[:5])
    return code == wanted


def _value(wanted: float | str, fact: Row) -> bool:
    try:
        return abs(float(fact.get("value")) - float(wanted)) < 1e-6  # type: ignore[arg-type]
    except (TypeError, ValueError):
        text = str(fact.get("value_text") or "").lower()
        asked = str(wanted).strip().lower()
        return text.strip() == asked or asked in text.split()


def _flags(gold: Row, fact: Row) -> Iterator[tuple[str, bool]]:
    stated = set(gold.get("flags") or ())
    for flag in (*_STRICT_FLAGS, *_STATED_FLAGS):
        has = bool(fact.get(flag)) or (flag == "family" and fact["kind"] == "family_history")
        asked = flag in stated or flag in _STRICT_FLAGS or (flag == "planned" and gold["kind"] == "procedure")
        if asked:
            yield flag, has == (flag in stated)


def _relative(wanted: str, got: str) -> bool:
    """Natural, maternal and paternal are one; a grandmother is no mother."""
    got = got.upper()
    return got == wanted.upper() or re.fullmatch(f"[NMPH]?{_ROLES[wanted]}", got) is not None


def _same_date(wanted: str, got: str) -> bool:
    """Equal at the coarser of both; a whole day asks for a whole day."""
    length = min(len(wanted), len(got))
    return len(got) >= min(4, len(wanted)) and wanted[:length] == got[:length] and len(got) >= min(len(wanted), 10)


def _regimen(gold: Row, fact: Row) -> Iterator[tuple[str, bool]]:
    status = gold.get("status")
    if status in _STATUSES:
        yield "status", _status(status, fact) in _STATUSES[status]
    if gold.get("strength"):
        dose = fact.get("dose")
        given = (_amount(fact.get("strength")), _amount(None if dose is None else f"{dose:g} {fact.get('dose_unit')}"))
        yield "strength", _amount(gold["strength"]) in given
    if gold.get("daily"):
        wanted = _daily(*gold["daily"])
        yield "daily", _daily(fact.get("daily_dose"), fact.get("daily_dose_unit")) == wanted
    if gold.get("prn"):
        yield "prn", bool(fact.get("prn")) or "besoin" in (fact.get("frequency") or "").lower()
    if gold.get("days"):
        yield "days", fact.get("duration") in _durations(gold["days"])


def _status(wanted: str, fact: Row) -> str:
    """The status said, or what the flags say of it."""
    if fact.get("status"):
        return str(fact["status"])
    if fact.get("planned"):
        return "planned"
    if fact.get("negated"):
        return "refused"
    return "past" if fact.get("history") and wanted == "past" else ""


def _durations(days: int) -> set[str]:
    said = {f"P{days}D"}
    said |= {f"P{days // 7}W"} if days % 7 == 0 else set()
    return said | ({f"P{days // 30}M"} if days % 30 == 0 else set())


def _amount(text: str | None) -> tuple[float, str] | None:
    """`1,5 g` as (1500, 'mg'); other units stay."""
    read = re.match(r"\s*([\d .,]+?)\s*([^\d\s].*)?$", text or "")
    if read is None:
        return None
    try:
        value = float(read[1].replace(" ", "").replace(",", "."))
    except ValueError:
        return None
    unit = (read[2] or "").strip().lower()
    for name, same in (("µg", "ug"), ("mcg", "ug"), ("[iu]", "ui"), ("iu", "ui")):
        unit = unit.replace(name, same)
    return (round(value * _MILLIGRAMS[unit], 4), "mg") if unit in _MILLIGRAMS else (value, unit)


def _daily(value: float | None, unit: str | None) -> tuple[float, str] | None:
    if value is None:
        return None
    name = str(unit or "").strip()
    if name in _MILLIGRAMS:
        return round(float(value) * _MILLIGRAMS[name], 4), "mg"
    return round(float(value), 4), re.sub(r"[\[\]{}]", "", name.lower()).replace("ui", "iu")
