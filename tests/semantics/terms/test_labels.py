"""A code is shown with its French label."""

from __future__ import annotations

import pytest

from limpide.semantics.terms.labels import label_of


@pytest.mark.parametrize(
    ("system", "code", "label"),
    [
        ("CIM-10", "I10", "Hypertension essentielle (primitive)"),
        ("CIM-10", "R50.9", "Fièvre, sans précision"),
        ("ATC", "A10BA02", "metformine"),
        ("CIM-10", "Z99.99", None),
        ("LOINC", "718-7", None),
        (None, None, None),
    ],
)
def test_the_label_of_a_code(system: str | None, code: str | None, label: str | None) -> None:
    assert label_of(system, code) == label


def test_a_misprint_of_the_list_is_not_shown_to_analysts() -> None:
    assert label_of("ATC", "N02BE01") == "paracétamol"
    assert label_of("ATC", "B01AC06") != "kardégic"
