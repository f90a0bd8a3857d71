"""One person under two keys, found without a message."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from limpide.document import Identifier, Patient
from limpide.identity.vault.links import relink
from limpide.identity.vault.vault import Vault

INS = Identifier("255081416802538", "1.2.250.1.213.1.4.8")
OTHER_INS = Identifier("255081416802635", "1.2.250.1.213.1.4.8")
IPP = Identifier("8004", "1.2.250.9.9")
ELSEWHERE = Identifier("8004", "1.2.250.7.7")
ANNE = Patient(family_birth="RIOU", family_used="OLIVRY", given=["ANNE"], birth_date="1955-08-14", sex="F")


def whole(*numbers: Identifier, **changed: object) -> Patient:
    ins = next((one for one in numbers if one.system == INS.system), None)
    found = replace(ANNE, identifiers=list(numbers), **changed)  # type: ignore[arg-type]
    return replace(found, ins=ins.value, ins_system=ins.system) if ins else found


BOTH = whole(INS, IPP)
NUMBER = whole(IPP)
NAME = replace(ANNE, family_birth=None)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def state(vault: Vault, *patients: Patient) -> list[str]:
    keys = []
    for patient in patients:
        key = vault.person_key(patient)
        assert key is not None
        vault.identities.record([(key, patient, "chu", "2026-11-01")])
        relink(vault.identities, [key])
        keys.append(key)
    return keys


def test_a_number_shared_with_an_ins_is_the_same_person(vault: Vault) -> None:
    both, number = state(vault, BOTH, NUMBER)
    assert vault.identities.merges() == {number: both}


def test_a_name_and_a_birth_date_are_those_of_the_one_patient_who_has_them(vault: Vault) -> None:
    name, both = state(vault, NAME, BOTH)
    assert vault.identities.merges() == {name: both}


def test_two_patients_who_have_them_leave_a_question(vault: Vault) -> None:
    state(vault, BOTH, whole(OTHER_INS), NAME)
    assert vault.identities.merges() == {}


def test_a_number_of_another_authority_is_another_number(vault: Vault) -> None:
    state(vault, BOTH, whole(ELSEWHERE))
    assert vault.identities.merges() == {}


def test_a_number_given_to_somebody_else_links_nobody(vault: Vault) -> None:
    state(vault, BOTH, whole(IPP, family_birth="TANGUY", family_used=None, given=["LUC"], birth_date="1980-01-01"))
    assert vault.identities.merges() == {}


def test_a_number_between_two_ins_links_neither(vault: Vault) -> None:
    state(vault, BOTH, whole(OTHER_INS, IPP), NUMBER)
    assert vault.identities.merges() == {}


def test_the_order_in_which_they_come_does_not_matter(tmp_path: Path) -> None:
    ends = set()
    for turn, order in enumerate(permutations([BOTH, NUMBER, NAME, whole(ELSEWHERE)])):
        vault = Vault(tmp_path / str(turn))
        keys = dict(zip([id(p) for p in order], state(vault, *order), strict=True))
        names = {keys[id(p)]: name for p, name in ((BOTH, "both"), (NUMBER, "number"), (NAME, "name"))}
        ends.add(tuple(sorted((names[a], names[b]) for a, b in vault.identities.merges().items())))
    assert ends == {(("name", "both"), ("number", "both"))}


def test_what_a_person_took_apart_stays_apart(vault: Vault) -> None:
    both, number = state(vault, BOTH, NUMBER)
    vault.identities.unlink(number)
    state(vault, BOTH, NUMBER)
    assert vault.identities.merges() == {}
    vault.identities.unlink(number, back=True)
    state(vault, NUMBER)
    assert vault.identities.merges() == {number: both}
