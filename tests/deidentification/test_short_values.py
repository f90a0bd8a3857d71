"""Values told apart without a search: never one in which a net finds something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.masking import identifier_spans
from limpide.deidentification.short_values import nobody_in
from limpide.deidentification.spans import Kind
from limpide.document import Patient

KNOWN = KnownIdentities()
KNOWN.add_patient(
    Patient(family_birth="BAR", given=["Mol"], addresses=["4 place du Marché 38000 Meylan"], birth_date="1950-03-12")
)
KNOWN.add_number("412g/l", Kind.NUMBER)

PIECES = st.sampled_from(
    ["4", "0,12", "412", "1950", "< ", " ", "/", "-", "\t", ", ", "mmol/L", "g/L", "%", "mars", "place du Marché", "²",
     "rue", "Lilas", "BAR", "Mol", "bar", "a", "h", "M", "Dr", "né le", "tél", "BP", "Meylan", "Leduc", "Numération"]
)  # fmt: skip


@pytest.mark.parametrize("value", ["4,62 T/L", "< 190 µg/L FEU", "20 %", "4", "4 place", "Numération des hématies"])
def test_results_and_labels_name_nobody(value: str) -> None:
    assert nobody_in(value, KNOWN)


@pytest.mark.parametrize(
    "value", ["4 place du Marché", "12 rue des Lilas", "2 BAR", "412g/l", "12 Dr Leduc", "x" * 121]
)
def test_what_may_name_somebody_is_searched(value: str) -> None:
    assert not nobody_in(value, KNOWN)


@given(st.lists(PIECES, max_size=7).map("".join))
def test_no_net_finds_anything_in_what_names_nobody(value: str) -> None:
    assert not (nobody_in(value, KNOWN) and identifier_spans(value, KNOWN))
