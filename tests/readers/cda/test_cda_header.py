"""The header: every fact of formats.md section 2, and the odd ways real files write it."""

from __future__ import annotations

import pytest

from limpide.document import Action, Header
from limpide.readers.cda.header import nir_key_right
from tests.readers.cda.cda_fragments import HEADER, cda, open_door, section


def header_of(extra: str = "", base: str = HEADER) -> Header:
    return open_door(cda("", base + extra)).header


def patient_header(role: str) -> Header:
    return header_of(base=f"<id root='1'/><recordTarget><patientRole>{role}</patientRole></recordTarget>")


def test_identity_of_the_document():
    header = header_of()
    assert (header.document_id, header.set_id, header.version) == ("1.2.3^doc-7", "1.2.3^set-7", 2)
    assert (header.type_code, header.type_system) == ("11502-2", "2.16.840.1.113883.6.1")
    assert (header.title, header.language, header.confidentiality) == ("Un titre", "fr-FR", ["N"])
    assert (header.effective_time, header.zone_assumed) == ("2024-01-09T11:30:00+01:00", False)
    assert header.template_ids == ["1.2.250.1.213.1.1.1.1"]


def test_document_id_may_be_a_root_alone():
    assert header_of(base='<id root="2.25.7"/>').document_id == "2.25.7"


def test_set_and_version_may_be_absent():
    header = header_of(base='<id root="1"/>')
    assert (header.set_id, header.version) == (None, None)
    assert (header.replaces, header.action) == ([], Action.CREATE)


def test_a_version_that_is_no_number_is_none():
    assert header_of(base='<id root="1"/><versionNumber value="v2"/>').version is None


def test_replacement_is_the_rplc_parent_even_when_it_is_nowhere():
    related = '<relatedDocument typeCode="{}"><parentDocument><id root="1.2.3" extension="{}"/></parentDocument>'
    both = "".join(related.format(kind, name) + "</relatedDocument>" for kind, name in [("RPLC", "a"), ("XFRM", "b")])
    header = header_of(both)
    assert header.replaces == ["1.2.3^a"]
    assert header.action == Action.REPLACE


def test_version_six_without_related_document_replaces_nothing_by_itself():
    assert header_of(base='<id root="1"/><versionNumber value="6"/>').replaces == []


def test_missing_zone_is_paris_and_told():
    header = header_of(base='<id root="1"/><effectiveTime value="20240709113000"/>')
    assert (header.effective_time, header.zone_assumed) == ("2024-07-09T11:30:00+02:00", True)


def test_an_absurd_year_is_kept_and_a_thirteenth_month_is_told():
    assert header_of(base='<id root="1"/><effectiveTime value="291812011100+0100"/>').effective_time == (
        "2918-12-01T11:00:00+01:00"
    )
    document = open_door(cda("", '<id root="1"/><effectiveTime value="20241301"/>'))
    assert document.header.effective_time is None
    assert "effectiveTime is not a date" in document.warnings


def test_ins_nir_is_chosen_before_ins_c_and_every_identifier_is_kept():
    patient = patient_header(
        '<id root="1.2.250.1.213.1.4.2" extension="0123456789012345678901"/>'
        '<id root="1.2.3.4" extension="IPP"/><id root="1.2.250.1.213.1.4.8" extension="255069900100112"/>'
        '<id nullFlavor="NI"/>'
    ).patient
    assert (patient.ins, patient.ins_system) == ("255069900100112", "1.2.250.1.213.1.4.8")
    assert [one.value for one in patient.identifiers] == ["0123456789012345678901", "IPP", "255069900100112"]


def test_ins_c_serves_when_it_is_alone_and_a_social_security_number_is_no_ins():
    role = '<id root="1.2.250.1.213.1.4.{}" extension="x"/>'
    assert patient_header(role.format(2)).patient.ins_system == "1.2.250.1.213.1.4.2"
    assert patient_header(role.format(13)).patient.ins is None


def test_a_wrong_key_is_kept_and_told():
    document = open_door(
        cda("", '<id root="1"/><recordTarget><patientRole><id root="1.2.250.1.213.1.4.8" extension="255069900100199"/>'
                "</patientRole></recordTarget>")
    )  # fmt: skip
    assert document.header.patient.ins == "255069900100199"
    assert "the key of the INS does not match its number" in document.warnings
    assert not any("255069900100199" in one for one in document.warnings)


@pytest.mark.parametrize(
    ("nir", "right"),
    [("255069900100151", False), ("255062A00100115", None), ("25506990010015", False), ("", False)],
)
def test_nir_keys(nir, right):
    if right is None:  # Corsica: the key is computed with 2A as 19
        body = int("2550619001001")
        assert nir_key_right("255062A001001" + f"{97 - body % 97:02d}")
    else:
        assert nir_key_right(nir) is right


def test_names_by_qualifier_in_any_order():
    patient = patient_header(
        "<patient><name><given>Ondine Flore</given><family qualifier='SP'>ROSEAU</family>"
        "<given qualifier='CL'>Flo</given><family qualifier='BR'>TILLEUL</family>"
        "<given qualifier='BR'>Ondine</given></name></patient>"
    ).patient
    assert (patient.family_birth, patient.family_used) == ("TILLEUL", "ROSEAU")
    assert patient.given == ["Ondine", "Ondine Flore", "Flo"]


def test_older_names_qualify_nothing():
    patient = patient_header(
        "<patient><name><given>Ondine</given><given>Flore</given><family>TILLEUL</family></name></patient>"
    ).patient
    assert (patient.family_birth, patient.given) == ("TILLEUL", ["Ondine", "Flore"])


