"""The further values of a measure that was just given: "troponine 31 ng/L puis 29", "FEVG 34 % (45 % en 2022)".

Belongs here: going on from a value to the next one of the same measure. Does not belong here: the first value, the
dates of either (context/fact_dates.py dates each by its own clause and bracket).

A further value follows one of the words of measure_words.tsv (`series`, `earlier`), an arrow, or a comma or a bracket
when a moment stands beside it ("9,6 à la sortie", "(68 à J2)", "1,62 à 8 h, 2,31 à midi"). In brackets without a moment
it is the same result in another unit ("CD4 412/mm3 (24 %)"). A number with a sign, or followed by a unit of something
else, is none.
"""

from __future__ import annotations

import re
from functools import cache

from limpide.document import Fact
from limpide.french.labelled_dates import month_words
from limpide.french.tokens import Tokens
from limpide.french.units import Unit, unit_at
from limpide.french.values import NUMBER, Value, number, words
from limpide.semantics.lab.analytes import Analyte, options_for
from limpide.semantics.lab.facts import measured

_MOST = 8
_SKIPPED = re.compile(r"\s*(?:\((?![^)\n]{0,60}\d[^)\n]*\b(?:en|le|a|au|il y a)\b)[^()\n]{1,40}\))?")
_OUT_OF = re.compile(r"\s*/\s*\d{1,3}(?!\d)")  # "EVA 7/10 puis 3/10"
_NOT_AFTER = re.compile(
    r"\s*(?:/\s*\d|ans?\b|mois\b|jours?\b|j\b|fois\b|cp\b|cures?\b|semaines?\b|\w*eme\b|°|%|x\s*\d|[a-z]+/)"
)
_ASIDE = re.compile(r"\s*,[^.;:()\n]{3,40}?(?=,\s*puis\b)")  # "Hb 8,1 le 09/01, 2 CGR le 10/01, puis 10,4"
_OLD_IN_BRACKETS = re.compile(r"entre parentheses|\((?:valeurs?|resultats?) (?:anterieure?s?|precedente?s?)")
_COLON = re.compile(r"\s*(?::|a\s)\s*")
_WHEN_BARE = re.compile(r"\(?\s*(?:19|20)\d\d\s*\)|\(\s*\d{1,2}/\d{1,2}(?:/\d{2,4})?\s*\)")


