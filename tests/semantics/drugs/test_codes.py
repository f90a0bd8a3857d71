"""Codes of one substance: the route chooses, the others stand beside."""

from __future__ import annotations

from limpide.document import Fact
from limpide.semantics.drugs.codes import name_others


def drug(code: str, route: str | None = None) -> Fact:
    fact = Fact("drug", "nlp", 0, 5, "x", code, "ATC", route=route)
    name_others([fact])
    return fact


def test_the_route_chooses_the_code() -> None:
    by_vein, by_mouth = drug("P01AB01", "20045000"), drug("P01AB01")
    assert (by_vein.code, [c.code for c in by_vein.translations]) == ("J01XD01", ["P01AB01"])
    assert (by_mouth.code, [c.code for c in by_mouth.translations]) == ("P01AB01", ["J01XD01"])


def test_a_code_of_before_stands_beside() -> None:
    assert [c.code for c in drug("N02BF02").translations] == ["N03AX16"]


def test_a_drug_with_one_code_has_none_beside() -> None:
    assert drug("C09AA05").translations == []
