"""Extracts read as their source declares them: CSV and fixed-width records; nothing of them is guessed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from limpide.document import Document
from limpide.readers.registry import read
from limpide.readers.tables import Table, declared

STAYS = """
- name: séjours
  format: csv
  delimiter: ";"
  authority: 1.2.250.1.77
  type: PMSI
  constants: {stay.class: IMP}
  fields:
    - {name: IPP, to: patient.id}
    - {name: NE_LE, to: patient.birth_date, format: "%d/%m/%Y"}
    - {name: SEXE, to: patient.sex, values: {"1": M, "2": F}}
    - {name: NDA, to: stay.id}
    - {name: ENTREE, to: stay.start}
    - {name: SORTIE, to: stay.end}
    - {name: DP, to: diagnosis.principal}
    - {name: DAS, to: diagnosis.associated, separator: " "}
    - {name: ACTES, to: act.code, separator: " "}
    - {name: SORTIE_MODE, to: stay.exit_mode}
"""
ROWS = """IPP;NE_LE;SEXE;NDA;ENTREE;SORTIE;DP;DAS;ACTES;SORTIE_MODE;AUTRE
4711;14/02/1968;2;V9;01/03/2026;05/03/2026;I500;E119 N183;DEQP003;8;x
4712;01/01/1950;1;V10;02/03/2026;03/03/2026;J189;;;9;x
4711;14/02/1968;2;V9;01/03/2026;05/03/2026;I10;;;8;x
;;;V11;02/03/2026;;J189;;;8;x
"""


def tables(text: str) -> tuple[Table, ...]:
    return declared(yaml.safe_load(text), "dim")


def documents(data: str, text: str = STAYS) -> list[Document]:
    return read(data.encode(), "x.csv", declared=tables(text))


def test_rows_of_one_patient_and_stay_are_one_document() -> None:
    first, second, nobody = documents(ROWS)
    patient, stay = first.header.patient, first.header.encounter
    assert [(i.value, i.system) for i in patient.identifiers] == [("4711", "1.2.250.1.77")]
    assert (patient.birth_date, patient.sex) == ("1968-02-14", "F")
    assert (stay.id, stay.klass, stay.start, stay.end) == ("V9", "IMP", "2026-03-01", "2026-03-05")
    assert stay.discharge is not None and stay.discharge.code == "8"
    assert [(f.kind, f.code, f.status) for f in first.facts] == [
        ("encounter", "IMP", None),
        ("condition", "I50.0", "DP"),
        ("condition", "E11.9", "DAS"),
        ("condition", "N18.3", "DAS"),
        ("procedure", "DEQP003", None),
        ("encounter", "8", None),
        ("condition", "I10", "DP"),
        ("encounter", "8", None),
    ]
    for document in (first, second, nobody):
        for fact in document.facts:
            assert document.text[fact.start : fact.end] == fact.text
    assert (first.format, first.header.type_code) == ("csv", "PMSI")
    assert first.warnings == ["columns not read: AUTRE"]
    assert nobody.header.patient.identifiers == []
    assert len({d.sha256 for d in (first, second, nobody)}) == 3


FIXED = """
- name: RSS
  format: fixed
  lines: "11.*"
  authority: 1.2.250.1.77
  fields:
    - {start: 1, length: 2, to: document.type}
    - {start: 3, length: 9, to: patient.id}
    - {start: 12, length: 8, to: patient.birth_date, format: "%d%m%Y"}
    - {start: 20, length: 1, to: patient.sex, values: {"1": M, "2": F}}
    - {start: 21, length: 8, to: stay.start, format: "%d%m%Y"}
    - {start: 29, length: 8, to: stay.end, format: "%d%m%Y"}
    - {start: 37, length: 6, to: diagnosis.principal}
    - {start: 43, length: 5, to: stay.ghm}
"""


def test_fixed_width_records_are_read_by_their_places() -> None:
    line = "11" + "000004711" + "14021968" + "2" + "01032026" + "05032026" + "I500  " + "05M09" + "0" * 30
    (document,) = read((line + "\n" + "99" + line[2:] + "\n").encode(), "rss.txt", declared=tables(FIXED))
    assert [(f.kind, f.code) for f in document.facts] == [
        ("encounter", None),
        ("condition", "I50.0"),
        ("encounter", "05M09"),
    ]
    assert document.header.encounter.end == "2026-03-05"
    assert document.warnings == ["1 lines of another kind are not read"]


RESULTS = """
- name: biologie
  format: csv
  delimiter: ","
  fields:
    - {name: ipp, to: patient.id}
    - {name: loinc, to: test.code}
    - {name: libelle, to: test.name}
    - {name: valeur, to: test.value}
    - {name: unite, to: test.unit}
    - {name: date, to: test.date}
"""


def test_results_of_an_extract_are_measurements() -> None:
    data = (
        'ipp,loinc,libelle,valeur,unite,date\n1,2823-3,Potassium,"4,1",mmol/L,2026-03-01\n1,,Aspect,clair,,2026-03-01\n'
    )
    (document,) = documents(data, RESULTS)
    potassium, look = document.facts
    assert (potassium.code, potassium.system, potassium.value, potassium.time_start) == (
        "2823-3", "LOINC", 4.1, "2026-03-01",
    )  # fmt: skip
    assert look.value_text == "clair"


def test_an_extract_of_other_columns_is_refused_and_says_so() -> None:
    (document,) = documents("ipp;nom;prenom\n1;A;B\n2;C;D\n")
    assert (document.reason, document.detail) == (
        "no_reader",
        "none of the tables that its source declares has these columns",
    )


@pytest.mark.parametrize(
    "said",
    [
        ["x"],
        [{"name": "a", "format": "csv"}],
        [{"name": "a", "format": "excel", "fields": []}],
        [{"name": "a", "format": "csv", "fields": [{"name": "IPP", "to": "patient.nom"}]}],
        [{"name": "a", "format": "csv", "fields": [{"to": "patient.id"}]}],
        [{"name": "a", "format": "fixed", "fields": [{"name": "IPP", "to": "patient.id"}]}],
        [{"name": "a", "format": "csv", "fields": [], "constants": {"x": 1}}],
        [{"name": "a", "format": "csv", "fields": [], "lines": "("}],
    ],
)
def test_a_declaration_that_is_not_understood_stops_the_night(said: Any) -> None:
    with pytest.raises(ValueError, match="source dim: table"):
        declared(said, "dim")
