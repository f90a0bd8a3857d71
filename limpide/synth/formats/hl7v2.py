"""HL7 v2 messages of CI-SIS: MDM T02/T10/T04 and ORU R01 that carry a CDA, ADT with consent to the DMP.

Belongs here: segments. Does not belong here: the CDA carried (cda.py). Shapes: formats.md section 6.
"""

from __future__ import annotations

import base64
from datetime import datetime
from random import Random

from limpide.synth.cases import Result, measured
from limpide.synth.content import TruthFact
from limpide.synth.envelope import Envelope
from limpide.synth.history import flag as judged
from limpide.synth.population import INS_TEST, Clinician, Patient, Site

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
FLAGS = ("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX")


def _text(value: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in value)


def _segment(name: str, **numbered: str) -> str:
    fields = {int(key[1:]): value for key, value in numbered.items()}
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def _msh(site: Site, kind: str, version: str, moment: datetime, charset: str, rng: Random) -> str:
    stamp = f"{moment:%Y%m%d%H%M%S}"
    return (
        f"MSH|^~\\&|GESTION|{_text(site.name)}|ENTREPOT|ENTREPOT|{stamp}||{kind}|{rng.getrandbits(40):010X}|P|{version}"
        f"|||||FRA|{charset}|||2.1^CISIS_CDA_HL7_V2"
    )


def _pid(patient: Patient, site: Site, account: str) -> str:
    givens = " ".join(each.upper() for each in patient.given)
    first = patient.given[0].upper()
    names = f"{_text(patient.family.upper())}^{_text(first)}^{_text(givens)}^^^^L"
    if patient.used != patient.family:
        names += f"~{_text(patient.used.upper())}^{_text(first)}^^^^^D"
    return _segment(
        "PID",
        f1="1",
        f3=f"{patient.ins}^^^ASIP-SANTE-INS-NIR&{INS_TEST}&ISO^INS~{patient.ipp}^^^{_text(site.name)}&{site.ipp_root}&ISO^PI",
        f5=names,
        f7=f"{patient.birth:%Y%m%d}",
        f8=patient.sex,
        f11=f"{_text(patient.street)}^^{_text(patient.commune.city.upper())}^^{patient.commune.postal}^FRA^H"
        f"~^^{_text(patient.birth_place.city.upper())}^^^FRA^BDL^^{patient.birth_place.cog}",
        f13=f"^PRN^PH^^^^^^^^^{patient.phone}~^PRN^CP^^^^^^^^^{patient.mobile}",
        f18=f"{account}^^^{_text(site.name)}&{site.ipp_root}.5&ISO^AN",
        f32="VALI",
    )


def _pv1(head: Envelope) -> str:
    inpatient = head.kind.klass == "IMP"
    stay = head.case.stay
    fields = {"f1": "1", "f2": "I" if inpatient else "O"}
    if inpatient:
        fields.update(
            f19=f"{stay.number}^^^&{head.case.site.ipp_root}.5&ISO^VN",
            f44=f"{stay.start:%Y%m%d}",
            f45=f"{stay.end:%Y%m%d}",
        )
    return _segment("PV1", **fields)


def _prt(author: Clinician) -> str:
    return _segment(
        "PRT",
        f2="UC",
        f4="AUT^Auteur^HL70443",
        f5=f"8{author.rpps}^{_text(author.family.upper())}^{_text(author.given)}^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
    )


def _obx(number: int, head: Envelope, cda: bytes, status: str, padded: bool) -> str:
    payload = base64.b64encode(cda).decode()
    if not padded:
        payload = payload.rstrip("=")  # 22 of the known payloads lack their padding (formats.md section 6)
    coded = f"{head.kind.code}^{_text(head.kind.display)}^{'LN' if head.kind.system.endswith('6.1') else 'L'}"
    return _segment("OBX", f1=str(number), f2="ED", f3=coded, f5=f"^text^XML^Base64^{payload}", f11=status)


def _flag_segments(start: int, flags: tuple[str, ...]) -> list[str]:
    lines = []
    for number, flag in enumerate(FLAGS, start):
        value = "Y" if flag in flags else "N"
        lines.append(
            _segment(
                "OBX",
                f1=str(number),
                f2="CE",
                f3=f"{flag}^{flag}^MetaDMPMSS",
                f5=f"{value}^^expandedYes-NoIndicator",
                f11="F",
            )
        )
    return lines


def message(
    head: Envelope,
    documents: list[bytes],
    rng: Random,
    *,
    event: str = "create",
    oru: bool = False,
    flags: tuple[str, ...] = (),
) -> bytes:
    """One message that creates, replaces or deletes; several documents are forms of one report (N1 then N3).

    `event`: create, replace, delete. Segments end with CR, LF or CRLF; the character set is declared in MSH-18.
    """
    case = head.case
    trigger, order, status = {
        "create": ("T02", "NW", "F"),
        "replace": ("T10", "RO", "C"),
        "delete": ("T04", "CA", "D"),
    }[event]
    charset, codec = rng.choice((("UNICODE UTF-8", "utf-8"), ("UNICODE UTF-8", "utf-8"), ("8859/15", "iso8859-15")))
    kind = "ORU^R01^ORU_R01" if oru else f"MDM^{trigger}^MDM_T02"
    lines = [_msh(case.site, kind, "2.5" if oru else "2.6", head.moment, charset, rng)]
    if not oru:
        lines.append(f"EVN||{head.moment:%Y%m%d%H%M%S}")
    lines += [_pid(case.patient, case.site, case.stay.number), _pv1(head)]
    obr = _segment(
        "OBR", f1="1", f4=f"{head.kind.code}^{_text(head.kind.display)}^LN", f7=f"{head.moment:%Y%m%d%H%M%S}"
    )
    lines += [_segment("ORC", f1=order), obr]
    if not oru:
        lines.append(_prt(case.author))
        lines.append(
            _segment(
                "TXA",
                f1="1",
                f2=head.kind.code,
                f3="AP",
                f4=f"{head.moment:%Y%m%d%H%M%S}",
                f12=head.document_id.replace("^", "\\S\\"),
                f13=head.replaces[0].replace("^", "\\S\\") if head.replaces and event == "replace" else "",
                f17="AU",
            )
        )
    for number, cda in enumerate(documents, 1):
        lines.append(_obx(number, head, cda, status, padded=rng.random() < 0.5))
    if oru:
        lines.append(_prt(case.author))
    lines += _flag_segments(len(documents) + 1, flags)
    end = rng.choice(("\r", "\r", "\n", "\r\n"))
    text = end.join(lines) + end
    return text.encode(codec, "replace")


