"""Treatments, dispenses, vaccines, devices: what is given, what is only planned, and what is no product at all."""

from __future__ import annotations

import pytest

from tests.readers.cda.cda_fragments import fact_of, facts_of

TREATMENT = '<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.7"/>'
VACCINE = '<templateId root="1.2.250.1.213.1.1.3.45"/>'
CIS = '<code code="60000001" codeSystem="1.2.250.1.213.2.3.1" displayName="DOLIX 500 mg"{}'
PLAIN = CIS.format("/>")


def product(code: str = PLAIN, rest: str = "") -> str:
    return (
        f"<consumable><manufacturedProduct><manufacturedMaterial>{code}{rest}</manufacturedMaterial>"
        "</manufacturedProduct></consumable>"
    )


def given(
    inside: str = "", what: str | None = None, templates: str = TREATMENT, mood: str = "EVN", more: str = ""
) -> str:
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="{mood}" {more}>{templates}<statusCode code="completed"/>'
        f"{inside}{product() if what is None else what}</substanceAdministration>"
    )


def test_every_code_of_a_product_is_kept_the_atc_of_its_class_included():
    what = product(
        CIS.format('><translation code="3400930000001" codeSystem="1.2.250.1.213.2.3.2"/></code>'),
        '<name>DOLIX</name><pharm:asSpecializedKind><pharm:generalizedMedicineClass><pharm:code code="N02BE01" '
        'codeSystem="2.16.840.1.113883.6.73"/></pharm:generalizedMedicineClass></pharm:asSpecializedKind>'
        '<pharm:ingredient><pharm:quantity><numerator xsi:type="PQ" value="500" unit="mg"/><denominator value="1"/>'
        '</pharm:quantity><pharm:ingredient><pharm:code code="100" codeSystem="2.16.840.1.113883.3.6905.2"/>'
        "</pharm:ingredient></pharm:ingredient>",
    )
    fact = fact_of(given(what=what))
    assert (fact.kind, fact.code, fact.system, fact.text) == ("drug", "60000001", "CIS", "DOLIX 500 mg")
    assert [(one.code, one.system) for one in fact.translations] == [("3400930000001", "CIP"), ("N02BE01", "ATC")]
    assert (fact.strength, fact.planned) == ("500 mg", False)


def test_the_code_may_stand_in_the_translation_only():
    what = product('<code nullFlavor="NA"><translation code="3400930000001" codeSystem="1.2.250.1.213.2.3.2"/></code>')
    fact = fact_of(given(what=what))
    assert (fact.code, fact.system) == ("3400930000001", "CIP")


def test_a_product_may_be_words_only():
    what = product('<code nullFlavor="NA"><originalText><reference value="#p"/></originalText></code>')
    fact = fact_of(given(what=what), '<content ID="p">Préparation magistrale</content>')
    assert (fact.code, fact.text) == (None, "Préparation magistrale")
    assert fact_of(given(what=product('<code nullFlavor="NA"/>', "<name>Tisane</name>"))).text == "Tisane"


def test_a_product_may_be_a_labeled_drug():
    fact = fact_of(given(what=product().replace("manufacturedMaterial", "manufacturedLabeledDrug")))
    assert (fact.kind, fact.code) == ("drug", "60000001")


def test_any_template_will_do_when_a_product_is_named():
    assert fact_of(given(templates='<templateId root="1.2.250.1.213.1.1.3.26"/>')).kind == "drug"
    assert fact_of(given(templates="")).kind == "drug"


def test_what_is_prescribed_is_planned():
    assert fact_of(given(mood="INT")).planned is True


