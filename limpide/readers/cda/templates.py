"""The templateIds that tell what an entry is (formats.md section 4): CI-SIS, IHE and CCD, current and older editions.

Belongs here: OIDs of entry templates. Does not belong here: code systems (`oids.tsv`) or document templates.
"""

from __future__ import annotations

_FR = "1.2.250.1.213.1.1.3."
_IHE = "1.3.6.1.4.1.19376."
_PCC = _IHE + "1.5.3.1.4."
_CCD = "2.16.840.1.113883.10.20.1."

LAB = {_FR + "80", _IHE + "1.3.1.6"}
# The third OID is a slip of the pen that real emergency forms bear (formats.md section 4, vital signs).
VITAL = {_FR + "50", _PCC + "13.2", "1.3.6.1.4.1.19376.5.3.1.4.13.2"}
ADVERSE_EVENT = {_FR + "210"}
ALLERGY = {_FR + "41", _PCC + "6", _CCD + "18"}
PROBLEM = {_FR + "37", _PCC + "5", _CCD + "28"}
FAMILY = {_FR + "51", _PCC + "13.3", _CCD + "22"}
ISOLATE = {_FR + "79", _IHE + "1.3.1.5"}
BATTERY = {_FR + "78", _IHE + "1.3.1.4"} | ISOLATE

_FLUIDS = _IHE + "1.5.3.1.1.13.3.2"  # intravenous fluids of emergency and stroke units
TREATMENT = {_FR + "42", _FR + "83", _FR + "26", _FR + "13", _PCC + "7", _CCD + "24", _FLUIDS}
IMAGING_PRODUCT = {_FR + "151", _FR + "173", "1.2.840.10008.9.13"}  # contrast media, radiopharmaceuticals
SUBORDINATE = {_FR + "42.1", _FR + "83.1", _FR + "90", _IHE + "1.9.1.3.11"}  # the last two: pointers of a dispense
IMMUNIZATION = {_FR + "45", _PCC + "12"}
RECOMMENDED_VACCINE = {_FR + "47", _PCC + "12.2"}
DISPENSE = {_FR + "204", _IHE + "1.9.1.3.4"}
DEVICE_SUPPLY = {_FR + "20", _CCD + "34"}

PROCEDURE = {_FR + "62", _PCC + "19", _CCD + "29", _CCD + "25"}
SPECIMEN = {_FR + "77", _IHE + "1.3.1.2"}
IMAGING_TECHNIQUE = {_FR + "153", _FR + "165", "1.2.840.10008.9.14"}

STATUS = {_PCC + "1.1", _CCD + "50", _CCD + "57"}
SEVERITY = {_FR + "29", _PCC + "1", _CCD + "55"}
CERTAINTY = {_FR + "171"}
RANK = {_FR + "82", _CCD + "46"}
