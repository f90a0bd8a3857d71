"""Problems, allergies, family history, other observations, encounters: what each trap of formats.md section 4 gives."""

from __future__ import annotations

import pytest

from limpide.document import Code
from tests.readers.cda.cda_fragments import CIM10, LOINC, cda, fact_of, facts_of, open_door, section

PROBLEM = '<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.5"/><templateId root="1.2.250.1.213.1.1.3.37"/>'
ALLERGY = '<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.6"/>' + PROBLEM
ASTHMA = f'<value xsi:type="CD" code="J45.9" codeSystem="{CIM10}" displayName="Asthme"/>'


def problem(value: str = ASTHMA, attributes: str = "", inside: str = "", templates: str = PROBLEM) -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN" {attributes}>{templates}'
        f'<code code="55607006" displayName="problème"/><statusCode code="completed"/>'
        f'<effectiveTime><low value="20190811"/><high value="20190901"/></effectiveTime>{value}{inside}</observation>'
    )


def concern(inside: str, status: str = "active") -> str:
    return (
        f'<act><templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.5.2"/><statusCode code="{status}"/>'
        f'<entryRelationship typeCode="SUBJ">{inside}</entryRelationship></act>'
    )


def test_a_problem_under_its_concern():
    fact = fact_of(concern(problem()))
    assert (fact.kind, fact.origin, fact.code, fact.system, fact.display) == (
        "condition", "coded", "J45.9", "CIM-10", "Asthme",
    )  # fmt: skip
    assert (fact.time_start, fact.time_end, fact.status, fact.negated) == ("2019-08-11", "2019-09-01", "active", False)
    assert fact.entry == "(//section)[1]/entry[1]/act/entryRelationship[1]/observation"
    assert (fact.section, fact.section_index) == ("11450-4", 0)


def test_a_problem_that_stands_alone():
    assert fact_of(problem()).status == "completed"


def test_translations_are_all_kept():
    value = (
        '<value xsi:type="CD" nullFlavor="OTH"><translation code="GEN-1" codeSystem="1.2.250.1.213.1.1.4.322"/>'
        f'<translation code="J45.9" codeSystem="{CIM10}"/></value>'
    )
    fact = fact_of(problem(value))
    assert (fact.code, fact.system) == ("GEN-1", "TerminologieCISIS")
    assert fact.translations == [Code("J45.9", "CIM-10")]


@pytest.mark.parametrize(("written", "read"), [("true", True), (" true", True), ("false", False), ("", False)])
def test_negation_tolerates_spaces(written, read):
    assert fact_of(problem(attributes=f'negationInd="{written}"')).negated is read


@pytest.mark.parametrize("reference", ["#pb1", "pb1", " #pb1 "])
def test_references_resolve_with_and_without_hash(reference):
    value = f'<value xsi:type="CD"><originalText><reference value="{reference}"/></originalText></value>'
    fact = fact_of(problem(value), '<content ID="pb0">Rhume</content>, <content ID="pb1">Asthme sévère</content>')
    assert (fact.code, fact.text, fact.start, fact.end) == (None, "Asthme sévère", 13, 26)


@pytest.mark.parametrize("reference", ["#", "noref", "http://example.org", ""])
def test_references_that_lead_nowhere_leave_the_display_name(reference):
    value = ASTHMA.replace("/>", f'><originalText><reference value="{reference}"/></originalText></value>')
    fact = fact_of(problem(value), "rien")
    assert (fact.text, fact.start) == ("Asthme", None)


def test_words_without_reference_are_placed_when_the_narrative_says_them_once():
    assert fact_of(problem(), "Un Asthme connu").start == len("Titre\nUn ")
    assert fact_of(problem(), "Asthme puis Asthme").start is None
    assert fact_of(problem(), "Asthmes").start is None


