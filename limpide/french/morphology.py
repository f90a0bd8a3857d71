"""What the ending of an unknown word says: a disorder, a chemical, an adjective of medicine, or nothing.

Belongs here: the reading of suffixes and prefixes (lists in lexicon/grammar/suffixes.tsv). Does not belong here: codes;
a word known only by its ending has none.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from limpide.french.tokens import fold
from limpide.french.variants import stem

Sense = Literal["disorder", "chemical", "adjective", "sign", ""]
_FILE = Path(__file__).parents[1] / "lexicon" / "grammar" / "suffixes.tsv"
_SENSES: tuple[Sense, ...] = ("disorder", "chemical", "sign", "adjective")


@cache
def _patterns() -> dict[str, tuple[re.Pattern[str], re.Pattern[str], frozenset[str]]]:
    """By sense: a pattern of endings and beginnings, a pattern of exceptions, whole-word exceptions (stems)."""
    rows: dict[str, dict[str, list[str]]] = {sense: {} for sense in _SENSES}
    with _FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            pieces = [fold(p).replace("œ", "oe") for p in row["pieces"].split("|")]
            rows[row["sense"]].setdefault(row["role"], []).extend(pieces)
    built = {}
    for sense, roles in rows.items():
        endings = "|".join(sorted(map(re.escape, roles.get("ending", [])), key=len, reverse=True)) or "(?!)"
        begins = "|".join(map(re.escape, roles.get("beginning", []))) or "(?!)"
        no_end = "|".join(map(re.escape, roles.get("not_ending", []))) or "(?!)"
        no_begin = "|".join(map(re.escape, roles.get("not_beginning", []))) or "(?!)"
        built[sense] = (
            re.compile(rf"(?:.{{2,}}(?:{endings})|(?:{begins}).{{4,}})"),
            re.compile(rf"(?:.*(?:{no_end})|(?:{no_begin}).*)"),
            frozenset(stem(w) for w in roles.get("except", [])),
        )
    return built


@lru_cache(maxsize=100_000)
def sense(form: str) -> Sense:
    """What the folded word `form` is by its make, '' when its make says nothing."""
    if len(form) < 6 or not form.isalpha():
        return ""
    singular = form[:-1] if form[-1] in "sx" and not form.endswith(("eux", "is", "us", "ss")) else form
    base = stem(form)
    for name in _SENSES:
        yes, no, words = _patterns()[name]
        if base not in words and yes.fullmatch(singular) and not no.fullmatch(singular):
            return name
    return ""