@cache
def _links() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What leads to a further value, to an earlier one; a moment."""

    def any_of(use: str) -> str:
        return "|".join(sorted(map(re.escape, words(use)), key=len, reverse=True))

    comma = r"[,;]?\s*\(?\s*(?:et\s+|mais\s+)?"
    further = re.compile(
        rf"\s*(?:{comma}(?:{any_of('series')})\s*:?|->|=>|-->|→|>(?=\s?\d)(?<=\d\s>|.\d>))\s*(?:a\s+|de\s+)?(?={NUMBER})"
    )
    sides = "post|pre|avant|apres|od|og|d|g|droite?|gauche|bras droit|bras gauche"
    side = rf"\s*[,;/]?\s*(?:et\s+)?(?:a\s+)?(?:{sides})\s*:?\s*(?:a\s+)?(?={NUMBER})"
    further = re.compile(f"(?:{further.pattern})|(?:{side})")
    earlier = re.compile(rf"\s*[,;]?\s*\(?\s*(?:{any_of('earlier')})\s*:?\s*(?:a\s+|de\s+)?(?={NUMBER})")
    moment = re.compile(
        rf"\s*,?\s*(?:\(\s*)?(?:(?:en|le|du|au|a|des|dès|de|vers|debut|fin|depuis)\s+(?:la\s+|l'|mois\s+d[e']\s*)?)?"
        rf"(?:\d{{1,2}}[/.]\d{{1,2}}(?:[/.]\d{{2,4}})?(?!\d|[.,]\d)|(?:\d{{1,2}}\s+)?(?:{'|'.join(month_words())})(?!\w)(?:\s+(?:19|20)\d\d)?|(?:19|20)\d\d(?!\d)"
        rf"|j\s?\+?\s?\d{{1,3}}\b|h\s?\+?\s?\d{{1,2}}\b|\d{{1,2}}\s?h(?:\d\d)?\b|m\s?\d{{1,2}}\b"
        rf"|il y a\s+\w+(?:\s+(?:jours?|semaines?|mois|ans?))?"
        r"|(?<=a )\d+\s+(?:jours|semaines|mois|ans)\b|midi\b|minuit\b|(?:le\s+)?(?:matin|soir|coucher)\b"
        rf"|sortie\b|entree\b|admission\b|arrivee\b|ce jour\b|ce matin\b|aujourd'hui\b|hier\b|jeun\b|debout\b|couche\b"
        rf"|repos\b|naissance\b|avant\b|apres\b|effort\b|droite?\b|gauche\b|depart\b|lendemain\b|(?:sous|apres)\s+\w+|(?:en\s+)?(?:pre|post)-?\s?op\w*)"
    )
    return further, earlier, moment


def further_values(tokens: Tokens, first: Fact, analyte: Analyte, unit: Unit | None, end: int) -> list[Fact]:
    """Facts of the values that follow a first one that ends at `end`."""
    facts: list[Fact] = []
    place = end
    while len(facts) < _MOST:
        found = _next(tokens, analyte, unit, place, first)
        if found is None:
            return facts
        fact, place, own = found
        facts.append(fact)
        unit = own or unit
    return facts


def _next(
    tokens: Tokens, analyte: Analyte, unit: Unit | None, place: int, first: Fact
) -> tuple[Fact, int, Unit | None] | None:
    folded = tokens.folded
    further, earlier, moment = _links()
    dated = moment.match(folded, place) or _WHEN_BARE.match(folded, place)
    told = _after_brackets(folded, dated.end() if dated else place)
    starts = [place, dated.end() if dated else place, told]
    if aside := _ASIDE.match(folded, starts[1]):
        starts.append(aside.end())
    for beginning in dict.fromkeys(starts):
        prior = earlier.match(folded, beginning)
        linked = prior or further.match(folded, beginning)
        if linked:
            result = _value(tokens, analyte, unit, linked.end(), first, prior is not None)
            far = aside is not None and beginning == aside.end()
            return result if result and (not far or _stands_alone(folded, result[1], moment)) else None
        opened = re.match(r"\s*([,;(]|(?<=\s)/(?=\s))\s*(?:a\s+)?", folded[beginning : beginning + 8])
        if opened is None:
            continue
        begin = beginning + opened.end()
        lead = moment.match(folded, begin)  # "(J2 : 68)"
        colon = _COLON.match(folded, lead.end()) if lead else None
        if colon and (result := _value(tokens, analyte, unit, colon.end(), first, False)):
            return result
        result = _value(tokens, analyte, unit, begin, first, False)
        if result is None:
            continue
        closed = opened.group(1) == "(" and folded[result[1] : result[1] + 1] == ")"
        if closed and result[2] is None and _OLD_IN_BRACKETS.search(folded):
            result[0].prior = True
            return result
        other = result[2] is not None and unit is not None and result[2].property != unit.property
        if other and opened.group(1) == "(" and _closes_after(folded, result[1]):
            return result  # the same result in another unit
        if moment.match(folded, result[1]) or _WHEN_BARE.match(folded, result[1]):
            return result
    return None


def _stands_alone(folded: str, place: int, moment: re.Pattern[str]) -> bool:
    """Whether nothing that is counted follows a number: a moment, the end of the clause."""
    return moment.match(folded, place) is not None or folded[place : place + 2].lstrip()[:1] in (",", ".", ";", ")", "")


def _after_brackets(folded: str, place: int) -> int:
    skipped = _SKIPPED.match(folded, place)
    return skipped.end() if skipped else place


def _closes_after(folded: str, place: int) -> bool:
    return folded[place : place + 2].lstrip()[:1] in (")", ",", ";")


def _value(
    tokens: Tokens, analyte: Analyte, unit: Unit | None, place: int, first: Fact, prior: bool
) -> tuple[Fact, int, Unit | None] | None:
    found = re.compile(NUMBER).match(tokens.folded, place)
    if found is None:
        return None
    value = Value(number(found.group()), None, found.start(), found.end())
    own = unit_at(tokens.text, tokens.folded, value.end)
    if own and own[0].ucum == "g" and tokens.text[own[1] - 1] == "G":
        own = None
    if own and not options_for(analyte, own[0], value.number):
        own = None if re.match(r"\s*h\b|\s*a\b", tokens.folded[value.end : value.end + 4]) else own
        if own:
            return None
    end = own[1] if own else value.end
    if analyte.kind == "observation" and (scale := _OUT_OF.match(tokens.folded, value.end)):
        end = scale.end()
    elif own is None and _NOT_AFTER.match(tokens.folded, value.end):
        return None
    used = own[0] if own else unit
    if used is None and not options_for(analyte, None, value.number):
        return None
    if own is None and first.value and not first.value / 30 <= value.number <= first.value * 30:
        return None
    fact = measured(tokens, analyte, value.start, end, value, used, tokens.text[value.start : end])
    if own is None and unit is not None:
        fact.rule = "measurement:unit_of_the_series"
    fact.prior = prior
    return fact, end, own[0] if own else None
