"""Laboratory results and vital signs: values as written, censored, in words, previous, by organism."""

from __future__ import annotations

import pytest

from tests.readers.cda.cda_fragments import LOINC, fact_of, facts_of

LAB = '<templateId root="1.3.6.1.4.1.19376.1.3.1.6"/>'


def lab(value: str = '<value xsi:type="PQ" value="4,2" unit="mmol/L"/>', extra: str = "", templates: str = LAB) -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN">{templates}'
        f'<code code="14749-6" codeSystem="{LOINC}" displayName="Glucose"/><statusCode code="completed"/>'
        f'<effectiveTime value="20240104131933+0100"/>{value}{extra}</observation>'
    )


def test_a_result_with_its_unit_as_written_range_and_flag():
    fact = fact_of(
        lab(
            extra='<interpretationCode code="H"/><referenceRange><observationRange><value xsi:type="IVL_PQ">'
            '<low value="3.89" unit="mmol/L"/><high value="5.8" unit="mmol/L"/></value>'
            '<interpretationCode code="N"/></observationRange></referenceRange>'
        )
    )
    assert (fact.kind, fact.code, fact.system) == ("measurement", "14749-6", "LOINC")
    assert (fact.value, fact.unit, fact.comparator, fact.flag) == (4.2, "mmol/L", None, "H")
    assert (fact.range_low, fact.range_high) == (3.89, 5.8)
    assert (fact.time_start, fact.prior, fact.status) == ("2024-01-04T13:19:33+01:00", False, "completed")


def test_the_interpretation_of_the_range_is_not_that_of_the_result():
    fact = fact_of(
        lab(
            extra='<referenceRange><observationRange><interpretationCode code="N"/></observationRange></referenceRange>'
        )
    )
    assert fact.flag is None


@pytest.mark.parametrize(
    ("bounds", "read"),
    [
        ('<high value="0.012" unit="ug/mL" inclusive="false"/>', ("<", 0.012, "ug/mL", None)),
        ('<high value="5" unit="g"/>', ("<=", 5.0, "g", None)),
        ('<low value="0.512" unit="ug/mL" inclusive="true"/>', (">=", 0.512, "ug/mL", None)),
        ('<low value="90" unit="m" inclusive="false"/>', (">", 90.0, "m", None)),
        ('<low value="2" unit="g"/><high value="4" unit="g"/>', (None, None, "g", "2 - 4")),
        ('<low value="3" unit="g"/><high value="3" unit="g"/>', (None, 3.0, "g", None)),
        ('<low nullFlavor="UNK"/><high value="7" unit="g"/>', ("<=", 7.0, "g", None)),
    ],
)
def test_censored_values_keep_their_sign_and_bound(bounds, read):
    fact = fact_of(lab(f'<value xsi:type="IVL_PQ">{bounds}</value>'))
    assert (fact.comparator, fact.value, fact.unit, fact.value_text) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('<value value="7" unit="g"/>', (7.0, "g", None)),
        ('<value xsi:type="IVL_PQ" value="7" unit="g"/>', (7.0, "g", None)),
        ('<value xsi:type="IVL_PQ"><center value="7" unit="g"/></value>', (7.0, "g", None)),
        (
            '<value xsi:type="IVL_TS"><low value="20240101"/><high value="20240103"/></value>',
            (None, None, "2024-01-01 - 2024-01-03"),
        ),
    ],
)
def test_a_value_written_under_another_type_than_its_own(value, read):
    fact = fact_of(lab(value))
    assert (fact.value, fact.unit, fact.value_text) == read


def test_a_result_that_nothing_names_is_told_by_its_words():
    unnamed = lab('<value xsi:type="ST">paille</value>').replace(
        f'<code code="14749-6" codeSystem="{LOINC}" displayName="Glucose"/>', '<code nullFlavor="NA"/>'
    )
    fact = fact_of(unnamed, "Aspect : paille")
    assert (fact.code, fact.text, fact.value_text, fact.start) == (None, "paille", "paille", 15)


@pytest.mark.parametrize("unit", ["UI/L", "mUI/L", "G/l", "10*6/mm3", "µmol/L", "/mL"])
def test_units_are_never_normalised(unit):
    assert fact_of(lab(f'<value xsi:type="PQ" value="1" unit="{unit}"/>')).unit == unit


@pytest.mark.parametrize(
    ("narrative", "read"),
    [
        ("paille", (None, None, None, "paille")),
        ("&lt;1,0 mg/L", (1.0, "<", "mg/L", "<1,0 mg/L")),
        ("≥ 3", (3.0, ">=", None, "≥ 3")),
        ("12", (12.0, None, None, "12")),
        ("12 à 15", (None, None, None, "12 à 15")),
    ],
)
def test_a_value_that_is_only_in_the_narrative_is_read_there(narrative, read):
    for value in (
        '<value xsi:type="CD"><originalText><reference value="#v"/></originalText></value>',
        '<value xsi:type="ED"><reference value="#v"/></value>',
    ):
        fact = fact_of(lab(value), f'<content ID="v">{narrative}</content>')
        if narrative == "12 à 15":
            assert fact.value_text == "12 à 15"
            continue
        assert (fact.value, fact.comparator, fact.unit, fact.value_text) == read


def test_a_coded_value_keeps_its_code_and_its_words():
    fact = fact_of(
        lab('<value xsi:type="CD" code="260385009" codeSystem="2.16.840.1.113883.6.96" displayName="négatif"/>')
    )
    assert fact.value_code is not None
    assert (fact.value_code.code, fact.value_code.system, fact.value_text) == ("260385009", "SNOMED CT", "négatif")


