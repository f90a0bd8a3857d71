"""What is measured: names of analytes and vital signs, and the LOINC code each has in each unit and specimen.

Belongs here: reading analytes.tsv and choosing a code from name, unit, value and specimen.
Does not belong here: finding values in text (measurements.py, labrows.py), units (units.py).

No code is guessed: two codes that the text cannot tell apart (creatinine 92 without a unit) are candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from limpide.french.phrases import PhraseTable, read_table, spellings
from limpide.french.tokens import fold
from limpide.french.units import Unit, property_of

_LITERAL = re.compile(r"\(([^()|]*)\)")
_SHORTEST_TYPO = 8
_OPTION = re.compile(r"([^=]+)=([^@]+)(?:@(-?[\d.]+)\.\.(-?[\d.]+))?$")


@dataclass(frozen=True, slots=True)
class Option:
    """One unit an analyte is given in, its LOINC code (None when uncertain), and the bounds of a bare number.

    `variants`: codes of the same measure by another method, each with the folded word that tells it in a text, or ''.
    `same`: codes of the same measure.
    """

    unit: str
    code: str | None
    low: float
    high: float
    variants: tuple[tuple[str, str], ...] = ()
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: asked often whether it is in a set
class Analyte:
    """A measure: `kind` is 'measurement' or 'vital', `specimen` blood, urine, csf, stool... or '' for the patient."""

    name: str
    kind: str
    specimen: str
    options: tuple[Option, ...]
    text_code: str | None
    takes_text: bool
    takes_germ: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A phrase's readings: one a specimen, or measures that share an abbreviation ("FR": breaths, rheumatoid factor).

    `shy`: readings for which the phrase is also an ordinary word, or a letter; `bound`: those that it names only with a
    unit; `needs`: by reading, folded words one of
    which the text must hold; `deviation`: the phrase is an abnormality, not a name.
    """

    analytes: tuple[Analyte, ...]
    deviation: bool = False
    shy: frozenset[Analyte] = frozenset()
    needs: tuple[tuple[Analyte, tuple[str, ...]], ...] = ()
    bound: frozenset[Analyte] = frozenset()

    def within(self, folded: str) -> tuple[Analyte, ...]:
        """The readings that a text allows."""
        if not self.needs:
            return self.analytes
        barred = {analyte for analyte, words in self.needs if not any(word in folded for word in words)}
        return tuple(analyte for analyte in self.analytes if analyte not in barred)


@cache
def analyte_table() -> PhraseTable[Named]:
    """Phrases that name a measure."""
    return PhraseTable(_readings().items(), literal=True)


@dataclass(slots=True)
class _Gathered:
    """What the rows of the table say of one phrase."""

    analytes: list[Analyte]
    shy: set[Analyte]
    needs: list[tuple[Analyte, tuple[str, ...]]]
    bound: set[Analyte]
    deviation: bool


@cache
def _readings() -> dict[str, Named]:
    gathered: dict[str, _Gathered] = {}
    for row in read_table("analytes"):
        analyte = _analyte(row)
        for column, deviation in (("phrases", False), ("deviation", True)):
            for written in filter(None, row[column].split(";")):
                pattern, _, needed = written.partition("&")
                for phrase in _written(pattern.lstrip("~")):
                    found = gathered.setdefault(fold(phrase), _Gathered([], set(), [], set(), deviation))
                    if analyte in found.analytes:
                        continue
                    found.analytes.append(analyte)
                    if pattern.startswith("~"):
                        found.shy.add(analyte)
                    if pattern.startswith("~~"):
                        found.bound.add(analyte)
                    if needed:
                        found.needs.append((analyte, tuple(map(fold, needed.split("|")))))
    return {
        phrase: Named(
            tuple(each.analytes), each.deviation, frozenset(each.shy), tuple(each.needs), frozenset(each.bound)
        )
        for phrase, each in gathered.items()
    }


def _written(pattern: str) -> list[str]:
    """A pattern's spellings; a bracket without a choice is also meant as written: "lipoprotéine (a)"."""
    bare = _LITERAL.sub(r" \1 ", pattern)
    out = [" ".join(phrase.split()) for phrase in spellings(bare)]
    if bare != pattern:
        out.append(pattern)
    return out


