"""What was delivered is remembered: an erasure names the deliveries to recall, and forgets the person there too."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.identity.vault.persons import person_keys
from limpide.identity.vault.vault import Vault
from limpide.rights.deliveries import to_recall
from limpide.rights.erasure import erase
from limpide.rights.extract import extract
from limpide.rights.project import Refusal, read_project
from limpide.rights.rekey import rekey
from limpide.warehouse.layout import Layout
from tests.rights.hospital import IPP1, IPP2

BASE = {
    "project": "un", "kind": "recherche", "purpose": "Étude", "approval": "CSE 1", "ends": date(9999, 1, 1),
    "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)}, "tables": {"person": ["person_id"]},
}  # fmt: skip
TODAY = date(2026, 11, 25)
ASTHMA = [{"table": "condition_occurrence", "where": {"condition_source_value": {"starts_with": "J45"}}}]


def delivered(layout: Layout, out: Path, name: str, **asked: object) -> None:
    extract(layout, read_project(BASE | {"project": name} | asked, TODAY), out / name, least=1)


def test_an_erasure_names_the_deliveries_that_hold_the_person_and_no_other(two_nights: Layout, tmp_path: Path) -> None:
    delivered(two_nights, tmp_path / "out", "tous")
    delivered(two_nights, tmp_path / "out", "asthme", population=ASTHMA)  # person 2
    receipt = erase(two_nights, IPP1)
    (recalled,) = receipt["deliveries_to_recall"]
    assert (recalled["project"], recalled["approval"]) == ("tous", "CSE 1")
    assert recalled["folder"] == str(tmp_path / "out" / "tous")
    assert [one["project"] for one in erase(two_nights, IPP2)["deliveries_to_recall"]] == ["tous", "asthme"]


def test_once_named_the_person_is_in_no_register(two_nights: Layout, tmp_path: Path) -> None:
    keys = person_keys(Vault(two_nights.vault), IPP1)
    delivered(two_nights, tmp_path / "out", "tous")
    vault = Vault(two_nights.vault)
    assert len(to_recall(vault, keys)) == 1
    erase(two_nights, IPP1)
    assert to_recall(vault, keys) == []


def test_a_delivery_of_before_a_rotation_is_found_under_the_new_name(two_nights: Layout, tmp_path: Path) -> None:
    delivered(two_nights, tmp_path / "out", "tous")
    rekey(two_nights, pseudonyms=True)
    assert [one["project"] for one in erase(two_nights, IPP1)["deliveries_to_recall"]] == ["tous"]


def test_the_register_says_who_is_in_it_to_nobody_without_the_vault(two_nights: Layout, tmp_path: Path) -> None:
    keys = person_keys(Vault(two_nights.vault), IPP1)
    delivered(two_nights, tmp_path / "out", "tous")
    written = b"".join(path.read_bytes() for path in (two_nights.vault / "deliveries").iterdir())
    assert not [key for key in keys if key[:16].encode() in written]


def test_a_small_population_is_not_given_and_leaves_nothing(two_nights: Layout, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="moins de 11"):
        extract(two_nights, read_project(BASE, TODAY), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (two_nights.vault / "deliveries").exists()