@pytest.mark.parametrize(
    "value", ['<value xsi:type="TS" nullFlavor="UNK"/>', "", '<value xsi:type="PQ" nullFlavor="NA"/>']
)
def test_a_result_without_value_stays_without(value):
    fact = fact_of(lab(value))
    assert (fact.value, fact.value_text, fact.value_code) == (None, None, None)


def test_the_previous_result_is_prior_with_its_own_date_and_the_place_of_its_row():
    previous = (
        f'<entryRelationship typeCode="REFR"><observation><code code="14749-6" codeSystem="{LOINC}"/>'
        '<effectiveTime value="20231001"/><value xsi:type="PQ" value="3.9" unit="mmol/L"/></observation>'
        "</entryRelationship>"
    )
    pointed = '><originalText><reference value="#g"/></originalText></code><statusCode'
    current = lab(extra=previous).replace("/><statusCode", pointed, 1)
    now, before = facts_of(current, '<content ID="g">Glycémie</content>')
    assert (now.prior, now.value, now.time_start) == (False, 4.2, "2024-01-04T13:19:33+01:00")
    assert (before.prior, before.value, before.time_start) == (True, 3.9, "2023-10-01")
    assert (before.kind, before.text, before.start) == ("measurement", "Glycémie", now.start)


def test_what_else_is_said_inside_a_result_is_no_result():
    comment = (
        '<entryRelationship typeCode="SUBJ"><observation><code code="X"/><value xsi:type="INT" value="1"/>'
        "</observation></entryRelationship>"
    )
    assert len(facts_of(lab(extra=comment))) == 1


ISOLATE = (
    '<act><code code="18725-2"/><entryRelationship typeCode="COMP"><procedure>'
    '<templateId root="1.2.250.1.213.1.1.3.77"/>'
    '<code code="5201" codeSystem="1.2.250.1.213.2.7"/><participant typeCode="PRD"><participantRole classCode="SPEC">'
    '<playingEntity><code code="UR" displayName="Urine"/></playingEntity></participantRole></participant></procedure>'
    '</entryRelationship><entryRelationship typeCode="COMP">{}</entryRelationship><entryRelationship typeCode="COMP">'
    '<organizer classCode="CLUSTER"><effectiveTime value="20240104"/><specimen><specimenRole><specimenPlayingEntity '
    'classCode="MIC"><code code="112283007" codeSystem="2.16.840.1.113883.6.96" displayName="E. coli">'
    '<translation code="562" codeSystem="2.16.840.1.113883.3.9471"/></code></specimenPlayingEntity>'
    "</specimenRole></specimen>"
    '<component><organizer classCode="BATTERY"><component>{}</component></organizer></component></organizer>'
    "</entryRelationship></act>"
)


def test_specimen_and_organism_reach_the_results_inside():
    no_time = lab().replace('<effectiveTime value="20240104131933+0100"/>', "")
    count, organism, resistance = facts_of(ISOLATE.format(lab(), no_time))
    assert (count.specimen, organism.specimen, resistance.specimen) == ("Urine", "Urine", "E. coli")
    assert (organism.kind, organism.role, organism.code) == ("observation", "isolate", "112283007")
    assert [one.code for one in organism.translations] == ["562"]
    assert resistance.time_start == "2024-01-04"  # that of the organizer


@pytest.mark.parametrize("template", ["1.2.250.1.213.1.1.3.79", "1.3.6.1.4.1.19376.1.3.1.5"])
def test_an_isolate_is_known_by_its_template_too(template):
    organizer = f'<organizer><templateId root="{template}"/>'
    entry = ISOLATE.replace('<organizer classCode="CLUSTER">', organizer).replace('classCode="MIC"', "")
    _, organism, resistance = facts_of(entry.format(lab(), lab()))
    assert (organism.role, organism.code, resistance.specimen) == ("isolate", "112283007", "E. coli")


def test_a_collection_of_specimen_is_no_procedure():
    assert "procedure" not in [one.kind for one in facts_of(ISOLATE.format(lab(), lab()))]


def test_a_rapid_test_leaves_its_udi_on_its_results_and_is_no_device_of_the_patient():
    act = (
        '<act><participant typeCode="DEV"><participantRole><id root="2.51.1.1" extension="(01)0501(17)270630(10)LOT9"/>'
        f'</participantRole></participant><entryRelationship typeCode="COMP">{lab()}</entryRelationship></act>'
    )
    fact = fact_of(act)
    assert (fact.kind, fact.udi, fact.lot) == ("measurement", "(01)0501(17)270630(10)LOT9", "LOT9")


@pytest.mark.parametrize(
    "template", ["1.2.250.1.213.1.1.3.50", "1.3.6.1.4.1.19376.1.5.3.1.4.13.2", "1.3.6.1.4.1.19376.5.3.1.4.13.2"]
)
def test_vital_signs_by_template_a_slip_of_the_pen_included(template):
    organizer = (
        '<organizer><effectiveTime value="20220312"/><component>'
        + lab(templates=f'<templateId root="{template}"/>').replace('value="20240104131933+0100"', 'nullFlavor="NA"')
        + "</component></organizer>"
    )
    fact = fact_of(organizer)
    assert (fact.kind, fact.time_start) == ("vital", "2022-03-12")


def test_a_score_with_the_ccd_template_of_results_is_no_vital_sign():
    assert fact_of(lab(templates='<templateId root="2.16.840.1.113883.10.20.1.31"/>')).kind == "observation"


def test_a_result_tried_as_laboratory_first():
    both = LAB + '<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.13.2"/>'
    assert fact_of(lab(templates=both)).kind == "measurement"
