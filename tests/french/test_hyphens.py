"""Words cut at a line end."""

from __future__ import annotations

import pytest

from limpide.french.hyphens import keeps_hyphen


@pytest.mark.parametrize(
    ("left", "right", "spelled"),
    [
        ("insuffi", "sance", False),
        ("l'hospitali", "sation.", False),
        ("post", "opératoire", True),
        ("celui", "ci", True),
        ("vis-à", "vis", True),
        ("a-t", "elle", True),
        ("post-opéra", "toire", False),
        ("Jean", "Pierre", True),
        ("VALMONT", "LE-HAUT", True),
        ("(INS", "NIR", True),
        ("IRM", "guidée", True),
        ("COVID", "19", True),
        ("d'anti", "biotiques", False),
    ],
)
def test_the_hyphen_of_spelling_stays_and_the_cut_goes(left: str, right: str, spelled: bool) -> None:
    assert keeps_hyphen(left, right) is spelled
