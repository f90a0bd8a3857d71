"""The INS: classes by OID, the 97 key, Corsica, trust, strict traits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Patient
from limpide.identity.ins import (
    InsClass,
    Judgement,
    Status,
    contradictions,
    ins_class,
    judge,
    nir_key,
    plain_name,
    status,
    traits,
)

ROOT = "1.2.250.1.213.1.4."


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("2", InsClass.INS_C),
        ("8", InsClass.NIR),
        ("9", InsClass.NIA),
        ("10", InsClass.TEST),
        ("11", InsClass.DEMO),
        ("13", InsClass.NSS),
        ("14", InsClass.NSS),
    ],
)
def test_the_class_comes_from_the_oid(number: str, expected: InsClass) -> None:
    assert ins_class(ROOT + number) is expected
    assert ins_class("urn:oid:" + ROOT + number) is expected


def test_other_authorities_have_no_class() -> None:
    assert ins_class("1.2.250.1.71.4.2.1") is None
    assert ins_class(None) is None


def test_the_key_of_the_published_specimen_and_of_both_corsicas() -> None:
    # 2 55 08 14 168 025 38: the specimen card of the Assurance Maladie.
    assert nir_key("2550814168025") == 38
    assert nir_key("1760 52A004002".replace(" ", "")) == 97 - int("1760519004002") % 97
    assert nir_key("176052B004002") == 97 - int("1760518004002") % 97
    with pytest.raises(ValueError):
        nir_key("17605")


@given(st.integers(10**12, 3 * 10**12 - 1))
def test_a_number_and_its_key_divide_by_97(body: int) -> None:
    assert (body + nir_key(str(body))) % 97 == 0


def test_a_wrong_key_is_flagged_and_the_number_kept() -> None:
    assert judge("255081416802538", ROOT + "8") == Judgement(InsClass.NIR, "2550814168025", True)
    assert judge("255081416802539", ROOT + "8") == Judgement(InsClass.NIR, "2550814168025", False)
    assert judge("2 55 08 14 168 025", ROOT + "10") == Judgement(InsClass.TEST, "2550814168025", None)
    assert judge("not a number", ROOT + "8") == Judgement(InsClass.NIR, None, None)


def test_without_oid_the_shape_tells_the_class() -> None:
    assert judge("255081416802538", None).klass is InsClass.NIR
    assert judge("755081416802538", None).klass is InsClass.NIA
    assert judge("0123456789012345678901", None) == Judgement(InsClass.INS_C, "0123456789012345678901", None)


@pytest.mark.parametrize(
    ("reliability", "with_ins", "without"),
    [
        (None, Status.QUALIFIED, Status.PROVISIONAL),
        ("VALI", Status.QUALIFIED, Status.VALIDATED),
        ("PROV", Status.PROVISIONAL, Status.PROVISIONAL),
        ("DOUTE", Status.DOUBTFUL, Status.DOUBTFUL),
        ("RECUP", Status.RETRIEVED, Status.RETRIEVED),
    ],
)
def test_trust(reliability: str | None, with_ins: Status, without: Status) -> None:
    assert status(Patient(ins="255081416802538", ins_system=ROOT + "8", reliability=reliability)) is with_ins
    assert status(Patient(reliability=reliability)) is without


def test_names_are_compared_plain() -> None:
    assert plain_name("  d’Août-Lœuillet ") == "D AOUT LOEUILLET"


def test_contradictions_name_the_traits_and_forgive_what_is_absent_or_less_precise() -> None:
    one = traits(Patient(family_birth="Lefèvre", given=["Anne-Marie"], birth_date="1985-05-12", sex="F"))
    same = traits(Patient(family_birth="LEFEVRE", given=["ANNE"], birth_date="1985", sex="UN", birth_place="29232"))
    other = traits(Patient(family_birth="MARTIN", given=["ANNE"], birth_date="1985-05-13", sex="M"))
    assert contradictions(one, same) == []
    assert contradictions(one, other) == ["family_birth", "birth_date", "sex"]
