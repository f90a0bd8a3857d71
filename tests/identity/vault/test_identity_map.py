"""The identity map: found again without being readable, erasure to the byte."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from limpide.document import Identifier, Patient
from limpide.identity.vault import merges
from limpide.identity.vault.vault import Vault

ANNE = Patient(
    ins="285057800608491",
    ins_system="1.2.250.1.213.1.4.8",
    identifiers=[Identifier("285057800608491", "1.2.250.1.213.1.4.8"), Identifier("IPP-77", "1.2.3")],
    family_birth="MARCHALLOT",
    given=["ANNE"],
    birth_date="1985-05-12",
    sex="F",
)


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.delenv("LIMPIDE_VAULT_KEY", raising=False)
    monkeypatch.delenv("LIMPIDE_VAULT_KEY_COMMAND", raising=False)
    return Vault(tmp_path / "vault")


def bytes_of(vault: Vault) -> bytes:
    return b"".join(p.read_bytes() for p in vault.path.glob("identity.sqlite*"))


def test_identities_are_remembered_by_source_with_first_and_last_night(vault: Vault) -> None:
    vault.identities.record([("k1", ANNE, "chu", "2026-11-02"), ("k1", ANNE, "labo", "2026-11-03")])
    vault.identities.record([("k1", ANNE, "chu", "2026-11-05"), ("k1", ANNE, "chu", "2026-11-04")])
    seen = vault.identities.seen("k1")
    assert [(s.source, s.first_seen, s.last_seen) for s in seen] == [
        ("chu", "2026-11-02", "2026-11-05"),
        ("labo", "2026-11-03", "2026-11-03"),
    ]
    assert seen[0].patient == ANNE
    assert vault.identities.seen("k2") == []


def test_a_person_is_found_by_any_identifier_or_by_name_and_birth_date(vault: Vault) -> None:
    vault.identities.record([("k1", ANNE, "chu", "2026-11-02")])
    find = vault.identities.find
    assert find(Patient(ins="285057800608400", ins_system="1.2.250.1.213.1.4.8")) == {"k1"}
    assert find(Patient(identifiers=[Identifier("IPP-77", "1.2.3")])) == {"k1"}
    assert find(Patient(family_birth="Marchallot", given=["Anne", "Lou"], birth_date="1985-05-12")) == {"k1"}
    assert find(Patient(identifiers=[Identifier("IPP-77", "1.2.4")])) == set()


def test_no_identity_is_readable_in_the_file(vault: Vault) -> None:
    vault.identities.record([("k1", ANNE, "chu", "2026-11-02")])
    vault.identities.place([("d1", "k1", "lettre_MARCHALLOT.xml")])
    vault.identities.hold([("d1", "2026-11-02", {"header": "MARCHALLOT"})])
    vault.close()
    content = bytes_of(vault)
    for value in (b"MARCHALLOT", b"ANNE", b"2850578006084", b"IPP-77", b"1985-05-12"):
        assert value not in content


def test_documents_and_paths(vault: Vault) -> None:
    vault.identities.place([("d2", "k1", "b.xml"), ("d1", "k1", "a.xml"), ("d3", None, "c.xml")])
    assert vault.identities.documents("k1") == ["d1", "d2"]
    assert vault.identities.path("d3") == "c.xml"
    assert vault.identities.path("d9") is None


def test_what_waits_for_a_decision(vault: Vault) -> None:
    vault.identities.hold([("d2", "2026-11-03", {"b": 1}), ("d1", "2026-11-02", {"a": 1})])
    assert [(key, detail) for key, _, detail in vault.identities.held()] == [("d1", {"a": 1}), ("d2", {"b": 1})]
    assert vault.identities.release("d1") and not vault.identities.release("d1")


def test_forgetting_one_person_leaves_no_trace_of_them_and_all_of_the_others(vault: Vault) -> None:
    bob = replace(ANNE, ins=None, identifiers=[Identifier("IPP-78", "1.2.3")], family_birth="PORZOU", given=["YANN"])
    identities = vault.identities
    identities.record([("k1", ANNE, "chu", "2026-11-02"), ("k2", bob, "chu", "2026-11-02")])
    identities.place([("d1", "k1", "a.xml"), ("d2", "k2", "b.xml")])
    identities.hold([("d1", "2026-11-02", {})])
    merges.state(identities, "2026-11-02", [], [merges.Statement("d1", "2026-11-02", bob, "k2", ANNE, "k1")])
    assert identities.forget("k1") == ["d1"]
    assert identities.seen("k1") == [] and identities.documents("k1") == [] and identities.held() == []
    assert merges.merges(identities) == [] and identities.find(ANNE) == set()
    assert [s.patient for s in identities.seen("k2")] == [bob]
    assert identities.path("d2") == "b.xml"
    vault.close()
    assert b"k1" not in bytes_of(vault) and b"k2" in bytes_of(vault)


def _read(path: str, ready: object) -> None:
    identities = Vault(Path(path), create=False).identities
    assert len(identities.seen("k1")) == 1
    ready.put(True)  # type: ignore[attr-defined]


def test_readers_in_other_processes_see_what_was_written(vault: Vault) -> None:
    vault.identities.record([("k1", ANNE, "chu", "2026-11-02")])
    context = multiprocessing.get_context("spawn")
    ready = context.SimpleQueue()
    process = context.Process(target=_read, args=(str(vault.path), ready))
    process.start()
    vault.identities.record([("k2", ANNE, "chu", "2026-11-02")])
    process.join(30)
    assert process.exitcode == 0
