"""Documents of one patient under an INS, an IPP and a name are one person, whatever came first."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path

from limpide.identity.vault.vault import Vault
from limpide.reports.account import account_of
from limpide.rights.review import apart, join
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots.account import account
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

INS = '<id root="1.2.250.1.213.1.4.10" extension="254031716802538"/>'
LETTER = """Compte rendu de consultation
Madame KERVADEC Solenne, née le 17/03/1954
Migraine ancienne. Pas de fièvre.
"""


def documents() -> dict[str, bytes]:
    local = cda("A", patient="1")
    both = cda("B", "Asthme ancien.", patient="1").replace(b"<patientRole>", f"<patientRole>{INS}".encode())
    found = {"a.xml": local, "b.xml": both, "c.txt": LETTER.encode()}
    return {name: content.replace(b"KERVADEC1", b"KERVADEC") for name, content in found.items()}


def published(layout: Layout) -> list[str]:
    with opened(layout) as ledger:
        return [row[0] for row in ledger.db.execute("SELECT person_key FROM documents WHERE status = 'published'")]


def test_one_person_whatever_came_first(tmp_path: Path) -> None:
    ends = set()
    for turn, names in enumerate(permutations(documents())):
        root = tmp_path / str(turn)
        layout = Layout(root / "w", root / "v")
        for day, name in enumerate(names, 1):
            send(root / str(day), "chu", name, documents()[name])
            load(layout, root / str(day), date(2026, 11, day))
        keys = published(layout)
        ends.add((len(keys), len(set(keys))))
    assert ends == {(3, 1)}


def test_a_person_may_say_that_they_are_two(layout: Layout, landing: Path) -> None:
    for name, content in documents().items():
        send(landing, "chu", name, content)
    load(layout, landing, date(2026, 11, 1))
    assert len(set(published(layout))) == 1
    linked = Vault(layout.vault).identities.links()
    apart(layout, min(linked), "deux homonymes")
    load(layout, landing, date(2026, 11, 1))
    assert len(set(published(layout))) == 2


def test_the_night_counts_the_persons_to_look_at_and_somebody_joins_two(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A", patient="1"))
    close = cda("B", "Asthme ancien.", patient="2").replace(b"KERVADEC2", b"KERVADEX1")
    send(landing, "chu", "b.xml", close.replace(b'<administrativeGenderCode code="F"/>', b""))
    send(
        landing, "chu", "c.xml", cda("C", "Migraine.", patient="3", birth="19700101").replace(b"19700101", b"19720304")
    )
    send(landing, "chu", "d.xml", cda("D", "Goutte.", patient="4", birth=None))
    load(layout, landing, date(2026, 11, 1))
    told = account(layout, date(2026, 11, 1)).persons
    assert told is not None and told.alike is not None
    assert (told.persons, len(told.without_sex), len(told.without_birth_year), len(told.one_document)) == (3, 1, 1, 3)
    assert len(told.alike) == 1
    assert "paires qui se ressemblent : 1" in account_of(layout)
    join(layout, *told.alike[0], "même personne, vu avec l'identitovigilance")
    load(layout, landing, date(2026, 11, 1))
    told = account(layout, date(2026, 11, 1)).persons
    assert told is not None and (told.persons, told.alike) == (2, [])