def test_a_reference_may_lead_to_another_section():
    document = open_door(
        cda(
            section('<content ID="late">ailleurs</content>', title="A")
            + section(
                "ici", problem('<value xsi:type="CD"><originalText><reference value="#late"/></originalText></value>')
            )
        )
    )
    assert (document.facts[0].text, document.facts[0].section_index) == ("ailleurs", 1)


def test_status_certainty_and_severity_are_read_from_inside():
    inside = "".join(
        f'<entryRelationship typeCode="SUBJ"><observation>{template}{code}{value}</observation></entryRelationship>'
        for template, code, value in [
            ("", '<code code="33999-4"/>', '<value xsi:type="CE" code="resolved" displayName="Résolu"/>'),
            ('<templateId root="1.2.250.1.213.1.1.3.171"/>', "", '<value xsi:type="CD" code="confirmed"/>'),
            ("", '<code code="SEV"/>', '<value xsi:type="CD" code="6736007" displayName="modérée"/>'),
        ]
    )
    (fact,) = facts_of(concern(problem(inside=inside)))
    assert (fact.status, fact.certainty, fact.severity) == ("resolved", "confirmed", "modérée")


@pytest.mark.parametrize(("code", "role"), [("no-known-problems", "no_known"), ("no-problem-info", "no_information")])
def test_codes_of_absence_are_no_events(code, role):
    value = f'<value xsi:type="CD" code="{code}" codeSystem="2.16.840.1.113883.5.1150.1"/>'
    assert fact_of(problem(value)).role == role


def test_an_uncoded_problem_whose_words_are_nowhere_says_what_it_is():
    assert fact_of(problem('<value xsi:type="CD" nullFlavor="NA"/>')).text == "problème"


def test_a_name_without_a_code_is_still_told():
    fact = fact_of(problem('<value xsi:type="CD" nullFlavor="OTH" displayName="Pied diabétique"/>'))
    assert (fact.code, fact.text, fact.display) == (None, "Pied diabétique", "Pied diabétique")


@pytest.mark.parametrize("link", ["MFST", "CAUS"])
def test_reactions_are_no_problems_of_their_own(link):
    outer = (
        '<observation><code code="X"/><value xsi:type="BL" value="true"/>'
        f'<entryRelationship typeCode="{link}">{problem()}</entryRelationship></observation>'
    )
    assert [one.kind for one in facts_of(outer)] == ["observation"]


def test_the_reason_of_an_act_is_a_problem():
    act = (
        '<procedure moodCode="EVN"><templateId root="1.2.250.1.213.1.1.3.62"/><code code="HHFA001"/>'
        f'<entryRelationship typeCode="RSON">{problem()}</entryRelationship></procedure>'
    )
    assert [one.kind for one in facts_of(act)] == ["procedure", "condition"]


@pytest.mark.parametrize(
    ("around", "kinds"),
    [
        ('<supply><templateId root="1.2.250.1.213.1.1.3.20"/>{}</supply>', ["condition"]),
        ('<substanceAdministration><templateId root="1.2.250.1.213.1.1.3.42"/>{}</substanceAdministration>', ["drug"]),
    ],
)
def test_the_reason_of_a_supply_is_a_problem_and_that_of_a_treatment_is_part_of_it(around, kinds):
    reason = f'<entryRelationship typeCode="RSON">{problem()}</entryRelationship>'
    assert [one.kind for one in facts_of(around.format(reason))] == kinds


def test_a_concern_or_an_allergy_inside_a_treatment_is_the_patient_s():
    for inside, kind in ((concern(problem()), "condition"), (problem(templates=ALLERGY), "allergy")):
        treatment = (
            '<substanceAdministration><templateId root="1.2.250.1.213.1.1.3.42"/>'
            f'<entryRelationship typeCode="RSON">{inside}</entryRelationship></substanceAdministration>'
        )
        assert [one.kind for one in facts_of(treatment)] == ["drug", kind]


