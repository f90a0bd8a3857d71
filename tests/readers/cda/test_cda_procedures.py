"""Acts of the body, and imaging acts that only the header documents."""

from __future__ import annotations

import pytest

from tests.readers.cda.cda_fragments import HEADER, cda, fact_of, facts_of, open_door, section


def act(attributes: str = 'moodCode="EVN"', template: str = "1.2.250.1.213.1.1.3.62", code: str = "HHFA001") -> str:
    return (
        f'<procedure classCode="PROC" {attributes}><templateId root="{template}"/>'
        f'<code code="{code}" codeSystem="1.2.250.1.215.300.1" displayName="Appendicectomie"/>'
        '<statusCode code="completed"/><effectiveTime value="19990812"/></procedure>'
    )


@pytest.mark.parametrize(
    ("attributes", "planned", "negated"),
    [
        ('moodCode="EVN"', False, False),
        ('moodCode="INT"', True, False),
        ('moodCode="EVN" negationInd="true"', False, True),
        ('moodCode="INT" negationInd="true"', True, True),
    ],
)
def test_done_planned_and_negated(attributes, planned, negated):
    fact = fact_of(act(attributes))
    assert (fact.kind, fact.code, fact.system, fact.time_start) == ("procedure", "HHFA001", "CCAM", "1999-08-12")
    assert (fact.planned, fact.negated) == (planned, negated)


@pytest.mark.parametrize("template", ["1.3.6.1.4.1.19376.1.5.3.1.4.19", "2.16.840.1.113883.10.20.1.25"])
def test_older_templates(template):
    assert fact_of(act(template=template)).kind == "procedure"


@pytest.mark.parametrize("template", ["1.2.250.1.213.1.1.3.77", "1.2.250.1.213.1.1.3.153", "1.2.250.1.213.1.1.3.165"])
def test_specimen_collection_and_imaging_technique_are_none(template):
    assert facts_of(act(template=template)) == []


def documented(code: str, system: str = "1.2.250.1.213.2.5") -> str:
    return (
        '<documentationOf><serviceEvent><code code="24727-0" codeSystem="2.16.840.1.113883.6.1" displayName="CT">'
        f'<translation code="{code}" codeSystem="{system}" displayName="Scanner"/>'
        '<translation code="CT" codeSystem="1.2.840.10008.2.16.4"/></code>'
        '<effectiveTime><low value="20210108"/></effectiveTime></serviceEvent></documentationOf>'
    )


def test_an_imaging_act_of_the_header_is_a_procedure():
    (fact,) = open_door(cda(section("texte"), HEADER + documented("ACQH004"))).facts
    assert (fact.kind, fact.code, fact.system, fact.text) == ("procedure", "ACQH004", "CCAM", "Scanner")
    assert [one.code for one in fact.translations] == ["24727-0", "CT"]
    assert (fact.time_start, fact.role) == ("2021-01-08", "documented_act")
    assert fact.entry == "/ClinicalDocument/documentationOf[1]/serviceEvent"


def test_what_is_no_ccam_code_is_no_act_even_under_its_oid():
    assert open_door(cda("", HEADER + documented("69536005"))).facts == []
    assert open_door(cda("", HEADER + documented("ACQH004", "9.9"))).facts == []


def test_an_act_told_by_the_body_or_twice_by_the_header_counts_once():
    body = cda(section(entries=act(code="ACQH004")), HEADER + documented("ACQH004"))
    assert [one.role for one in open_door(body).facts] == [None]
    assert len(open_door(cda("", HEADER + documented("ACQH004") * 2)).facts) == 1