def _analyte(row: dict[str, str]) -> Analyte:
    options: list[Option] = []
    text_code: str | None = None
    takes_text = takes_germ = False
    for item in row["codes"].split():
        parsed = _OPTION.match(item)
        if parsed is None:
            raise ValueError(f"analytes.tsv: {row['name']}: {item}")
        unit = parsed.group(1)
        first, *variants = parsed.group(2).split("~")
        code = None if first == "?" else first
        if unit in ("text", "germ"):
            text_code, takes_text, takes_germ = code, True, takes_germ or unit == "germ"
        else:
            low, high = parsed.group(3), parsed.group(4)
            same = tuple(each[1:] for each in variants if each[0] == "=")
            others = (each.partition("#") for each in variants if each[0] != "=")
            told = tuple((variant, fold(hint)) for variant, _, hint in others)
            options.append(Option(unit, code, float(low or "inf"), float(high or "-inf"), told, same))
    kind = "vital" if row["kind"] == "v" else "measurement"
    return Analyte(row["name"], kind, row["specimen"], tuple(options), text_code, takes_text, takes_germ)


@cache
def _near_names() -> dict[str, Named]:
    """Names of eight letters or more without one of their letters, for what a laboratory mistyped."""
    near: dict[str, Named] = {}
    for phrase, named in _readings().items():
        if len(phrase) >= _SHORTEST_TYPO and not named.deviation:
            for place in range(len(phrase)):
                near.setdefault(phrase[:place] + phrase[place + 1 :], named)
    return near


@lru_cache(maxsize=8192)  # laboratories print the same names every day
def misspelt(name: str) -> Named | None:
    """The readings of a name with dots, or with one letter wrong, missing or too many; None for any other name."""
    folded = " ".join(fold(name).replace(".", "").split())
    if folded in _readings():
        return _readings()[folded]  # "H.D.L. cholestérol"
    if len(folded) < _SHORTEST_TYPO:
        return None
    near = _near_names()
    if folded in near:
        return near[folded]
    shorter = (folded[:place] + folded[place + 1 :] for place in range(len(folded)))
    return next((named for one in shorter if (named := _readings().get(one) or near.get(one))), None)


_OF_THE_BODY = frozenset({"", "respiratory", "tissue"})
_PLAIN = frozenset({"blood", "", "arterial"})  # where no specimen is told
_TECHNIQUES = frozenset({"electrophoresis", "isolate"})


def for_specimen(analytes: tuple[Analyte, ...], specimen: str | None) -> Analyte | None:
    """The reading for a specimen told by the text, else blood or the patient; of a fluid without codes, without code.

    None: no reading for that technique.
    """
    if not analytes:
        return None
    if specimen in _TECHNIQUES:
        specimen = specimen if any(analyte.specimen == specimen for analyte in analytes) else None
    if specimen:
        held = next((analyte for analyte in analytes if analyte.specimen == specimen), None)
        return held or (analytes[0] if analytes[0].specimen in _OF_THE_BODY else in_fluid(analytes[0], specimen))
    return next((analyte for analyte in analytes if analyte.specimen in _PLAIN), analytes[0])


@cache
def in_fluid(analyte: Analyte, specimen: str) -> Analyte:
    """A measure in a fluid for which the table has no code: "protides 15 g/L" of an ascites is no protidaemia."""
    options = tuple(replace(option, code=None, variants=(), same=()) for option in analyte.options)
    return replace(analyte, specimen=specimen, options=options, text_code=None)


def reading(named: Named, folded: str, specimen: str | None, unit: Unit | None, value: float) -> Analyte | None:
    """Of the measures that share a name, the one that a unit or a plausible value agrees with; None: no such name."""
    allowed = named.within(folded)
    usual = for_specimen(allowed, specimen)
    if usual is None or specimen is not None or len(allowed) == 1:
        return usual
    others = (a for a in allowed if a is not usual and (a.specimen in _PLAIN or a.specimen in _OF_THE_BODY))
    fitting = [analyte for analyte in (usual, *others) if options_for(analyte, unit, value)]
    if unit is None:
        fitting = [analyte for analyte in fitting if analyte not in named.bound]
    firm = [analyte for analyte in fitting if analyte not in named.shy] if unit is None else fitting
    return next(iter([*firm, *fitting]), usual)


def options_for(analyte: Analyte, unit: Unit | None, value: float) -> list[Option]:
    """Options that agree with a unit as written, or, without one, whose bounds hold the value."""
    if unit is None:
        return [option for option in analyte.options if option.low <= value <= option.high]
    exact = [option for option in analyte.options if option.unit == unit.ucum]
    return exact or [option for option in analyte.options if _same_property(option.unit, unit)]


def _same_property(option_unit: str, unit: Unit) -> bool:
    if option_unit in ("{ratio}", "{none}"):
        return unit.property == "ratio"
    return property_of(option_unit) == unit.property
