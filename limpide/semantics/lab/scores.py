"""Scores, stages and grades: "Glasgow à 15", "stade III de la NYHA", "Gleason 7 (3+4)", "pT3N1a", "34 SA + 2 j".

Belongs here: what scores.tsv names, with its value, and the notations that have a grammar of their own (TNM, gestity
and parity, weeks of amenorrhoea). Does not belong here: measures with units (sentences.py), habits (clinical.py).

A score that is a number is also a measure for tables ("EVOLUTION 06/24 12/24") and series ("EVA 7 -> 3").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from limpide.document import Code, Fact
from limpide.french.date_expressions import full_year, iso_of
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens
from limpide.french.values import Value, number
from limpide.semantics.lab.analytes import Analyte, Named, Option
from limpide.semantics.lab.facts import LOINC
from limpide.semantics.lab.limits import is_limit
from limpide.semantics.lab.series import further_values

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}
_LINK = (
    r"\s*(?:(?:a|:|=|de|est|etait|estimee?|cotee?|evaluee?|calculee?|score|stade|classe|total|type|selon"
    r"|initial|initialement|anterieur|anterieure|habituel|final|de base|pre-?avc|premorbide|actuel|actuelle"
    r"|egal|grade|l'entree|entree|d'entree|sortie|de sortie|la sortie|douleur"
    r"|activite|admission|l'admission|d'admission|le|la|d'|\(|,|ce jour|repos|au repos|effort|a l'effort|mobilisation"
    r"|maximal|max|moyen|moyenne|estimation|globale?)\s*)*"
)
_VALUES = {
    "int": r"(\d{1,4})(?:\s*(?:-|ou|a)\s*\d{1,2}(?!\d|\s*/))?(?:\s*/\s*(\d{1,3})|\s*%|\s*points?)?(?![\d,.]\d|\w)",
    "decimal": r"(\d{1,3}(?:[.,]\d{1,2})?)(?:\s*/\s*(\d{1,3})|\s*mm)?(?![\d\w])",
    "roman": r"(iv|vi|v|i{1,3}|[0-6])(?:\s*(?:-|a|/)\s*(?:iv|v|i{1,3}|[1-5]))?\s?(?:[a-e]\d?)?"
    r"(?:\s*/\s*(?:iv|5|4))?(?![\w])",
}
_SCALED = re.compile(r"(\d{1,2})\s?/\s?\d{2}$")
# "stade III de la NYHA", "grade 2 de l'OMS": the value stands before the name.
_BEFORE = re.compile(
    r"\b(?:stades?|grades?|classes?|scores?|types?|niveau)\s+(?P<value>iv|vi|v|i{1,3}|\d{1,2})\s?(?P<letter>[abcd])?"
    r"(?:\s*(?:-|/|a)\s*(?:iv|v|i{1,3}|\d))?\s+(?:(?:de|d'|du|selon|sur|dans)\s*(?:la|le|l')?\s*)?"
    r"(?:(?:classification|echelle|score)\s+(?:de\s+(?:la\s+)?|d'|du\s+)?)?$"
)
_TNM = re.compile(
    r"(?<![A-Za-z])(?P<p>y?[cpr]?|uy?)(?P<t>T(?:is"
    r"|[0-4xX](?:[a-d](?:\d)?)?))\s?,?\s?(?P<np>y?[cp]?)(?P<n>N(?:[0-3xX](?:[a-c]|mi)?)(?:\(sn\)"
    r"|\s?\(\d+/\d+\))?)?"
    r"\s?,?\s?(?P<mp>[cp]?)(?P<m>M(?:[01xX][a-d]?))?(?![A-Za-z0-9])"
)
_T_OF_TNM = re.compile(r"T(?:is|[0-4xX])")
_TNM_CODES = {
    ("c", "t"): "21905-5",
    ("c", "n"): "21906-3",
    ("c", "m"): "21907-1",
    ("p", "t"): "21899-0",
    ("p", "n"): "21900-6",
    ("p", "m"): "21901-4",
}
_APGAR = re.compile(
    r"apgar\s*(?:a la naissance\s*|de\s*|:\s*|etait\s*(?:de|a)\s*)*(?P<one>10|\d)\s*(?:/|-|,|puis|et|\s)\s*"
    r"(?P<five>10|\d)(?:\s*(?:/|-|,|puis|et)\s*(?P<ten>10|\d))?(?:\s*(?:/|-)\s*(?:10|\d)){0,2}(?!\d)(?!\s*(?:a|min))"
)
_APGAR_CODES = {"one": ("9272-6", "1 minute"), "five": ("9274-2", "5 minutes"), "ten": ("9271-8", "10 minutes")}
_GESTITY = re.compile(r"g(?<![a-z0-9]g)\s?(\d{1,2})\s?,?\s?p\s?(\d{1,2})(?![0-9])")
_GESTITY_WORDS = re.compile(r"(gestite|parite|geste|pare)\s*:?\s*(\d{1,2})(?!\d)")
_WEEKS = re.compile(
    r"(\d(?<![\d,.].)\d?)\s*(?:sa|semaines?\s+d'?\s?amenorrhee)(?:\s*(?:\+|et)\s*(\d)\s*(?:j|jours?)?)?(?!\w)"
)
_LMP_HINTS = ("ddr", "regles", "terme", "dpa", "accouch")
_LMP = re.compile(
    r"(ddr|date des dernieres regles|dernieres regles|terme prevu|terme theorique"
    r"|date prevue d'accouchement|dpa)\s*(?:le|au|:|du"
    r"|est le)?\s*:?\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)"
)


@dataclass(frozen=True, slots=True)
class _Score:
    """A phrase of scores.tsv."""

    name: str
    code: str | None
    wider: str | None
    grammar: str
    low: float
    high: float

    @property
    def is_number(self) -> bool:
        return self.grammar in ("int", "decimal")


@cache
def _table() -> PhraseTable[_Score]:
    entries: list[tuple[str, _Score]] = []
    for row in read_table("scores"):
        code, _, wider = row["code"].partition("~")
        bounds = float(row["low"] or 0), float(row["high"] or 0)
        entry = _Score(row["name"], code or None, wider or None, row["value"], *bounds)
        entries.extend((phrase, entry) for phrase in row["phrases"].split(";"))
    return PhraseTable(entries)


@cache
def _analyte(score: _Score) -> Analyte:
    return Analyte(score.name, "observation", "", (Option("{score}", score.code, score.low, score.high),), None, False)


@cache
def _grammar(value: str) -> re.Pattern[str]:
    pattern = f"({value[5:]})(?![a-z0-9])" if value.startswith("free:") else _VALUES[value]
    return re.compile(_LINK + pattern)


def score_names(tokens: Tokens) -> list[tuple[int, int, Named]]:
    """The scores that are numbers, as measures: (first word, word after, reading)."""
    return [
        (first, after, Named((_analyte(score),))) for first, after, score in _table().scan(tokens) if score.is_number
    ]


def find_scores(tokens: Tokens) -> list[Fact]:
    """Facts of kind 'observation': scores and stages, TNM, pregnancy; not in order."""
    facts: list[Fact] = []
    for first, after, score in _table().scan(tokens):
        if tokens.sentence[first] == tokens.sentence[after - 1]:
            facts.extend(_score(tokens, tokens.start[first], tokens.end[after - 1], score))
    facts.extend(_glued(tokens))
    facts.extend(_mets(tokens))
    facts.extend(_acuities(tokens))
    facts.extend(_tnm(tokens))
    facts.extend(_apgars(tokens, facts))
    facts.extend(_pregnancy(tokens))
    return facts


def _fact(tokens: Tokens, start: int, end: int, rule: str, code: str | None = None) -> Fact:
    fact = Fact(kind="observation", origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.rule, fact.confidence = f"clinical:{rule}", 0.9
    if code:
        fact.code, fact.system = code, LOINC
    return fact


def _score(tokens: Tokens, start: int, end: int, entry: _Score) -> list[Fact]:
    """A score with its value; a score named without one is not a fact."""
    found = _grammar(entry.grammar).match(tokens.folded, end)
    if found is None or "\n\n" in found.group():
        return _value_before(tokens, start, end, entry)
    written = found.group(1)
    value: float | None
    if entry.grammar == "roman":
        value = float(_ROMAN[written]) if written in _ROMAN else float(written)
    elif entry.is_number:
        value = number(written)
    else:
        scaled = _SCALED.match(written)  # "CAT 18/40"
        value = float(scaled.group(1)) if scaled else None
    stop = found.end(1) if entry.grammar.startswith("free") else found.end()
    high = entry.high
    if value is not None and entry.is_number and found.group(2) and float(found.group(2)) > high:
        high = float(found.group(2)) if float(found.group(2)) == 100 else high  # "EVA 65/100"
    if value is not None and entry.high and not entry.low <= value <= high:
        return []
    if is_limit(tokens, start, Value(value or 0, None, found.start(1), stop)):
        return []
    fact = _fact(tokens, start, stop, "score", entry.code)
    fact.display, fact.value = entry.name, value
    if entry.wider:
        fact.translations = [Code(entry.wider, LOINC)]
    fact.value_text = tokens.text[found.start(1) : stop].strip()
    if value is None or not entry.is_number:
        return [fact]
    fact.unit = "{score}"
    analyte = _analyte(entry)
    return [fact, *(_follows(fact, each) for each in further_values(tokens, fact, analyte, None, stop))]


_GLUED = re.compile(r"([a-z]{2,8})(\d{1,2}[a-c]?)$")
_METS = re.compile(
    r"(?<![\d,.])(?P<sign>[<>≤≥]=?)?\s*(?P<value>\d{1,2}(?:[.,]\d)?)\s?(?:mets?|equivalents? metaboliques?)(?!\w)"
)


def _glued(tokens: Tokens) -> list[Fact]:
    """ "ACR5", "GIR4", "OMS1": a name in capitals and its value in one word."""
    facts = []
    for word in tokens.places:
        found = _GLUED.match(word) if word[-1].isdigit() or word[-2:-1].isdigit() else None
        at = _table().at([found.group(1)], 0) if found else None
        if found is None or at is None or _table().at([word], 0) is not None:
            continue
        for place in tokens.places[word]:
            start = tokens.start[place]
            if tokens.text[start : start + len(found.group(1))].isupper():
                facts.extend(_score(tokens, start, start + len(found.group(1)), at[1]))
    return facts


_ACUITY = re.compile(r"\b(?:avl?|av sc|av ac|acuite visuelle(?: de loin)?)\b(?P<rest>[^.;\n]{0,90})")
_ONE_EYE = re.compile(
    r"(?:\b(?P<eye>od|og|odg|oeil droit|oeil gauche|droite?|gauche)\s*:?\s*(?:a\s*)?"
    r"(?:sc|ac|avec correction)?\s*(?:a\s*)?)?"
    r"(?P<value>\d{1,2}(?:[.,]\d)?)\s*/\s*10(?:[eè]mes?)?(?P<near>\s*(?:p|parinaud)\s?\d{1,2}(?:[.,]\d)?)?"
)


def _acuities(tokens: Tokens) -> list[Fact]:
    """Visual acuity, eye by eye: "AV OD 10/10 P2, OG 4/10"."""
    facts: list[Fact] = []
    if not {"av", "avl", "acuite"} & tokens.places.keys():
        return facts
    for found in _ACUITY.finditer(tokens.folded):
        for one in _ONE_EYE.finditer(found.group("rest")):
            begin = found.start("rest") + one.start()
            fact = _fact(tokens, begin, found.start("rest") + one.end(), "acuity")
            fact.display, fact.value, fact.unit = "Acuité visuelle", number(one.group("value")), "{tenths}"
            fact.value_text = tokens.text[found.start("rest") + one.start("value") : found.start("rest") + one.end()]
            eye = one.group("eye") or ""
            fact.side = "bilateral" if eye == "odg" else "right" if "d" in eye else "left" if "g" in eye else None
            facts.append(fact)
    return facts


def _mets(tokens: Tokens) -> list[Fact]:
    """Exercise capacity: "> 4 MET"."""
    facts = []
    for found in _METS.finditer(tokens.folded) if "MET" in tokens.text else ():
        if "MET" not in tokens.text[found.start() : found.end()]:
            continue
        fact = _fact(tokens, found.start(), found.end(), "score")
        fact.display, fact.value, fact.unit = "Capacité fonctionnelle", number(found.group("value")), "[MET]"
        fact.comparator, fact.value_text = found.group("sign"), fact.text
        facts.append(fact)
    return facts


def _follows(first: Fact, fact: Fact) -> Fact:
    fact.rule, fact.confidence, fact.unit = first.rule, first.confidence, "{score}"
    fact.translations = list(first.translations)
    return fact


def _value_before(tokens: Tokens, start: int, end: int, entry: _Score) -> list[Fact]:
    """ "Stade III de la NYHA", "grade 3 de l'ISUP"."""
    found = _BEFORE.search(tokens.folded, max(0, start - 60), start)
    if found is None or "\n" in found.group() or entry.name == "Stade":
        return []
    written = found.group("value")
    value = float(_ROMAN[written]) if written in _ROMAN else float(written)
    if entry.high and not entry.low <= value <= entry.high:
        return []
    fact = _fact(tokens, found.start(), end, "score", entry.code)
    fact.display, fact.value = entry.name, value
    stop = found.end("letter") if found.group("letter") else found.end("value")
    fact.value_text = tokens.text[found.start("value") : stop]
    return [fact]


def _tnm(tokens: Tokens) -> list[Fact]:
    """T, N and M of a staging, each over its own letters; clinical unless a `p` says pathological."""
    facts = []
    for hint in _T_OF_TNM.finditer(tokens.text):
        found = next((m for back in (2, 1, 0) if (m := _TNM.match(tokens.text, max(0, hint.start() - back)))), None)
        if found is None or found.start("t") != hint.start():
            continue
        if not found.group("n") and not found.group("p"):
            continue  # "T2" alone is a vertebra, a sequence, a time
        side = "p" if "p" in found.group("p") else "c"
        for part in ("t", "n", "m"):
            if found.group(part):
                start = found.start(part) - (len(found.group("p")) if part == "t" else 0)
                fact = _fact(tokens, start, found.end(part), "tnm", _TNM_CODES[side, part])
                fact.display, fact.value_text = f"{side}TNM : {part.upper()}", tokens.text[start : found.end(part)]
                facts.append(fact)
    return facts


def _apgars(tokens: Tokens, facts: list[Fact]) -> list[Fact]:
    """ "Apgar 8/9/10", "Apgar 10/10": one score a time, at 1, 5 and 10 minutes."""
    found_ones = []
    taken = {fact.start for fact in facts}
    for found in _APGAR.finditer(tokens.folded) if "apgar" in tokens.folded else ():
        if found.start() in taken:
            continue
        for group, (code, when) in _APGAR_CODES.items():
            if found.group(group):
                fact = _fact(tokens, found.start(), found.end(group), "score", code)
                fact.display, fact.value, fact.unit = f"Apgar à {when}", float(found.group(group)), "{score}"
                fact.value_text = found.group(group)
                found_ones.append(fact)
    return found_ones


def _pregnancy(tokens: Tokens) -> list[Fact]:
    """Gestity and parity, gestational age, last period and due date."""
    facts = []
    folded = tokens.folded

    def add(span: tuple[int, int], code: str, display: str, value: float | None, unit: str | None) -> Fact:
        fact = _fact(tokens, span[0], span[1], "pregnancy", code)
        fact.display, fact.value, fact.unit, fact.value_text = display, value, unit, fact.text
        facts.append(fact)
        return fact

    for found in _GESTITY.finditer(folded):
        if int(found.group(2)) <= int(found.group(1)) <= 20:
            add(found.span(), "11996-6", "Gestité", float(found.group(1)), None)
            add(found.span(), "11977-6", "Parité", float(found.group(2)), None)
    for found in _GESTITY_WORDS.finditer(folded) if "parite" in folded or "gest" in folded else ():
        gestity = found.group(1)[0] == "g"
        name = "Gestité" if gestity else "Parité"
        add(found.span(), "11996-6" if gestity else "11977-6", name, float(found.group(2)), None)
    for found in _WEEKS.finditer(folded):
        weeks, days = int(found.group(1)), int(found.group(2) or 0)
        if 3 <= weeks <= 44 and days < 7:
            add(found.span(), "18185-9", "Âge gestationnel", round(weeks + days / 7, 2), "wk")
    for found in _LMP.finditer(folded) if any(hint in folded for hint in _LMP_HINTS) else ():
        iso = iso_of(full_year(found.group(4)), int(found.group(3)), int(found.group(2)))
        if iso:
            due = found.group(1).startswith(("terme", "date prevue", "dpa"))
            fact = add(found.span(), "11778-8" if due else "8665-2", "Terme prévu" if due else "DDR", None, None)
            fact.value_text = iso
    return facts
