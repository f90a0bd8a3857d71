"""Re-identification takes a reason and two people, and leaves a trace whether it is granted or refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.persons import person_keys
from limpide.identity.vault.vault import Vault
from limpide.rights.extract import extract
from limpide.rights.project import read_project
from limpide.rights.reidentify import NotAllowed, Trustee, UnknownPseudonym, enrol, register, reidentify
from limpide.warehouse.layout import Layout
from tests.rights.hospital import IPP1

WHY = "Alerte sanitaire sur un lot de dispositifs"
ANNE, BRUNO = Trustee("Anne", "une longue phrase secrète"), Trustee("Bruno", "une autre phrase secrète")


@pytest.fixture
def key(two_nights: Layout) -> str:
    vault = Vault(two_nights.vault)
    for one in (ANNE, BRUNO):
        enrol(vault, one.name, one.passphrase)
    (found,) = person_keys(vault, IPP1)
    return found


def whats(layout: Layout) -> list[str]:
    return [act.what for act in Audit(Vault(layout.vault)).acts() if act.what.startswith("reidentify")]


def test_two_people_with_a_reason_find_the_person(two_nights: Layout, key: str) -> None:
    found = reidentify(two_nights, key[:50], "alerte", WHY, ANNE, BRUNO)
    assert {seen.patient.family_birth for seen in found} == {"KERVADEC1"}
    act = Audit(Vault(two_nights.vault)).acts()[-1]
    assert (act.what, act.why, act.facts["trustees"]) == ("reidentify", WHY, ["anne", "bruno"])
    assert act.subject == Audit(Vault(two_nights.vault)).subject(key)


@pytest.mark.parametrize(
    ("why", "asker", "approver"),
    [
        ("", ANNE, BRUNO),
        ("urgent", ANNE, BRUNO),
        (WHY, ANNE, ANNE),
        (WHY, ANNE, Trustee(" ANNE ", ANNE.passphrase)),
        (WHY, ANNE, Trustee("Bruno", ANNE.passphrase)),
        (WHY, ANNE, Trustee("Chloé", "une autre phrase secrète")),
        (WHY, Trustee("Anne", ""), BRUNO),
    ],
)
def test_without_them_nothing_is_told_and_the_refusal_is_traced(
    two_nights: Layout, key: str, why: str, asker: Trustee, approver: Trustee
) -> None:
    with pytest.raises(NotAllowed):
        reidentify(two_nights, key[:50], "alerte", why, asker, approver)
    assert whats(two_nights) == ["reidentify.refused"]


def test_a_project_s_pseudonym_leads_back_through_its_own_request(two_nights: Layout, key: str, tmp_path: Path) -> None:
    import duckdb

    said = {
        "kind": "recherche", "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)},
        "project": "un", "purpose": "Étude", "approval": "CSE 1", "ends": date(9999, 1, 1),
        "tables": {"person": ["person_source_value"]},
    }  # fmt: skip
    project = read_project(said, date(2026, 11, 24))
    extract(two_nights, project, tmp_path / "out", least=1)
    with duckdb.connect(str(tmp_path / "out" / "un.duckdb"), read_only=True) as connection:
        pseudonyms = [row[0] for row in connection.execute("SELECT person_source_value FROM person").fetchall()]
    names = {reidentify(two_nights, p, "alerte", WHY, ANNE, BRUNO, project)[0].patient.family_birth for p in pseudonyms}
    assert names == {"KERVADEC1", "KERVADEC2", "KERVADEC3"}
    with pytest.raises(UnknownPseudonym):
        reidentify(two_nights, pseudonyms[0], "alerte", WHY, ANNE, BRUNO)


def test_one_secret_is_one_person(two_nights: Layout, key: str) -> None:
    vault = Vault(two_nights.vault)
    with pytest.raises(NotAllowed):
        enrol(vault, "Chloé", ANNE.passphrase)
    with pytest.raises(NotAllowed):
        enrol(vault, "anne", "encore une autre phrase")
    with pytest.raises(NotAllowed):
        enrol(vault, "Chloé", "courte")


def test_a_reason_off_the_list_is_refused_and_the_register_tells_both(two_nights: Layout) -> None:
    (key,) = person_keys(Vault(two_nights.vault), IPP1)
    for one in (ANNE, BRUNO):
        enrol(Vault(two_nights.vault), one.name, one.passphrase)
    with pytest.raises(NotAllowed, match="code de motif"):
        reidentify(two_nights, key[:50], "curiosité", WHY, ANNE, BRUNO)
    reidentify(two_nights, key[:50], "alerte", WHY, ANNE, BRUNO)
    told = [(line["outcome"], line["code"]) for line in register(Vault(two_nights.vault))]
    assert told == [("refusé", None), ("fait", "alerte")]