def observed(head: Envelope, results: list[Result], rng: Random) -> bytes:
    """ORU R01 with results as OBX of numbers (NM), or of a comparator and a number (SN): no document inside."""
    case = head.case
    stamp = f"{case.day:%Y%m%d}0735"
    lines = [
        _msh(case.site, "ORU^R01^ORU_R01", "2.5", head.moment, "UNICODE UTF-8", rng),
        _pid(case.patient, case.site, case.stay.number),
        _pv1(head),
        _segment("ORC", f1="NW"),
        _segment(
            "OBR", f1="1", f3=f"{rng.getrandbits(40):010X}^LABO", f4=f"11502-2^{_text(head.kind.display)}^LN", f7=stamp
        ),
    ]
    for number, result in enumerate(results, 1):
        test = result.test
        shown, _, sign = measured(test, result.value)
        plain = shown.replace(",", ".")
        span = f"{test.low:g}-{test.high:g}" if test.low is not None and test.high is not None else ""
        if not span:
            span = f"<{test.high:g}" if test.high is not None else f">{test.low:g}" if test.low is not None else ""
        lines.append(
            _segment(
                "OBX",
                f1=str(number),
                f2="SN" if sign else "NM",
                f3=f"{test.loinc}^{_text(test.label)}^LN",
                f5=f"{sign}^{plain}" if sign else plain,
                f6=_text(test.unit),
                f7=span,
                f8=judged(test, result.value),
                f11="F",
                f14=stamp,
            )
        )
    return ("\r".join(lines) + "\r").encode()


def merge(patient: Patient, site: Site, moment: datetime, retired: str, rng: Random) -> bytes:
    """ADT A40: the local identifier `retired` (MRG-1) disappears into those of PID-3."""
    stamp = f"{moment:%Y%m%d%H%M%S}"
    lines = [
        _msh(site, "ADT^A40^ADT_A39", "2.5", moment, "UNICODE UTF-8", rng),
        f"EVN||{stamp}",
        _pid(patient, site, f"{rng.getrandbits(24):08d}"),
        _segment("MRG", f1=f"{retired}^^^{_text(site.name)}&{site.ipp_root}&ISO^PI"),
    ]
    return ("\r".join(lines) + "\r").encode()


def consent(patient: Patient, site: Site, moment: datetime, feeding: str, consulting: str, rng: Random) -> bytes:
    """ADT A31 with a ZFA segment: consent to the feeding (ZFA-9) and consultation (ZFA-11) of the DMP."""
    stamp = f"{moment:%Y%m%d%H%M%S}"
    zfa = _segment("ZFA", f1="DMP_ACTIF", f2=stamp, f9=feeding, f10=stamp, f11=consulting, f12=stamp)
    lines = [
        _msh(site, "ADT^A31^ADT_A05", "2.5", moment, "UNICODE UTF-8", rng),
        f"EVN||{stamp}",
        _pid(patient, site, f"{rng.getrandbits(24):08d}"),
        _segment("PV1", f1="1", f2="N"),
        zfa,
    ]
    return ("\r".join(lines) + "\r").encode()


def discharged(head: Envelope, rng: Random) -> tuple[bytes, TruthFact]:
    """ADT A03 as PAM-FR has it: the stay, its last movement, its principal diagnosis; and that diagnosis."""
    case, stay = head.case, head.case.stay
    stamp = f"{head.moment:%Y%m%d%H%M%S}"
    disease = stay.disease
    lines = [
        _msh(case.site, "ADT^A03^ADT_A03", "2.5", head.moment, "UNICODE UTF-8", rng),
        f"EVN||{stamp}||||{stamp}",
        _pid(case.patient, case.site, stay.number),
        _segment(
            "PV1",
            f1="1",
            f2="I",
            f19=f"{stay.number}^^^&{case.site.ipp_root}.5&ISO^VN",
            f44=f"{stay.start:%Y%m%d}",
            f45=f"{stay.end:%Y%m%d}",
        ),
        _segment("DG1", f1="1", f3=f"{disease.code}^{_text(disease.label)}^CIM10", f5=f"{stay.start:%Y%m%d}", f6="DP"),
        _segment("ZBE", f1=f"{rng.getrandbits(20)}", f2=stamp, f4="INSERT", f5="N", f9="HMS"),
    ]
    fact = TruthFact("condition", "coded", disease.label, disease.code, "CIM-10", time_start=stay.start.isoformat())
    return ("\r".join(lines) + "\r").encode(), fact
