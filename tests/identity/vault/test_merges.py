"""Merges: heard from messages, undone by persons, the same answer in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from limpide.document import Identifier, Patient
from limpide.identity.vault.merges import Statement, in_force, merges, moment, redo, state, undo
from limpide.identity.vault.vault import Vault

CHU = "1.2.250.9.9"


def ipp(number: str, ins: str | None = None) -> Patient:
    return Patient(ins=ins, ins_system="1.2.250.1.213.1.4.8" if ins else None, identifiers=[Identifier(number, CHU)])


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def said(vault: Vault, origin: str, at: str, gone: str, stays: str) -> Statement:
    key = vault.person_key(ipp(stays))
    assert key
    return Statement(origin, at, ipp(gone), vault.person_key(ipp(gone)), ipp(stays), key)


def key(vault: Vault, number: str) -> str:
    return vault.person_key(ipp(number)) or ""


def test_merges_chain_and_keep_their_history(vault: Vault) -> None:
    identities = vault.identities
    state(
        identities, "2026-11-02", ["m1", "m2"], [said(vault, "m1", "t1", "A", "B"), said(vault, "m2", "t2", "B", "C")]
    )
    a, b, c = (key(vault, number) for number in "ABC")
    assert in_force(identities) == {a: c, b: c}
    assert [(m.origin, m.night, m.at, m.gone, m.stays, m.undone) for m in merges(identities)] == [
        ("m1", "2026-11-02", "t1", (a,), b, None),
        ("m2", "2026-11-02", "t2", (b,), c, None),
    ]


def test_the_order_in_which_messages_are_heard_does_not_matter(vault: Vault, tmp_path: Path) -> None:
    lines = [("m1", "t1", "A", "B"), ("m2", "t2", "C", "B"), ("m3", "t3", "B", "A"), ("m4", "t4", "C", "D")]
    found = []
    for order in permutations(lines):
        for line in order:
            state(vault.identities, "n", [line[0]], [said(vault, *line)])
        found.append(in_force(vault.identities))
    a, b, c, d = (key(vault, number) for number in "ABCD")
    # B and A turned round at t3; C, said to be B and then D, is D.
    assert all(one == {b: a, c: d} for one in found)


def test_a_message_read_again_says_what_it_says_now(vault: Vault) -> None:
    state(vault.identities, "n", ["m1"], [said(vault, "m1", "t1", "A", "B")])
    state(vault.identities, "n", ["m1"], [])
    assert in_force(vault.identities) == {}


def test_a_merge_undone_by_a_person_stays_undone_with_its_trace(vault: Vault) -> None:
    identities = vault.identities
    state(identities, "n", ["m1"], [said(vault, "m1", "t1", "A", "B")])
    undo(identities, "m1", "2026-11-05", "deux jumelles")
    state(identities, "n", ["m1"], [said(vault, "m1", "t1", "A", "B")])  # the night is loaded again
    assert in_force(identities) == {}
    assert merges(identities)[0].undone == ("2026-11-05", "deux jumelles")
    redo(identities, "m1")
    assert in_force(identities) == {key(vault, "A"): key(vault, "B")}
    with pytest.raises(KeyError):
        redo(identities, "m1")
    with pytest.raises(KeyError):
        undo(identities, "m9", "2026-11-05", "inconnu")


def test_the_keys_meant_are_those_known_under_the_identifiers_whenever_they_come(vault: Vault) -> None:
    """The message names an IPP; its documents came, or will come, under an INS."""
    with_ins = ipp("B", "285057800608491")
    ins_key = vault.person_key(with_ins)
    assert ins_key and ins_key != key(vault, "B")
    state(vault.identities, "n", ["m1"], [said(vault, "m1", "t1", "A", "B")])
    vault.identities.record([(key(vault, "B"), ipp("B"), "chu", "n")])
    assert in_force(vault.identities) == {key(vault, "A"): key(vault, "B")}
    vault.identities.record([(ins_key, with_ins, "labo", "n")])
    assert in_force(vault.identities) == {key(vault, "A"): ins_key, key(vault, "B"): ins_key}


def test_times_are_compared_wherever_they_were_written() -> None:
    assert moment("2026-11-01T00:30:00+01:00", "n") < moment("2026-10-31T23:45:00+00:00", "n")
    assert moment(None, "2026-11-02") == "2026-11-02T00:00:00+00:00" and moment("?", "2026-11-02") == "2026-11-02"
