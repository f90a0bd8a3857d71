"""The command of opposition: one person or a list, known or not, and its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.opposition import listed_people, oppose
from limpide.warehouse.layout import Layout
from tests.rights.hospital import IPP1, IPP2, ONE, TWO, persons
from tests.warehouse.loading import load


def test_a_person_opposes_and_every_snapshot_forgets_them_at_once(two_nights: Layout) -> None:
    done = oppose(two_nights, [IPP1], why="courrier du 3 novembre")
    assert (done.persons, done.unknown, done.documents, done.snapshots) == (1, 0, 3, 2)
    assert [persons(two_nights, n) for n in (1, 2)] == [2, 2]
    assert [act.what for act in Audit(Vault(two_nights.vault)).acts()] == ["oppose"]


def test_an_opposition_stated_twice_does_nothing_more(two_nights: Layout) -> None:
    oppose(two_nights, [IPP1])
    assert oppose(two_nights, [IPP1]).documents == 0


def test_the_end_of_an_opposition_needs_a_reason_and_a_new_reading(two_nights: Layout, landing: Path) -> None:
    oppose(two_nights, [IPP1])
    with pytest.raises(ValueError, match="why"):
        oppose(two_nights, [IPP1], lift=True)
    done = oppose(two_nights, [IPP1], lift=True, why="le patient est revenu sur sa décision")
    assert done.again == [("2026-11-01", "chu"), ("2026-11-01", "clinique"), ("2026-11-02", "chu")]
    assert persons(two_nights) == 2  # nothing is kept aside: it comes back from the source only
    for night, folder in ((ONE, "1"), (TWO, "2")):
        load(two_nights, landing / folder, night)
    assert persons(two_nights) == 3


def test_a_list_tells_the_lines_that_name_nobody(two_nights: Layout, tmp_path: Path) -> None:
    path = tmp_path / "oppositions.csv"
    path.write_text("IPP;Autorite\nIPP1;1.2.250.9.9\n;\nIPP2;1.2.250.9.9\nIPP77;1.2.250.9.9\n", "utf-8")
    people = listed_people(path)
    assert people == [IPP1, "", IPP2, "IPP77@1.2.250.9.9"]
    done = oppose(two_nights, people, origin="list")
    assert (done.persons, done.unknown, done.unread) == (3, 1, [2])
    assert persons(two_nights) == 1


def test_a_list_by_ins(tmp_path: Path) -> None:
    path = tmp_path / "oppositions.csv"
    path.write_text("nom,ins\nX,254031234567894\n", "utf-8")
    assert listed_people(path) == ["254031234567894"]


def test_a_list_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "oppositions.csv"
    path.write_text("nom,prenom\nX,Y\n", "utf-8")
    with pytest.raises(ValueError, match="ins"):
        listed_people(path)