def test_white_space_around_attributes_changes_nothing():
    spaced = concern(problem()).replace('="', '=" ').replace('"/>', ' "/>').replace('">', ' ">')
    assert [(one.kind, one.code, one.system, one.planned) for one in facts_of(spaced)] == [
        ("condition", "J45.9", "CIM-10", False)
    ]


def agent(code: str) -> str:
    return (
        '<participant typeCode="CSM"><participantRole><playingEntity>'
        f"{code}</playingEntity></participantRole></participant>"
    )


def test_an_allergy_is_tried_before_a_problem_and_named_by_its_agent():
    fact = fact_of(
        problem(
            '<value xsi:type="CD"><originalText><reference value="noref"/></originalText></value>',
            inside=agent('<code code="M01AE01" codeSystem="2.16.840.1.113883.6.73" displayName="Ibuprofène"/>')
            + f'<entryRelationship typeCode="MFST">{problem()}</entryRelationship>',
            templates=ALLERGY,
        )
    )
    assert (fact.kind, fact.code, fact.system, fact.text) == ("allergy", "M01AE01", "ATC", "Ibuprofène")
    assert (fact.value_code, fact.value_text) == (Code("J45.9", "CIM-10", "Asthme"), "Asthme")
    assert fact.negated is False


def test_no_known_allergy_is_read_from_the_value_whatever_the_type_says():
    value = '<value xsi:type="CD" code="no-known-allergies" codeSystem="2.16.840.1.113883.5.1150.1"/>'
    fact = fact_of(problem(value, templates=ALLERGY))
    assert (fact.kind, fact.code, fact.negated, fact.role) == ("allergy", "no-known-allergies", True, "no_known")


def test_an_allergen_may_have_a_name_and_no_code():
    named = agent("<name>Pollen de bouleau</name>")
    fact = fact_of(problem('<value xsi:type="CD" nullFlavor="NA"/>', inside=named, templates=ALLERGY))
    assert (fact.kind, fact.code, fact.text) == ("allergy", None, "Pollen de bouleau")


def test_an_allergy_may_be_words_only():
    fact = fact_of(problem('<value xsi:type="CD"><originalText>Fraises</originalText></value>', templates=ALLERGY))
    assert (fact.code, fact.text) == (None, "Fraises")


def test_family_history_belongs_to_the_relative():
    fact = fact_of(
        '<organizer><templateId root="1.2.250.1.213.1.1.3.59"/>'
        '<subject><relatedSubject><code code="FTH"/></relatedSubject>'
        '</subject><component><observation><templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.13.3"/><code code="X"/>'
        f"{ASTHMA}</observation></component></organizer>"
    )
    assert (fact.kind, fact.family, fact.relative, fact.code) == ("family_history", True, "FTH", "J45.9")


def test_family_history_in_plain_words():
    fact = fact_of(
        '<organizer><component><observation><templateId root="1.2.250.1.213.1.1.3.51"/>'
        '<value xsi:type="ST">goutte</value></observation></component></organizer>'
    )
    assert (fact.text, fact.relative) == ("goutte", None)


def test_an_adverse_event_is_told_and_its_agent_is_no_treatment():
    (fact,) = facts_of(
        '<observation><templateId root="1.2.250.1.213.1.1.3.210"/><code code="79899007"/>'
        f"{ASTHMA}<entryRelationship typeCode='CAUS'><substanceAdministration><consumable><manufacturedProduct>"
        "<manufacturedMaterial><code code='3400' codeSystem='1.2.250.1.213.2.3.2'/></manufacturedMaterial>"
        "</manufacturedProduct></consumable></substanceAdministration></entryRelationship></observation>"
    )
    assert (fact.kind, fact.role) == ("observation", "adverse_event")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('<value xsi:type="PQ" value="25" unit="{pack}/a"/>', (25.0, None, "{pack}/a")),
        ('<value xsi:type="INT" value="3"/>', (3.0, None, None)),
        ('<value xsi:type="TS" value="20220703"/>', (None, "2022-07-03", None)),
        ('<value xsi:type="BL" value="true"/>', (None, "true", None)),
        ('<value xsi:type="CD" code="1" displayName="Cannabis"/>', (None, "Cannabis", None)),
        ('<value xsi:type="ST">libre</value>', (None, "libre", None)),
    ],
)
def test_any_other_observation_keeps_its_value_by_type(value, read):
    fact = fact_of(f'<observation moodCode="EVN"><code code="74011-8" codeSystem="{LOINC}"/>{value}</observation>')
    assert fact.kind == "observation"
    assert (fact.value, fact.value_text, fact.unit) == read


