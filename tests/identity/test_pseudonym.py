"""One person, one key: what identifies, in which order, and what must never make two persons one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Identifier, Patient
from limpide.identity.ins import nir_key
from limpide.identity.pseudonym import keyed, person_key, surrogate31

SECRET = b"\x01" * 32
NIR, NIA, TEST, DEMO = (f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11))
INS_C, NSS = "1.2.250.1.213.1.4.2", "1.2.250.1.213.1.4.13"
BODY = "2850578006084"
VALUE = f"{BODY}{nir_key(BODY):02d}"

TRAITS = Patient(family_birth="Lefèvre", given=["Anne-Marie"], birth_date="1985-05-12", sex="F")


def with_ins(value: str = VALUE, system: str | None = NIR, **more: object) -> Patient:
    return replace(TRAITS, ins=value, ins_system=system, **more)  # type: ignore[arg-type]


def test_the_key_is_64_hexadecimal_characters_and_depends_on_the_secret() -> None:
    key = person_key(with_ins(), SECRET)
    assert key is not None
    assert len(key) == 64
    assert key != person_key(with_ins(), b"\x02" * 32)


def test_one_person_across_sources_where_the_ins_is_the_same() -> None:
    at_lab = with_ins(identifiers=[Identifier(VALUE, NIR), Identifier("77", "1.2.3")])
    at_hospital = with_ins(identifiers=[Identifier("A-12", "1.2.4"), Identifier(VALUE, NIR)], family_birth="LEFEVRE")
    assert person_key(at_lab, SECRET) == person_key(at_hospital, SECRET)


def test_a_wrong_or_missing_key_does_not_make_a_second_person() -> None:
    assert person_key(with_ins(BODY + "00"), SECRET) == person_key(with_ins(), SECRET)
    assert person_key(with_ins(BODY), SECRET) == person_key(with_ins(), SECRET)
    assert person_key(with_ins("2 85 05 78 006 084 " + VALUE[13:]), SECRET) == person_key(with_ins(), SECRET)


def test_one_matricule_is_one_person_under_every_oid_but_that_of_demonstration() -> None:
    assert len({person_key(with_ins(system=oid), SECRET) for oid in (NIR, NIA, TEST, None)}) == 1
    assert person_key(with_ins(system=DEMO), SECRET) != person_key(with_ins(system=NIR), SECRET)


def test_an_ins_beats_a_local_identifier_and_a_local_identifier_beats_traits() -> None:
    local = [Identifier("77", "1.2.3")]
    assert person_key(with_ins(identifiers=local), SECRET) == person_key(with_ins(), SECRET)
    assert person_key(replace(TRAITS, identifiers=local), SECRET) != person_key(TRAITS, SECRET)
    assert person_key(replace(TRAITS, identifiers=local), SECRET) == person_key(Patient(identifiers=local), SECRET)


def test_the_order_of_local_identifiers_does_not_matter() -> None:
    one, two = Identifier("77", "1.2.3"), Identifier("88", "1.2.9")
    assert person_key(Patient(identifiers=[one, two]), SECRET) == person_key(Patient(identifiers=[two, one]), SECRET)


def test_a_number_without_authority_identifies_nobody() -> None:
    assert person_key(Patient(identifiers=[Identifier("77", None)]), SECRET) is None


def test_a_social_security_number_may_be_a_parents_and_does_not_count() -> None:
    assert person_key(Patient(identifiers=[Identifier(VALUE, NSS)]), SECRET) is None


def test_an_ins_called_provisional_by_its_sender_does_not_count() -> None:
    local = [Identifier("77", "1.2.3")]
    doubted = with_ins(identifiers=local, reliability="PROV")
    assert person_key(doubted, SECRET) == person_key(Patient(identifiers=local), SECRET)


def test_the_old_computed_ins_counts_after_the_ins_and_before_the_local_identifier() -> None:
    old = Identifier("0123456789012345678901", INS_C)
    assert person_key(with_ins(identifiers=[old]), SECRET) == person_key(with_ins(), SECRET)
    alone = person_key(Patient(identifiers=[old, Identifier("77", "1.2.3")]), SECRET)
    assert alone == person_key(Patient(identifiers=[old]), SECRET) is not None


@pytest.mark.parametrize("missing", ["family_birth", "given", "birth_date"])
def test_incomplete_traits_identify_nobody(missing: str) -> None:
    assert person_key(TRAITS, SECRET) is not None
    assert person_key(replace(TRAITS, **{missing: [] if missing == "given" else None}), SECRET) is None  # type: ignore[arg-type]


def test_the_name_in_use_stands_where_no_birth_name_is_stated_and_the_sex_does_not_count() -> None:
    used = replace(TRAITS, family_birth=None, family_used=TRAITS.family_birth, sex=None)
    assert person_key(used, SECRET) == person_key(TRAITS, SECRET) is not None


def test_traits_are_compared_without_accents_case_or_hyphens() -> None:
    same = Patient(family_birth="LEFEVRE", given=["ANNE MARIE"], birth_date="1985-05-12", sex="F")
    assert person_key(same, SECRET) == person_key(TRAITS, SECRET)
    assert person_key(replace(TRAITS, birth_date="1985"), SECRET) is None


def test_keyed_separates_purposes() -> None:
    assert keyed("810001234567", "provider", SECRET) != keyed("810001234567", "care-site", SECRET)


@given(st.binary(min_size=32, max_size=32))
def test_the_31_bit_candidate_is_a_positive_32_bit_integer(raw: bytes) -> None:
    assert 1 <= surrogate31(raw.hex()) <= 2**31 - 1