def test_duration_frequency_dose_and_route():
    fact = fact_of(
        given(
            '<effectiveTime xsi:type="IVL_TS"><low value="20211201"/><high value="20211206"/></effectiveTime>'
            '<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="6" unit="h"/></effectiveTime>'
            '<routeCode code="20053000" displayName="Voie orale"/>'
            '<doseQuantity><low value="1" unit="{tbl}"/><high value="2" unit="{tbl}"/></doseQuantity>'
        )
    )
    assert (fact.time_start, fact.time_end, fact.frequency) == ("2021-12-01", "2021-12-06", "toutes les 6 h")
    assert (fact.dose, fact.dose_unit, fact.route) == (1.0, "{tbl}", "Voie orale")


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ('xsi:type="PIVL_TS"><period value="1" unit="d"/>', "1 fois par jour"),
        ('xsi:type="PIVL_TS"><period value="2" unit="d"/>', "tous les 2 jours"),
        ('xsi:type="PIVL_TS"><period value="1" unit="J"/>', "1 fois par jour"),
        ('xsi:type="PIVL_TS"><period value="3" unit="wk"/>', "toutes les 3 semaines"),
        ('xsi:type="EIVL_TS"><event code="HS"/>', "au coucher"),
        ('xsi:type="EIVL_TS"><event code="XYZ"/>', "XYZ"),
        ('xsi:type="PIVL_TS"><phase><low value="202112010800"/></phase>', "à 08:00"),
        ('xsi:type="PIVL_TS"><period nullFlavor="UNK"/>', None),
        ('xsi:type="SXPR_TS"><comp xsi:type="EIVL_TS"><event code="CM"/></comp><comp xsi:type="EIVL_TS">'
         '<event code="CV"/></comp>', "au petit déjeuner et au dîner"),
    ],
)  # fmt: skip
def test_frequencies_in_french(time, read):
    assert fact_of(given(f'<effectiveTime nullFlavor="NA"/><effectiveTime {time}</effectiveTime>')).frequency == read


def test_the_narrative_says_the_frequency_better():
    time = (
        '<effectiveTime xsi:type="PIVL_TS"><period value="8" unit="h"><translation><originalText>'
        '<reference value="#f"/></originalText></translation></period></effectiveTime>'
    )
    assert fact_of(given(time), '<content ID="f">3 fois/j</content>').frequency == "3 fois/j"


SUBORDINATE = (
    '<entryRelationship typeCode="COMP"><substanceAdministration moodCode="INT">'
    '<templateId root="1.2.250.1.213.1.1.3.83.1"/><effectiveTime xsi:type="SXPR_TS"><comp xsi:type="IVL_TS">'
    '<low value="2021"/><width value="{}" unit="d"/></comp><comp xsi:type="PIVL_TS"><period value="{}" unit="h"/>'
    "</comp>"
    '</effectiveTime><doseQuantity><low value="1" unit="cp"/></doseQuantity><consumable><manufacturedProduct>'
    '<manufacturedMaterial><code nullFlavor="NA"/><name nullFlavor="NA"/></manufacturedMaterial></manufacturedProduct>'
    "</consumable></substanceAdministration></entryRelationship>"
)


def test_a_subordinate_dosage_is_no_drug_but_its_steps_are_told():
    fact = fact_of(given(what=product() + SUBORDINATE.format(2, 8) + SUBORDINATE.format(4, 12)))
    assert fact.frequency == "1 cp toutes les 8 h pendant 2 jours puis 1 cp toutes les 12 h pendant 4 jours"


def test_what_is_said_inside_a_treatment_is_no_fact_of_its_own():
    inside = (
        '<entryRelationship typeCode="RSON"><observation><templateId root="1.2.250.1.213.1.1.3.37"/>'
        '<value xsi:type="CD" code="I10" codeSystem="2.16.840.1.113883.6.3"/></observation></entryRelationship>'
        '<entryRelationship typeCode="COMP"><observation><code code="MED-574"/><value xsi:type="BL" value="false"/>'
        '</observation></entryRelationship><entryRelationship typeCode="COMP"><supply moodCode="RQO">'
        '<quantity value="2" unit="30009000"/></supply></entryRelationship>'
    )
    fact = fact_of(given(what=product() + inside))
    assert (fact.kind, fact.quantity) == ("drug", 2.0)


@pytest.mark.parametrize(
    ("code", "role"), [("no-known-medications", "no_known"), ("no-medication-info", "no_information")]
)
def test_no_treatment_is_told_as_such(code, role):
    what = f'<code code="{code}" codeSystem="2.16.840.1.113883.5.1150.1" displayName="Aucun"/>'
    fact = fact_of(given(what, product('<code nullFlavor="NA"/>')))
    assert (fact.code, fact.role, fact.text) == (code, role, "Aucun")


def test_imaging_products_are_drugs_of_their_own_role():
    fact = fact_of(given(templates='<templateId root="1.2.250.1.213.1.1.3.151"/>'))
    assert (fact.kind, fact.role) == ("drug", "imaging_product")