def test_an_observation_that_says_nothing_is_no_fact():
    assert facts_of(f'<observation><code code="74011-8" codeSystem="{LOINC}"/></observation>') == []
    assert facts_of('<observation><code nullFlavor="NA"/><value xsi:type="INT" value="3"/></observation>') == []


@pytest.mark.parametrize(("mood", "planned"), [("EVN", False), ("ARQ", True), ("PRMS", True)])
def test_encounters_past_and_asked_for(mood, planned):
    fact = fact_of(f'<encounter moodCode="{mood}"><code code="AMB"/><effectiveTime value="20221201"/></encounter>')
    assert (fact.kind, fact.code, fact.time_start, fact.planned) == ("encounter", "AMB", "2022-12-01", planned)


def test_entries_that_share_one_id_are_all_read():
    twice = problem().replace("<code ", '<id root="2.25.1"/><code ', 1)
    assert len(facts_of(twice + "</entry><entry>" + twice)) == 2


@pytest.mark.parametrize("xsi", ["http://www.w3.org/2001/XMLSchemainstance", "urn:whatever"])
def test_a_misspelt_xsi_namespace_changes_nothing(xsi):
    entry = (
        f'<observation><code code="8302-2" codeSystem="{LOINC}"/><value xsi:type="PQ" value="1.6" unit="m"/>'
        "</observation>"
    )
    (fact,) = open_door(cda(section(entries=entry), xsi=xsi)).facts
    assert (fact.value, fact.unit) == (1.6, "m")


def test_a_prefixed_type_is_read_by_its_local_name():
    fact = fact_of('<observation><code code="X"/><value xsi:type="pharm:PQ" value="2" unit="g"/></observation>')
    assert (fact.value, fact.unit) == (2.0, "g")


def test_a_passage_has_a_bound_so_that_many_entries_may_point_to_one_long_text():
    value = '<value xsi:type="CD"><originalText><reference value="#long"/></originalText></value>'
    fact = fact_of(problem(value), f'<content ID="long">{"a" * 30_000}</content>')
    assert (fact.start, fact.end) == (len("Titre\n"), len("Titre\n") + 10_000)
    assert fact.text == "a" * 10_000


SNOMED = "2.16.840.1.113883.6.96"


@pytest.mark.parametrize(
    ("inside", "side"),
    [
        (f'<targetSiteCode code="7771000" codeSystem="{SNOMED}" displayName="gauche"/>', "left"),
        (f'<targetSiteCode code="73056007" codeSystem="{SNOMED}" displayName="sein droit"/>', "right"),
        (
            f'<targetSiteCode code="1" codeSystem="{SNOMED}" displayName="genou"><qualifier>'
            f'<value code="51440002" codeSystem="{SNOMED}"/></qualifier></targetSiteCode>',
            "bilateral",
        ),
        (f'<targetSiteCode code="2" codeSystem="{SNOMED}" displayName="thorax"/>', None),
        ('<targetSiteCode nullFlavor="NA"/>', None),
    ],
)
def test_the_side_of_an_entry_is_that_of_its_site(inside, side):
    assert fact_of(problem(inside=inside)).side == side


def test_a_modifier_of_laterality_stands_in_the_value_too():
    value = ASTHMA.replace("/>", f'><qualifier><value code="24028007" codeSystem="{SNOMED}"/></qualifier></value>')
    assert fact_of(problem(value)).side == "right"
