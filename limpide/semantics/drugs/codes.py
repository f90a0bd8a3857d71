"""The ATC codes of one substance: by route of administration, and those that the classification used before.

Belongs here: choosing among the codes of a substance once its route is known, and naming the others beside it. Does not
belong here: the codes (lexicon/atc_codes.tsv), names of drugs (lexicon/terms).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from limpide.document import Code, Fact
from limpide.french.phrases import read_table


@cache
def _others() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for row in read_table("atc_codes"):
        found.setdefault(row["code"], []).append((row["other"], row["route"]))
    return found


def name_others(drugs: Iterable[Fact]) -> None:
    """Give each coded drug the code of its route, and its other codes as translations, in place."""
    for fact in drugs:
        if fact.system != "ATC" or fact.code not in _others():
            continue
        known = {fact.code, *(one.code for one in fact.translations)}
        others = _others()[fact.code]
        by_route = next((other for other, route in others if route and route == fact.route), None)
        if by_route:
            fact.translations.append(Code(fact.code, "ATC"))
            fact.code = by_route
            known.add(by_route)
        fact.translations.extend(Code(other, "ATC") for other, _ in others if other not in known)
