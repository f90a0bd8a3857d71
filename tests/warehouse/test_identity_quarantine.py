"""Documents whose patient is in doubt wait, whatever the order of nights, until a person decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.deidentification import identity_doubts
from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.review import UnknownDocument, decide, show, waiting
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.account import conservation
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import ask

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)
STRANGE_TEXT = "Nom : PORZOU\nPrénom : YANN\nNé le : 01/03/1970\nSexe : M\nAsthme ancien."


def stranger(document_id: str, text: str = "Asthme ancien.") -> bytes:
    """A document of another person under the local number of patient 1."""
    return cda(document_id, text, birth="19700301").replace(b"KERVADEC1", b"PORZOU").replace(b"Solenne", b"Yann")


def quarantine(layout: Layout) -> list[tuple[str, str]]:
    return ask(layout, "SELECT reason, detail FROM limpide_quarantine ORDER BY ALL")  # type: ignore[return-value]


def two_nights(root: Path) -> tuple[Path, Path]:
    one, two = root / "1", root / "2"
    send(one, "chu", "a.xml", cda("A"))
    send(two, "chu", "b.xml", stranger("B"))
    send(two, "clinique", "c.xml", cda("C", "Hypertension artérielle."))
    return one, two


DIFFERS = "header and earlier documents of the same person differ: family, given, birth_date"


@pytest.mark.parametrize("backwards", [False, True])
def test_a_stranger_under_a_known_number_waits_in_whatever_order_nights_are_loaded(
    layout: Layout, tmp_path: Path, backwards: bool
) -> None:
    loads = list(zip((ONE, TWO), two_nights(tmp_path / "landing"), strict=True))
    for night, folder in reversed(loads) if backwards else loads:
        load(layout, folder, night)
    assert quarantine(layout) == [("identity_conflict", DIFFERS)]
    assert ask(layout, "SELECT count(*) FROM limpide_document") == [(2,)]
    assert [(w.night, w.source, w.kind, w.differs) for w in waiting(layout)] == [
        ("2026-11-02", "chu", "vault", ("family", "given", "birth_date"))
    ]
    assert all(row.balanced for row in conservation(layout))


def test_the_two_identities_are_shown_side_by_side_and_nowhere_else(layout: Layout, tmp_path: Path) -> None:
    for night, folder in zip((ONE, TWO), two_nights(tmp_path / "landing"), strict=True):
        load(layout, folder, night)
    (one,) = waiting(layout)
    said = show(layout, one.document_key)
    assert (said["header"]["given"], said["other"]["given"]) == (["Yann"], ["Solenne"])
    held = b"".join(p.read_bytes() for p in layout.warehouse.rglob("*") if p.is_file())
    assert b"PORZOU" not in held and b"Yann" not in held
    assert [(act.what, act.facts["document"]) for act in Audit(Vault(layout.vault)).acts()] == [
        ("identity.show", one.document_key)
    ]


def test_a_released_document_is_published_when_its_night_is_loaded_again_and_may_be_taken_back(
    layout: Layout, tmp_path: Path
) -> None:
    one, two = two_nights(tmp_path / "landing")
    load(layout, one, ONE)
    load(layout, two, TWO)
    (document,) = waiting(layout)
    assert decide(layout, document.document_key, "header", "Changement d'état civil.") == ("2026-11-02", "chu")
    assert waiting(layout) == []
    assert [w.decision for w in waiting(layout, decided=True)] == ["header"]
    load(layout, two, TWO)
    assert quarantine(layout) == [] and ask(layout, "SELECT count(*) FROM limpide_document") == [(3,)]
    decide(layout, document.document_key, "waiting", "Erreur.")
    load(layout, two, TWO)
    assert quarantine(layout) == [("identity_conflict", DIFFERS)]
    assert [w.document_key for w in waiting(layout)] == [document.document_key]


def test_rejecting_the_first_arrival_lets_the_others_stand(layout: Layout, tmp_path: Path) -> None:
    send(tmp_path / "1", "chu", "b.xml", stranger("B"))
    send(tmp_path / "2", "chu", "a.xml", cda("A"))
    load(layout, tmp_path / "1", ONE)
    load(layout, tmp_path / "2", TWO)
    (document,) = waiting(layout)
    first = show(layout, document.document_key)["other_document"]
    decide(layout, first, "reject", "Le dossier d'un autre patient.")
    load(layout, tmp_path / "1", ONE)
    assert quarantine(layout) == [("identity_conflict", "rejected by a person")]
    assert waiting(layout) == []
    assert ask(layout, "SELECT count(*) FROM limpide_document") == [(1,)]


def test_a_text_that_names_another_patient_waits_and_is_released(layout: Layout, tmp_path: Path) -> None:
    send(tmp_path / "1", "chu", "a.xml", cda("A", STRANGE_TEXT))
    load(layout, tmp_path / "1", ONE)
    assert quarantine(layout) == [("identity_conflict", "header and text differ: family, given, birth_date, sex")]
    (one,) = waiting(layout)
    assert show(layout, one.document_key)["other"]["given"] == ["YANN"]
    decide(layout, one.document_key, "header", "Modèle de lettre mal nettoyé.")
    load(layout, tmp_path / "1", ONE)
    assert quarantine(layout) == []


def test_a_suspected_leak_is_held_back_and_told_by_kind_only(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(text: str, codes: frozenset[str], protected: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
        at = text.find("Asthme")
        return [(at, at + 6, "NOM")] if at >= 0 else []

    monkeypatch.setattr(identity_doubts, "suspects", seen)
    send(tmp_path / "1", "chu", "a.xml", cda("A"))
    send(tmp_path / "1", "chu", "b.xml", cda("B", "Asthme ancien.", patient="2"))
    load(layout, tmp_path / "1", ONE)
    assert quarantine(layout) == [("residual_identity", "suspected in the masked text: NOM 1")]
    (one,) = waiting(layout)
    assert one.kind == "residual" and "Asthme" in show(layout, one.document_key)["excerpts"][0][1]
    decide(layout, one.document_key, "clean", "Un nom de maladie.")
    load(layout, tmp_path / "1", ONE)
    assert quarantine(layout) == []


def test_what_is_not_in_doubt_is_not_released(layout: Layout, tmp_path: Path) -> None:
    send(tmp_path / "1", "chu", "a.xml", cda("A"))
    load(layout, tmp_path / "1", ONE)
    ((key,),) = ask(layout, "SELECT document_key FROM limpide_document")
    with pytest.raises(UnknownDocument):
        decide(layout, key, "header", "Pour voir.")
    with pytest.raises(UnknownDocument):
        decide(layout, "0" * 32, "reject", "Pour voir.")
    with pytest.raises(ValueError, match="why"):
        decide(layout, key, "reject", " ")
