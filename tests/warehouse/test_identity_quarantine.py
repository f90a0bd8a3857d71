"""Documents whose patient is in doubt wait, whatever the order of nights, until a person decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.identity import doubts
from limpide.identity.audit import Audit
from limpide.identity.vault import Vault
from limpide.rights.review import UnknownDocument, decide, show, waiting
from limpide.warehouse.account import conservation
from limpide.warehouse.house import House
from tests.warehouse.night import load
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import ask

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)
STRANGE_TEXT = "Nom : PORZOU\nPrénom : YANN\nNé le : 01/03/1970\nSexe : M\nAsthme ancien."


def stranger(document_id: str, text: str = "Asthme ancien.") -> bytes:
    """A document of another person under the local number of patient 1."""
    return cda(document_id, text, birth="19700301").replace(b"KERVADEC1", b"PORZOU").replace(b"Solenne", b"Yann")


def quarantine(house: House) -> list[tuple[str, str]]:
    return ask(house, "SELECT reason, detail FROM limpide_quarantine ORDER BY ALL")  # type: ignore[return-value]


def two_nights(root: Path) -> tuple[Path, Path]:
    one, two = root / "1", root / "2"
    send(one, "chu", "a.xml", cda("A"))
    send(two, "chu", "b.xml", stranger("B"))
    send(two, "clinique", "c.xml", cda("C", "Hypertension artérielle."))
    return one, two


DIFFERS = "header and earlier documents of the same person differ: family, given, birth_date"


@pytest.mark.parametrize("backwards", [False, True])
def test_a_stranger_under_a_known_number_waits_in_whatever_order_nights_are_loaded(
    house: House, tmp_path: Path, backwards: bool
) -> None:
    loads = list(zip((ONE, TWO), two_nights(tmp_path / "landing"), strict=True))
    for night, folder in reversed(loads) if backwards else loads:
        load(house, folder, night)
    assert quarantine(house) == [("identity_conflict", DIFFERS)]
    assert ask(house, "SELECT count(*) FROM limpide_document") == [(2,)]
    assert [(w.night, w.source, w.kind, w.differs) for w in waiting(house)] == [
        ("2026-11-02", "chu", "vault", ("family", "given", "birth_date"))
    ]
    assert all(row.balanced for row in conservation(house))


def test_the_two_identities_are_shown_side_by_side_and_nowhere_else(house: House, tmp_path: Path) -> None:
    for night, folder in zip((ONE, TWO), two_nights(tmp_path / "landing"), strict=True):
        load(house, folder, night)
    (one,) = waiting(house)
    said = show(house, one.document_key)
    assert (said["header"]["given"], said["other"]["given"]) == (["Yann"], ["Solenne"])
    held = b"".join(p.read_bytes() for p in house.warehouse.rglob("*") if p.is_file())
    assert b"PORZOU" not in held and b"Yann" not in held
    assert [(act.what, act.facts["document"]) for act in Audit(Vault(house.vault)).acts()] == [
        ("identity.show", one.document_key)
    ]


def test_a_released_document_is_published_when_its_night_is_loaded_again_and_may_be_taken_back(
    house: House, tmp_path: Path
) -> None:
    one, two = two_nights(tmp_path / "landing")
    load(house, one, ONE)
    load(house, two, TWO)
    (document,) = waiting(house)
    assert decide(house, document.document_key, "header", "Changement d'état civil.") == ("2026-11-02", "chu")
    assert waiting(house) == []
    assert [w.decision for w in waiting(house, decided=True)] == ["header"]
    load(house, two, TWO)
    assert quarantine(house) == [] and ask(house, "SELECT count(*) FROM limpide_document") == [(3,)]
    decide(house, document.document_key, "waiting", "Erreur.")
    load(house, two, TWO)
    assert quarantine(house) == [("identity_conflict", DIFFERS)]
    assert [w.document_key for w in waiting(house)] == [document.document_key]


def test_rejecting_the_first_arrival_lets_the_others_stand(house: House, tmp_path: Path) -> None:
    send(tmp_path / "1", "chu", "b.xml", stranger("B"))
    send(tmp_path / "2", "chu", "a.xml", cda("A"))
    load(house, tmp_path / "1", ONE)
    load(house, tmp_path / "2", TWO)
    (document,) = waiting(house)
    first = show(house, document.document_key)["other_document"]
    decide(house, first, "reject", "Le dossier d'un autre patient.")
    load(house, tmp_path / "1", ONE)
    assert quarantine(house) == [("identity_conflict", "rejected by a person")]
    assert waiting(house) == []
    assert ask(house, "SELECT count(*) FROM limpide_document") == [(1,)]


def test_a_text_that_names_another_patient_waits_and_is_released(house: House, tmp_path: Path) -> None:
    send(tmp_path / "1", "chu", "a.xml", cda("A", STRANGE_TEXT))
    load(house, tmp_path / "1", ONE)
    assert quarantine(house) == [("identity_conflict", "header and text differ: family, given, birth_date, sex")]
    (one,) = waiting(house)
    assert show(house, one.document_key)["other"]["given"] == ["YANN"]
    decide(house, one.document_key, "header", "Modèle de lettre mal nettoyé.")
    load(house, tmp_path / "1", ONE)
    assert quarantine(house) == []


def test_a_suspected_leak_is_held_back_and_told_by_kind_only(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(text: str, codes: frozenset[str]) -> list[tuple[int, int, str]]:
        at = text.find("Asthme")
        return [(at, at + 6, "NOM")] if at >= 0 else []

    monkeypatch.setattr(doubts, "suspects", seen)
    send(tmp_path / "1", "chu", "a.xml", cda("A"))
    send(tmp_path / "1", "chu", "b.xml", cda("B", "Asthme ancien.", patient="2"))
    load(house, tmp_path / "1", ONE)
    assert quarantine(house) == [("residual_identity", "suspected in the masked text: NOM 1")]
    (one,) = waiting(house)
    assert one.kind == "residual" and "Asthme" in show(house, one.document_key)["excerpts"][0][1]
    decide(house, one.document_key, "clean", "Un nom de maladie.")
    load(house, tmp_path / "1", ONE)
    assert quarantine(house) == []


def test_what_is_not_in_doubt_is_not_released(house: House, tmp_path: Path) -> None:
    send(tmp_path / "1", "chu", "a.xml", cda("A"))
    load(house, tmp_path / "1", ONE)
    ((key,),) = ask(house, "SELECT document_key FROM limpide_document")
    with pytest.raises(UnknownDocument):
        decide(house, key, "header", "Pour voir.")
    with pytest.raises(UnknownDocument):
        decide(house, "0" * 32, "reject", "Pour voir.")
    with pytest.raises(ValueError, match="why"):
        decide(house, key, "reject", " ")