def test_birth_sex_address_and_telecom():
    patient = patient_header(
        "<addr><houseNumber>4</houseNumber><streetName>rue Bleue</streetName><city>Nantes</city></addr>"
        "<addr><streetAddressLine>BP 7</streetAddressLine></addr>"
        "<telecom value='tel:0102030405'/><telecom nullFlavor='NASK'/>"
        "<patient><administrativeGenderCode code='UN'/><birthTime value='1972'/>"
        "<birthplace><place><addr><county>44109</county></addr></place></birthplace></patient>"
    ).patient
    assert (patient.birth_date, patient.birth_place, patient.sex) == ("1972", "44109", "UN")
    assert patient.addresses == ["4, rue Bleue, Nantes", "BP 7"]
    assert patient.telecoms == ["tel:0102030405"]
    assert patient_header("<patient><administrativeGenderCode nullFlavor='NASK'/></patient>").patient.sex is None


def test_authors_are_persons_first_and_their_identifier_is_as_written():
    author = "<author><time value='20210409094914.827+0100'/><assignedAuthor>{}</assignedAuthor></author>".format
    header = header_of(
        author("<id root='1.2.9' extension='robot'/><assignedAuthoringDevice/>")
        + author(
            "<id root='1.2.250.1.71.4.2.1' extension='810000000017'/>"
            "<code code='G15_10/SM26' codeSystem='1.2.250.1.213.1.1.4.5' displayName='Médecin'/>"
            "<assignedPerson><name><prefix>M</prefix><suffix>DR</suffix><given>Aubin</given><family>SAULE</family>"
            "</name></assignedPerson>"
            "<representedOrganization><name>Clinique des Aulnes</name></representedOrganization>"
        )
        + author("<id root='1.2.250.1.71' extension='10000000025'/>")
    )
    assert [one.rpps for one in header.authors] == ["810000000017", "10000000025", "robot"]
    first = header.authors[0]
    assert (first.family, first.given, first.organization) == ("SAULE", "Aubin", "Clinique des Aulnes")
    assert first.specialty is not None and first.specialty.code == "G15_10/SM26"
    assert first.time == "2021-04-09T09:49:14+01:00"


def test_care_site_encounter_and_orders():
    header = header_of(
        "<custodian><assignedCustodian><representedCustodianOrganization>"
        "<id root='1.2.250.1.71.4.2.2' extension='1440000016'/><name>Clinique des Aulnes</name>"
        "<addr><city>Nantes</city>"
        "</addr></representedCustodianOrganization></assignedCustodian></custodian>"
        "<inFulfillmentOf><order><id root='1.9' extension='77'/><ps3-20:accessionNumber root='1.9' extension='A8'/>"
        "</order></inFulfillmentOf>"
        "<componentOf><encompassingEncounter><id root='1.8' extension='E1'/><code code='IMP'/>"
        "<effectiveTime><low value='20240101'/><high value='20240109'/></effectiveTime>"
        "<dischargeDispositionCode code='GEN-092.01.01'/>"
        "<location><healthCareFacility><code code='SA01'/></healthCareFacility></location>"
        "</encompassingEncounter></componentOf>"
    )
    assert (header.care_site.finess, header.care_site.name) == ("1440000016", "Clinique des Aulnes")
    assert header.care_site.address == "Nantes"
    stay = header.encounter
    assert (stay.id, stay.klass, stay.start, stay.end) == ("1.8^E1", "IMP", "2024-01-01", "2024-01-09")
    assert stay.facility is not None and stay.facility.code == "SA01"
    assert stay.discharge is not None and stay.discharge.code == "GEN-092.01.01"
    assert header.orders == ["1.9^77", "1.9^A8"]


def test_an_encounter_may_have_an_end_only_and_no_class():
    header = header_of(
        "<componentOf><encompassingEncounter><effectiveTime><high value='20240109'/></effectiveTime>"
        "</encompassingEncounter></componentOf>"
    )
    assert (header.encounter.klass, header.encounter.start, header.encounter.end) == (None, None, "2024-01-09")


def test_everybody_named_is_listed_but_the_patient_the_places_and_the_products():
    person = "<name><prefix>MME</prefix><given>Clio</given><family>ORME</family></name>"
    document = open_door(
        cda(
            section(
                entries="<act><participant typeCode='AUTHEN'><participantRole><playingEntity><name><given>Eloi</given>"
                "<family>HOUX</family></name></playingEntity></participantRole></participant>"
                "<participant typeCode='CSM'>"
                "<participantRole><playingEntity><name>Arachide</name></playingEntity></participantRole></participant></act>"
            ),
            HEADER + f"<informant><relatedEntity><relatedPerson>{person}</relatedPerson></relatedEntity></informant>"
            "<dataEnterer><assignedEntity><assignedPerson><name>Paul Charme</name></assignedPerson>"
            "<representedOrganization><name>Clinique</name></representedOrganization></assignedEntity></dataEnterer>",
        )
    )
    assert document.header.people == ["Clio ORME", "Paul Charme", "Eloi HOUX"]


def test_several_patients_are_told():
    target = "<recordTarget><patientRole><id root='1' extension='{}'/></patientRole></recordTarget>"
    document = open_door(cda("", "<id root='1'/>" + target.format("a") + target.format("b")))
    assert [one.value for one in document.header.patient.identifiers] == ["a"]
    assert "several recordTarget: the first is read" in document.warnings
