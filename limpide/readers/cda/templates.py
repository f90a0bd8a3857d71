"""The templateIds that tell what an entry is (formats.md section 4): CI-SIS, IHE, CCD and C-CDA, of all editions.

Belongs here: OIDs of entry templates. Does not belong here: code systems (`oids.tsv`) or document templates.
"""

from __future__ import annotations

_FR = "1.2.250.1.213.1.1.3."
_IHE = "1.3.6.1.4.1.19376."
_PCC = _IHE + "1.5.3.1.4."
_CCD = "2.16.840.1.113883.10.20.1."
_CCDA = "2.16.840.1.113883.10.20.22.4."  # HL7 Consolidated CDA (United States)

LAB = {_FR + "80", _IHE + "1.3.1.6", _CCDA + "2"}
# The third OID is a slip of the pen that real emergency forms bear (formats.md section 4, vital signs).
VITAL = {_FR + "50", _PCC + "13.2", "1.3.6.1.4.1.19376.5.3.1.4.13.2", _CCDA + "27"}
ADVERSE_EVENT = {_FR + "210"}
ALLERGY = {_FR + "41", _PCC + "6", _CCD + "18", _CCDA + "7"}
PROBLEM = {_FR + "37", _PCC + "5", _CCD + "28", _CCDA + "4"}
FAMILY = {_FR + "51", _PCC + "13.3", _CCD + "22", _CCDA + "46"}
ISOLATE = {_FR + "79", _IHE + "1.3.1.5"}
BATTERY = {_FR + "78", _IHE + "1.3.1.4", _CCDA + "1"} | ISOLATE

_FLUIDS = _IHE + "1.5.3.1.1.13.3.2"  # intravenous fluids of emergency and stroke units
TREATMENT = {
    _FR + "42",
    _FR + "83",
    _FR + "26",
    _FR + "13",
    _PCC + "7",
    _CCD + "24",
    _FLUIDS,
    _CCDA + "16",
    _CCDA + "42",
}
IMAGING_PRODUCT = {_FR + "151", _FR + "173", "1.2.840.10008.9.13"}  # contrast media, radiopharmaceuticals
SUBORDINATE = {_FR + "42.1", _FR + "83.1", _FR + "90", _IHE + "1.9.1.3.11"}  # the last two: pointers of a dispense
IMMUNIZATION = {_FR + "45", _PCC + "12", _CCDA + "52"}
RECOMMENDED_VACCINE = {_FR + "47", _PCC + "12.2", _CCDA + "120"}
DISPENSE = {_FR + "204", _IHE + "1.9.1.3.4", _CCDA + "18"}
DEVICE_SUPPLY = {_FR + "20", _CCD + "34"}

PROCEDURE = {_FR + "62", _PCC + "19", _CCD + "29", _CCD + "25", _CCDA + "14", _CCDA + "41"}
SPECIMEN = {_FR + "77", _IHE + "1.3.1.2"}
IMAGING_TECHNIQUE = {_FR + "153", _FR + "165", "1.2.840.10008.9.14"}

STATUS = {_PCC + "1.1", _CCD + "50", _CCD + "57", _CCDA + "6", _CCDA + "28"}
SEVERITY = {_FR + "29", _PCC + "1", _CCD + "55", _CCDA + "8"}
CERTAINTY = {_FR + "171"}
RANK = {_FR + "82", _CCD + "46"}
# Acts that C-CDA writes as an act or an observation.
OTHER_PROCEDURE = {_CCDA + "12", _CCDA + "13"}

FRENCH = {"2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1"}  # of a document: HL7 France, the header of the CI-SIS
# Sections that tell what an entry is where no template does: documents of other countries (LOINC).
RESULT_SECTIONS = {"30954-2", "18719-5", "18723-7", "18725-2", "18720-3", "18727-8", "18717-9", "18767-4", "26436-6"}
VITAL_SECTIONS = {"8716-3"}
PROBLEM_SECTIONS = {"11450-4", "11348-0", "46241-6", "11535-2", "29308-4", "29545-1"}
PROCEDURE_SECTIONS = {"47519-4", "29554-3"}
VACCINE_SECTIONS = {"11369-6"}