def test_a_dispense_gives_its_product_and_the_prescription_it_points_to_gives_none():
    supply = (
        '<supply moodCode="EVN"><templateId root="1.2.250.1.213.1.1.3.204"/><quantity value="2" unit="boîte"/><product>'
        f"<manufacturedProduct><manufacturedMaterial>{PLAIN}<lotNumberText>L8</lotNumberText></manufacturedMaterial>"
        f'</manufacturedProduct></product><entryRelationship typeCode="REFR">{given()}</entryRelationship></supply>'
    )
    fact = fact_of(supply)
    assert (fact.kind, fact.code, fact.lot, fact.quantity, fact.role) == ("drug", "60000001", "L8", 2.0, "dispense")


@pytest.mark.parametrize("template", ["1.2.250.1.213.1.1.3.90", "1.3.6.1.4.1.19376.1.9.1.3.11"])
def test_a_pointer_to_a_prescription_item_is_no_drug_wherever_it_stands(template):
    assert facts_of(given(templates=f'<templateId root="{template}"/>', mood="INT")) == []


def test_intravenous_fluids_are_a_treatment_even_unnamed():
    fluids = '<templateId root="1.3.6.1.4.1.19376.1.5.3.1.1.13.3.2"/>'
    assert [one.kind for one in facts_of(given(what=product('<code nullFlavor="NA"/>'), templates=fluids))] == ["drug"]


def test_a_vaccine_given_with_lot_rank_and_a_date_as_vague_as_a_year():
    inside = (
        '<entryRelationship typeCode="SUBJ"><observation><templateId root="1.2.250.1.213.1.1.3.82"/>'
        '<code code="30973-2"/><value xsi:type="INT" value="2"/></observation></entryRelationship>'
        '<entryRelationship typeCode="CAUS"><observation><templateId root="1.2.250.1.213.1.1.3.37"/>'
        '<value xsi:type="CD" code="R50" codeSystem="2.16.840.1.113883.6.3"/></observation></entryRelationship>'
    )
    what = product(PLAIN, "<lotNumberText>4456</lotNumberText>") + inside
    fact = fact_of(given('<effectiveTime value="1975"/>', what, VACCINE))
    assert (fact.kind, fact.time_start, fact.lot, fact.value) == ("immunization", "1975", "4456", 2.0)
    assert (fact.negated, fact.planned) == (False, False)


def test_a_vaccine_refused_is_negated_and_one_recommended_is_planned():
    assert fact_of(given(templates=VACCINE, more='negationInd="true"')).negated is True
    recommended = fact_of(given(templates='<templateId root="1.2.250.1.213.1.1.3.47"/>', mood="INT"))
    assert (recommended.kind, recommended.planned) == ("immunization", True)


def device(udi: str, mood: str = "EVN") -> str:
    return (
        f'<supply moodCode="{mood}"><templateId root="1.2.250.1.213.1.1.3.20"/><effectiveTime value="20191201"/>'
        f'<participant typeCode="DEV"><participantRole><id root="2.51.1.1" extension="{udi}"/><playingDevice>'
        '<code code="J0101" codeSystem="1.2.250.1.213.2.68" displayName="Stimulateur">'
        '<translation code="3408693" codeSystem="1.2.250.1.215.200.2.1"/></code></playingDevice></participantRole>'
        "</participant></supply>"
    )


@pytest.mark.parametrize("udi", ["{01}084{17}141120{10}76D{21}109d", "(01)084(17)141120(10)76D(21)109d"])
def test_a_device_with_lot_and_serial_out_of_its_udi(udi):
    fact = fact_of(device(udi))
    assert (fact.kind, fact.code, fact.system, fact.udi) == ("device", "J0101", "EMDN", udi)
    assert [(one.code, one.system) for one in fact.translations] == [("3408693", "LPP")]
    assert (fact.lot, fact.serial, fact.time_start, fact.planned) == ("76D", "109d", "2019-12-01", False)


def test_a_junk_udi_is_kept_and_yields_no_lot():
    fact = fact_of(device("xxxxx"))
    assert (fact.udi, fact.lot, fact.serial) == ("xxxxx", None, None)


def test_a_device_prescribed_is_planned():
    assert fact_of(device("x", "INT")).planned is True


def test_a_supply_without_device_nor_dispense_is_no_fact():
    assert facts_of('<supply moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.1.34"/></supply>') == []


def test_a_vital_sign_or_a_result_inside_a_treatment_is_still_one():
    weight = (
        '<entryRelationship typeCode="COMP"><observation><templateId root="1.2.250.1.213.1.1.3.50"/>'
        '<code code="29463-7" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="PQ" value="58" unit="kg"/>'
        "</observation></entryRelationship>"
    )
    assert [one.kind for one in facts_of(given(what=product() + weight))] == ["drug", "vital"]
