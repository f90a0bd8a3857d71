"""CDA of other countries, results that only words name, fragments without a header."""

from __future__ import annotations

import pytest

from limpide.document import Document
from limpide.readers.registry import read

US = "2.16.840.1.113883.10.20.22.4."
LOINC = 'codeSystem="2.16.840.1.113883.6.1"'


def cda(sections: str, templates: str = "", language: str = "en-US") -> bytes:
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'{templates}<id root="1.2.3" extension="A"/><languageCode code="{language}"/>'
        f"<component><structuredBody>{sections}</structuredBody></component></ClinicalDocument>"
    ).encode()


def section(code: str, *entries: str, text: str = "") -> str:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<component><section><code code="{code}" {LOINC}/><text>{text}</text>{inside}</section></component>'


def only(data: bytes) -> Document:
    (document,) = read(data, "x.xml")
    return document


PRESSURE = (
    '<organizer classCode="CLUSTER" moodCode="EVN">{}<component><observation classCode="OBS" moodCode="EVN">{}'
    '<code nullFlavor="UNK"><originalText>{}</originalText></code><effectiveTime value="20260301"/>'
    '<value xsi:type="PQ" value="113" unit="mm[Hg]"/></observation></component></organizer>'
)


@pytest.mark.parametrize("template", ["", f'<templateId root="{US}27"/>'])
@pytest.mark.parametrize("words", ["Pression moyenne", '<reference value="#p"/>'])
def test_a_measurement_that_only_words_name_is_a_fact_with_its_name(template: str, words: str) -> None:
    entry = PRESSURE.format("", template, words)
    (fact,) = only(cda(section("8716-3", entry, text='<content ID="p">Pression moyenne</content>'))).facts
    assert (fact.kind, fact.code, fact.display) == ("vital", None, "Pression moyenne")
    assert (fact.value, fact.unit, fact.time_start) == (113.0, "mm[Hg]", "2026-03-01")


def coded(template: str, tag: str, inside: str) -> str:
    return f'<{tag} classCode="OBS" moodCode="EVN"><templateId root="{US}{template}"/>{inside}</{tag}>'


def test_the_entries_of_consolidated_cda_are_read() -> None:
    drug = '<consumable><manufacturedProduct><manufacturedMaterial><code code="197361" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial></manufacturedProduct></consumable>'  # noqa: E501
    vaccine = drug.replace("197361", "140").replace("6.88", "12.292")
    agent = '<participant typeCode="CSM"><participantRole><playingEntity><code code="7980" codeSystem="2.16.840.1.113883.6.88"/></playingEntity></participantRole></participant>'  # noqa: E501
    value = '<value xsi:type="CD" code="38341003" codeSystem="2.16.840.1.113883.6.96"/>'
    document = only(
        cda(
            section("11450-4", coded("4", "observation", value))
            + section("48765-2", coded("7", "observation", value + agent))
            + section("30954-2", coded("2", "observation", f'<code code="718-7" {LOINC}/><value xsi:type="PQ" value="12" unit="g/dL"/>'))  # noqa: E501
            + section("10160-0", coded("16", "substanceAdministration", drug))
            + section("11369-6", coded("52", "substanceAdministration", vaccine))
            + section("47519-4", coded("13", "observation", '<code code="274025005" codeSystem="2.16.840.1.113883.6.96"/>'))  # noqa: E501
            + section("47519-4", coded("14", "procedure", '<code code="80146002" codeSystem="2.16.840.1.113883.6.96"/>'))  # noqa: E501
        )
    )  # fmt: skip
    assert [(f.kind, f.code) for f in document.facts] == [
        ("condition", "38341003"),
        ("allergy", "7980"),
        ("measurement", "718-7"),
        ("drug", "197361"),
        ("immunization", "140"),
        ("procedure", "274025005"),
        ("procedure", "80146002"),
    ]
    assert document.header.language == "en-US"


BARE = (
    f'<observation classCode="OBS" moodCode="EVN"><code code="29308-4" {LOINC}/>'
    '<value xsi:type="CD" code="I10" codeSystem="2.16.840.1.113883.6.3"/></observation>'
)


def test_sections_tell_what_no_template_does_but_in_french_documents() -> None:
    body = section("11450-4", BARE)
    assert [(f.kind, f.code) for f in only(cda(body, language="de-AT")).facts] == [("condition", "I10")]
    french = '<templateId root="1.2.250.1.213.1.1.1.1"/>'
    assert [f.kind for f in only(cda(body, french, "fr-FR")).facts] == ["observation"]


@pytest.mark.parametrize("around", ["{}", "<structuredBody{}>", "<component{}>"])
def test_a_fragment_is_read_and_said_to_be_one(around: str) -> None:
    space = ' xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    value = '<value xsi:type="CD" code="I10" codeSystem="2.16.840.1.113883.6.3"/>'
    entry = (
        f'<entry><observation classCode="OBS" moodCode="EVN"><templateId root="{US}4"/>{value}</observation></entry>'
    )
    own = f'<section{space}><code code="11450-4" {LOINC}/><text>HTA</text>{entry}</section>'
    if around == "{}":
        data = own
    else:
        tag = around[1:].split("{")[0]
        inner = own if tag == "component" else f"<component>{own}</component>"
        data = around.format(space) + inner + f"</{tag}>"
    document = only(data.encode())
    assert (document.format, document.text, [f.code for f in document.facts]) == ("cda-n3", "HTA", ["I10"])
    assert "a fragment of CDA, without its header" in document.warnings
