"""One key for every way of writing the same term."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.french.tokens import fold
from limpide.french.variants import clinician_forms, key, stem, stressed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fracture du fémur", "fractures fémur"),
        ("insuffisances rénales chroniques", "Insuffisance rénale chronique"),
        ("infection bactérienne", "infections bactériens"),
        ("lésion osseuse", "lésions osseux"),
        ("tumeur maligne", "tumeurs malignes"),
        ("anévrysme de l'aorte", "anévrisme aorte"),
        ("œdème du poumon", "oedème poumon"),
        ("hémorrhagie digestive", "hémorragies digestives"),
        ("non-insulinodépendant", "non insulinodépendante"),
    ],
)
def test_two_ways_of_writing_share_a_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hépatite A", "hépatite"),
        ("hépatite A", "hépatite B"),
        ("carence en vitamine D", "carence en vitamine"),
        ("toux", "tous"),
        ("ulcère", "ulcéré"),
        ("poisson", "poison"),
        ("avec fièvre", "sans fièvre"),
    ],
)
def test_what_differs_in_meaning_differs_in_key(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_stressed_ending_is_a_participle_or_a_quality() -> None:
    assert [w for w in ("traité", "fracturées", "activités", "hépatite", "plaie", "ulcère") if stressed(w)] == [
        "traité",
        "fracturées",
        "activités",
    ]


@given(st.text(alphabet="abcdefghijlmnoprstuvxyzéèêœ", min_size=1, max_size=14))
def test_a_plural_has_the_stem_of_its_singular(word: str) -> None:
    folded = fold(word).replace("œ", "oe")
    if len(folded) >= 5 and folded[-1] not in "sxzu" and not folded.endswith(("au", "eu", "al", "ss")):
        assert stem(folded + "s") == stem(folded)


def forms(label: str) -> list[tuple[str, bool]]:
    return [(form, exact) for form, exact, _ in clinician_forms(label)]


def test_without_precision_means_the_bare_name() -> None:
    assert forms("Diarrhée, sans précision") == [("Diarrhée", True)]


def test_other_than_means_only_the_category() -> None:
    assert forms("Autres salmonelloses") == [("salmonelloses", False)]


def test_parentheses_are_optional_words() -> None:
    assert [f for f, _ in forms("Hypertension essentielle (primitive)")] == [
        "Hypertension essentielle primitive",
        "Hypertension essentielle",
    ]


def test_brackets_hold_a_synonym() -> None:
    assert ("mucoviscidose", True) in forms("Fibrose kystique [mucoviscidose]")


@pytest.mark.parametrize(
    "label",
    ["Maladies classées dans d'autres chapitres", "Effets indésirables au cours de l'usage thérapeutique, autres"],
)
def test_labels_that_only_classify_give_nothing(label: str) -> None:
    assert forms(label) == []
