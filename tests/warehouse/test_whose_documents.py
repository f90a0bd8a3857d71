"""Whose a loose document is: what its page, its file name, its index and its source say, and what a person decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.document import Document, Header, Identifier, Patient
from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.review import UnknownDocument, UnknownPerson, attach, waiting
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.night import source_index, source_says
from limpide.warehouse.sources import Source, declared
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

NIGHT = date(2026, 11, 23)
LETTER = """Compte rendu de consultation
Patient : Monsieur TANGUY Corentin
IPP : {ipp}
Né le : 14/02/1951
Brest, le 02/11/2026
Diabète de type 2 connu. Pas de fièvre.
"""


def declare(layout: Layout, **said: object) -> None:
    import yaml

    layout.warehouse.mkdir(parents=True, exist_ok=True)
    each = {"purpose": "Soins", "contact": "dsi@chu.example", **said}
    (layout.warehouse / "sources.yaml").write_text(yaml.safe_dump({"sources": {"chu": each, "labo": each}}))


def persons(layout: Layout) -> set[str | None]:
    with opened(layout) as ledger:
        return {row[0] for row in ledger.db.execute("SELECT person_key FROM documents WHERE status = 'published'")}


def reasons(layout: Layout) -> list[str | None]:
    with opened(layout) as ledger:
        return [row[0] for row in ledger.db.execute("SELECT reason FROM documents ORDER BY document_key")]


def test_a_number_printed_on_a_page_is_that_of_its_source(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.txt", LETTER.format(ipp="8200417").encode())
    send(landing, "chu", "b.txt", LETTER.format(ipp="8200417").replace("Diabète", "Asthme").encode())
    send(landing, "labo", "c.txt", LETTER.format(ipp="8200417").replace("Diabète", "Goutte").encode())
    load(layout, landing, NIGHT)
    assert len(persons(layout)) == 2


def test_a_declared_authority_joins_pages_and_messages(layout: Layout, landing: Path) -> None:
    declare(layout, authority="1.2.250.9.9")
    send(landing, "chu", "a.txt", LETTER.format(ipp="IPP1").replace("TANGUY Corentin", "KERVADEC1 Solenne")
         .replace("Monsieur", "Madame").replace("14/02/1951", "17/03/1954").encode())  # fmt: skip
    send(landing, "labo", "b.xml", cda("B", patient="1"))
    load(layout, landing, NIGHT)
    assert len(persons(layout)) == 1


def test_a_file_name_says_what_its_page_does_not(layout: Layout, landing: Path) -> None:
    declare(
        layout, authority="1.2.250.9.9", site="290000017", types={"CRH": "34112-3"},
        names=r"(?P<ipp>\w+)_(?P<nda>\d+)_(?P<date>\d{8})_(?P<type>[A-Z]+)\.txt$",
    )  # fmt: skip
    send(landing, "chu", "IPP1_126004_20261103_CRH.txt", b"Compte rendu.\nDiabete de type 2 connu.\n")
    send(landing, "labo", "b.xml", cda("B", patient="1"))
    load(layout, landing, NIGHT)
    assert len(persons(layout)) == 1
    with opened(layout) as ledger:
        row = ledger.db.execute("SELECT type_code, effective_time FROM documents WHERE format = 'text'").fetchone()
    assert tuple(row) == ("34112-3", "2026-11-03")


@pytest.mark.parametrize("text", ["Fichier;N° IPP;Date document\na.txt;IPP1;03/11/2026\n", "file,ipp\na.txt,IPP1\n"])
def test_an_index_says_whose_each_file_is_and_is_no_document(layout: Layout, landing: Path, text: str) -> None:
    declare(layout, authority="1.2.250.9.9", index="index.csv")
    send(landing, "chu", "index.csv", text.replace("N° IPP", "IPP").encode("cp1252"))
    send(landing, "chu", "a.txt", b"Compte rendu.\nDiabete de type 2 connu.\n")
    send(landing, "labo", "b.xml", cda("B", patient="1"))
    load(layout, landing, NIGHT)
    assert (len(persons(layout)), reasons(layout)) == (1, [None, None])


def test_an_index_that_comes_after_its_files_is_taken_up_when_the_night_is_loaded_again(layout, landing) -> None:
    declare(layout, authority="1.2.250.9.9", index="index.csv")
    send(landing, "chu", "a.txt", b"Compte rendu.\nDiabete de type 2 connu.\n")
    send(landing, "labo", "b.xml", cda("B", patient="1"))
    load(layout, landing, NIGHT)
    assert sorted(map(str, reasons(layout))) == ["None", "no_patient"]
    send(landing, "chu", "index.csv", b"file,ipp\na.txt,IPP1\n")
    load(layout, landing, NIGHT)
    assert reasons(layout) == [None, None]


def test_a_page_that_names_another_patient_than_its_file_name_waits(layout: Layout, landing: Path) -> None:
    declare(layout, authority="1.2.250.9.9", names=r"(?P<ipp>\w+)\.txt$")
    send(landing, "chu", "8200999.txt", LETTER.format(ipp="8200417").replace("Né le : 14/02/1951\n", "").encode())
    load(layout, landing, NIGHT)
    assert reasons(layout) == ["identity_conflict"]


def test_a_document_that_names_nobody_is_shown_and_attached(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.txt", b"Compte rendu.\nDiabete de type 2 connu.\n")
    send(landing, "chu", "b.xml", cda("B", patient="1"))
    load(layout, landing, NIGHT)
    (found,) = waiting(layout)
    assert (found.kind, found.source) == ("nobody", "chu")
    with pytest.raises(UnknownPerson):
        attach(layout, found.document_key, "IPP7@1.2.250.9.9", "lu avec le service")
    with pytest.raises(ValueError, match="why"):
        attach(layout, found.document_key, "IPP1@1.2.250.9.9", " ")
    with pytest.raises(UnknownDocument):
        attach(layout, "0" * 32, "IPP1@1.2.250.9.9", "lu avec le service")
    assert attach(layout, found.document_key, "IPP1@1.2.250.9.9", "lu avec le service") == ("2026-11-23", "chu")
    assert Audit(Vault(layout.vault)).acts()[-1].what == "identity.attach"
    load(layout, landing, NIGHT)
    assert (waiting(layout), len(persons(layout)), reasons(layout)) == ([], 1, [None, None])
    attach(layout, found.document_key, None, "erreur de ligne")
    load(layout, landing, NIGHT)
    assert sorted(map(str, reasons(layout))) == ["None", "no_patient"]


def header(**fields: object) -> Document:
    return Document("", "s", header=Header(**fields))  # type: ignore[arg-type]


def test_times_without_a_zone_are_of_the_zone_of_their_source() -> None:
    document = header(effective_time="2026-01-09T11:30:00+01:00", zone_assumed=True)
    source_says.complete(document, Source("chu", zone="Indian/Reunion"), None, None)
    assert document.header.effective_time == "2026-01-09T11:30:00+04:00"
    stated = header(effective_time="2026-01-09T11:30:00+01:00")
    source_says.complete(stated, Source("chu", zone="Indian/Reunion"), None, None)
    assert stated.header.effective_time == "2026-01-09T11:30:00+01:00"


def test_what_a_document_states_is_believed_before_its_source() -> None:
    document = header(type_code="11502-2", effective_time="2026-01-09", patient=Patient(identifiers=[Identifier("1")]))
    document.header.care_site.finess = "750000001"
    declared_ = Source("chu", type="34112-3", site="290000017", names=r"(?P<date>\d{8})")
    source_says.complete(document, declared_, "chu/20250101.pdf", None)
    head = document.header
    assert (head.type_code, head.effective_time, head.care_site.finess) == ("11502-2", "2026-01-09", "750000001")


def test_a_number_called_a_file_number_is_no_number_of_a_patient_elsewhere() -> None:
    document = header(patient=Patient(identifiers=[Identifier("55", "dossier"), Identifier("66")]))
    source_says.complete(document, Source("chu", authority="1.2.3.4"), None, None)
    assert [(one.value, one.system) for one in document.header.patient.identifiers] == [
        ("55", "1.2.3.4#dossier"),
        ("66", "1.2.3.4"),
    ]


def test_invented_patients_of_a_test_source_are_of_another_world() -> None:
    from limpide.identity.pseudonym import person_key

    ins = Identifier("255081416802538", "1.2.250.1.213.1.4.8")
    real = header(patient=Patient(ins=ins.value, ins_system=ins.system, identifiers=[ins]))
    test = header(patient=Patient(ins=ins.value, ins_system=ins.system, identifiers=[ins]))
    source_says.complete(real, Source("chu"), None, None)
    source_says.complete(test, Source("chu", identities="test"), None, None)
    assert person_key(real.header.patient, b"s" * 32) != person_key(test.header.patient, b"s" * 32)


@pytest.mark.parametrize(
    ("number", "said"),
    [("255081416802538", ("F", "1955")), ("115081416802500", ("M", None)), ("199081416802500", ("M", "1999"))],
)
def test_a_matricule_says_the_sex_and_the_year_that_a_header_leaves_out(
    number: str, said: tuple[str, str | None]
) -> None:
    patient = Patient(ins=number, ins_system="1.2.250.1.213.1.4.8")
    source_says.complete_traits(patient, 2026)
    assert (patient.sex, patient.birth_date) == said


@pytest.mark.parametrize(
    "said",
    [{"names": "(?P<ipp"}, {"zone": "Europe/Brest"}, {"identities": "both"}, {"autority": "1.2"}, {"types": ["CRH"]}],
)
def test_a_declaration_that_is_not_written_right_is_refused(layout: Layout, said: dict[str, object]) -> None:
    declare(layout, **said)
    with pytest.raises(ValueError, match="source chu"):
        declared(layout, "chu")


def test_an_index_is_read_whatever_its_separator_and_the_case_of_its_columns() -> None:
    assert source_index.rows(
        b"\xef\xbb\xbfNOM DU FICHIER\tPatient\tDate de naissance\nx\\a.pdf\t77\t01/02/1950\n\n"
    ) == {"x/a.pdf": {"ipp": "77", "birth": "01/02/1950"}}
    assert source_index.rows(b"") == {}
