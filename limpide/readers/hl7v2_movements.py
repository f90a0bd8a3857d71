"""Movements of patients (ADT, IHE PAM France) and appointments (SIU): the stay, its units, diagnoses and acts.

Belongs here: PV1, PV2, ZBE, ZFM, DG1, PR1, AL1 and SCH as a document of kind "movement message". Does not belong here:
consent and merges (hl7v2_header.py), results (hl7v2_results.py). Sources: HL7 v2.5 chapters 3, 6 and 10; IHE PAM,
French extension (ZBE-1 number of the movement, ZBE-4 INSERT, UPDATE or CANCEL, ZFM modes of the PMSI).

A cancelled movement (A11, A12, A13, ZBE-4 CANCEL) deletes the document that announced it; one told again (ZBE-4 UPDATE,
A08) replaces it. A stay to come (A05, SIU) is planned: it makes no visit.
"""

from __future__ import annotations

from limpide.document import Action, Code, Document, Encounter, Fact, Format, Header
from limpide.readers.hl7v2_results import codes_of
from limpide.readers.hl7v2_segments import Message, Segment, iso_time
from limpide.readers.origin import Origin

TYPE_SYSTEM = "2.16.840.1.113883.18.5"  # HL7 table 0003, event types
_TITLES = {
    "A01": "admission", "A02": "mutation", "A03": "sortie", "A04": "inscription en externe", "A05": "préadmission",
    "A06": "passage en hospitalisation", "A07": "passage en externe", "A08": "mise à jour", "A11": "admission annulée",
    "A12": "mutation annulée", "A13": "sortie annulée", "A14": "admission prévue", "A21": "permission",
    "A22": "retour de permission", "A38": "préadmission annulée", "A54": "changement de médecin responsable",
    "Z80": "changement de statut administratif", "Z84": "changement d'unité de soins", "Z88": "mutation dans l'unité",
    "Z99": "mise à jour d'un mouvement",
}  # fmt: skip
_ADMISSIONS, _DISCHARGES, _PLANNED = {"A01", "A04"}, {"A03"}, {"A05", "A14"}
_CANCELS = {"A11": "A01", "A12": "A02", "A13": "A03", "A27": "A14", "A38": "A05", "A52": "A21", "A53": "A22"}
_CLASSES = {"IMP": "Hospitalisation", "AMB": "Consultation externe", "EMER": "Urgences"}
_PMSI_MODES = {
    "0": "transfert pour acte", "6": "mutation", "7": "transfert", "8": "domicile", "9": "décès", "N": "naissance",
    "O": "décédé pour prélèvement d'organes",
}  # fmt: skip
_DIAGNOSES = {"DP": "DP", "DR": "DR", "DAS": "DAS", "DA": "DAS", "A": "admission", "W": "working", "F": "final"}
_SHOWN = {"DP": "Diagnostic principal", "DR": "Diagnostic relié", "DAS": "Diagnostic associé"}
_PMSI = "PMSI"
_CANCELLED_APPOINTMENTS, _CHANGED_APPOINTMENTS = {"S15", "S16", "S17"}, {"S13", "S14"}


def movement(message: Message, origin: Origin, header: Header) -> Document | None:
    """The document of a movement or an appointment; None for a message that tells neither stay, diagnosis nor act."""
    page = _Page()
    kind, trigger = (message.first("MSH").component(9, n) for n in (1, 2))
    own = (_appointment if kind == "SIU" else _stay)(message, trigger, header, page)
    if own is None and not page.facts:
        return None
    own = own or _header(message, trigger, header)
    title = f"Message de mouvement : {_TITLES.get(trigger, trigger)}" if kind != "SIU" else "Rendez-vous"
    own.title, own.type_code, own.type_system = title, f"{kind}^{trigger}", TYPE_SYSTEM
    page.shift(title)
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HL7V2),
        header=own,
        text=title + "\n" + "".join(page.parts),
        facts=page.facts,
    )


class _Page:
    """Lines of text, each showing the fact that it states."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.facts: list[Fact] = []

    def say(self, line: str, fact: Fact | None = None) -> None:
        line = " ".join(line.split())
        if fact is not None:
            fact.start, fact.end, fact.text = self.length, self.length + len(line), line
            self.facts.append(fact)
        self.parts.append(line + "\n")
        self.length += len(line) + 1

    def shift(self, title: str) -> None:
        """Everything moved below a title."""
        for fact in self.facts:
            assert fact.start is not None and fact.end is not None
            fact.start, fact.end = fact.start + len(title) + 1, fact.end + len(title) + 1


def _header(message: Message, trigger: str, header: Header) -> Header:
    time, assumed = iso_time(message.first("EVN").component(6, 1) or message.first("EVN").component(2, 1))
    return Header(
        action=Action.CREATE,
        document_id=message.first("MSH").field(10) or None,
        effective_time=time or header.effective_time,
        zone_assumed=assumed if time else header.zone_assumed,
        language=header.language,
        patient=header.patient,
        care_site=header.care_site,
        people=header.people,
    )


def _stay(message: Message, trigger: str, header: Header, page: _Page) -> Header | None:
    """The header of a message that tells a stay, its facts on the page; None when it tells none."""
    pv1, zbe, zfm = message.first("PV1"), message.first("ZBE"), message.first("ZFM")
    told = bool(pv1) and pv1.component(2, 1) != "N" and (
        any(pv1.component(n, 1) for n in (19, 44, 45)) or bool(zbe)
    )  # fmt: skip
    own: Header | None = None
    if told:
        own = _header(message, trigger, header)
        own.encounter = _encounter(message, trigger, header)
        _identify(message, trigger, own)
        planned = trigger in _PLANNED
        _tell_stay(own.encounter, pv1, page, planned)
        if planned:
            own.encounter = Encounter()
        elif own.encounter.discharge is None and zfm.component(2, 1):
            code = zfm.component(2, 1)
            own.encounter.discharge = Code(code, _PMSI, _PMSI_MODES.get(code))
        for segment in message.all("ZBE"):
            _tell_movement(segment, page)
        _tell_modes(message, page)
    for segment in message.segments:
        if segment.name in _CLINICAL:
            _CLINICAL[segment.name](segment, page)
    _tell_death(message, page)
    return own


def _encounter(message: Message, trigger: str, header: Header) -> Encounter:
    """The stay of PV1; where it gives no day, the movement that admits begins it, the one that discharges ends it."""
    stay, moved = header.encounter, iso_time(message.first("ZBE").component(2, 1))[0]
    start = stay.start or (moved if trigger in _ADMISSIONS | _PLANNED else None)
    end = stay.end or (moved if trigger in _DISCHARGES else None)
    planned = message.first("PV2").component(8, 1)
    if trigger in _PLANNED:
        start = start or iso_time(planned)[0]
    leaves = end is not None or trigger in _DISCHARGES
    return Encounter(id=stay.id, klass=stay.klass, start=start, end=end, discharge=stay.discharge if leaves else None)


def _identify(message: Message, trigger: str, own: Header) -> None:
    """The id of the movement, which its update and its cancellation name too, and what is asked for."""
    zbe, pv1 = message.first("ZBE"), message.first("PV1")
    number, original = zbe.component(1, 1), zbe.component(6, 1)
    moved = _CANCELS.get(trigger) or original or trigger
    stay = pv1.component(19, 1) or message.first("PID").component(18, 1)
    parts = [message.first("MSH").component(4, 1), stay, number or moved]
    if not number and moved in ("A02", "A21", "A22"):  # a stay has several: told apart by when they happened
        parts.append(message.first("EVN").component(6, 1) or message.first("EVN").component(2, 1))
    own.document_id = "ADT/" + "/".join(filter(None, parts))
    if trigger in _CANCELS or zbe.field(4) == "CANCEL":
        own.action = Action.DELETE
    elif zbe.field(4) == "UPDATE" or trigger in ("A08", "Z99"):
        own.action = Action.REPLACE


def _tell_stay(stay: Encounter, pv1: Segment, page: _Page, planned: bool) -> None:
    name = _CLASSES.get(stay.klass or "", "Séjour")
    fact = Fact(
        kind="encounter",
        origin="coded",
        code=stay.klass,
        system="2.16.840.1.113883.5.4",
        display=name,
        time_start=stay.start,
        time_end=stay.end,
        planned=planned,
        entry="PV1",
    )
    days = [f"{word} {day[:10]}" for word, day in (("du", stay.start), ("au", stay.end)) if day]
    unit = pv1.component(3, 1)
    page.say(" ".join((name, *(["prévue"] if planned else []), *days)) + (f", unité {unit}" if unit else ""), fact)


def _tell_movement(zbe: Segment, page: _Page) -> None:
    """One movement: when, and the units that take the patient in charge (ZBE-7 medical, ZBE-8 nursing)."""
    for number, label in ((7, "Unité médicale"), (8, "Unité de soins")):
        name, code = zbe.component(number, 1), zbe.component(number, 10)
        if name or code:
            fact = Fact(
                kind="encounter",
                origin="coded",
                code=code or None,
                system="UF",
                display=name or None,
                time_start=iso_time(zbe.component(2, 1))[0],
                time_end=iso_time(zbe.component(3, 1))[0],
                status=zbe.field(9) or None,
                role="movement",
                entry=f"ZBE-{number}",
            )
            page.say(f"{label} : {' '.join(filter(None, (code, name)))}", fact)


def _tell_modes(message: Message, page: _Page) -> None:
    """Modes of entry and exit, provenance and destination: of the PMSI in ZFM, else of PV1-14 and PV1-36."""
    zfm, pv1 = message.first("ZFM"), message.first("PV1")
    told = (
        ("Mode d'entrée", "admission", zfm.component(1, 1), "ZFM-1"),
        ("Mode de sortie", "discharge", zfm.component(2, 1), "ZFM-2"),
        ("Provenance", "provenance", zfm.component(3, 1), "ZFM-3"),
        ("Destination", "destination", zfm.component(4, 1), "ZFM-4"),
        ("Mode d'entrée", "admission", "" if zfm else pv1.component(14, 1), "PV1-14"),
        ("Mode de sortie", "discharge", "" if zfm else pv1.component(36, 1), "PV1-36"),
    )
    for label, role, code, entry in told:
        if code:
            system = _PMSI if entry.startswith("ZFM") else entry
            name = _PMSI_MODES.get(code) if entry in ("ZFM-1", "ZFM-2") else None
            fact = Fact("encounter", "coded", code=code, system=system, display=name, role=role, entry=entry)
            page.say(f"{label} : {' '.join(filter(None, (code, name)))}", fact)


def _tell_death(message: Message, page: _Page) -> None:
    pid, pv1, zfm = message.first("PID"), message.first("PV1"), message.first("ZFM")
    day = iso_time(pid.component(29, 1))[0]
    dead = pid.field(30).upper() in ("Y", "O") or day is not None or zfm.component(2, 1) == "9"
    if not dead:
        return
    day = day or (iso_time(pv1.component(45, 1))[0] if zfm.component(2, 1) == "9" else None)
    fact = Fact("observation", "coded", code="419099009", system="SNOMED CT", display="Décès", time_start=day)
    fact.entry = "PID-30"
    page.say(f"Décès{f' le {day[:10]}' if day else ''}", fact)


def _tell_diagnosis(dg1: Segment, page: _Page) -> None:
    if dg1.field(21) == "D":
        return
    codes = codes_of(dg1, 3)
    words = dg1.field(4) or (codes[0].display if codes else None)
    if not codes and not words:
        return
    written = dg1.component(6, 1).upper()
    role = _DIAGNOSES.get(written) or None
    if role in (None, "final") and dg1.field(15) == "1":
        role = "DP"
    fact = Fact(
        kind="condition",
        origin="coded",
        code=codes[0].code if codes else None,
        system=codes[0].system if codes else None,
        display=words,
        translations=codes[1:],
        time_start=iso_time(dg1.component(5, 1))[0],
        hypothetical=role == "working",
        status=role,
        entry=f"DG1[{dg1.field(1)}]",
    )
    page.say(f"{_SHOWN.get(role or '', 'Diagnostic')} : {' '.join(filter(None, (fact.code, words)))}", fact)


def _tell_act(pr1: Segment, page: _Page) -> None:
    codes = codes_of(pr1, 3)
    words = pr1.field(4) or (codes[0].display if codes else None)
    if not codes and not words:
        return
    fact = Fact(
        kind="procedure",
        origin="coded",
        code=codes[0].code if codes else None,
        system=codes[0].system if codes else None,
        display=words,
        translations=codes[1:],
        time_start=iso_time(pr1.component(5, 1))[0],
        entry=f"PR1[{pr1.field(1)}]",
    )
    page.say(f"Acte : {' '.join(filter(None, (fact.code, words)))}", fact)


def _tell_allergy(al1: Segment, page: _Page) -> None:
    codes = codes_of(al1, 3)
    words = al1.component(3, 2) or al1.component(3, 1)
    if not words:
        return
    coded = codes[0] if codes and codes[0].code != words else None
    fact = Fact(
        kind="allergy",
        origin="coded",
        code=coded.code if coded else None,
        system=coded.system if coded else None,
        display=words,
        severity=al1.component(4, 1) or None,
        time_start=iso_time(al1.component(6, 1))[0],
        entry=f"{al1.name}[{al1.field(1)}]",
    )
    page.say(f"Allergie : {words}", fact)


def _tell_measure(obx: Segment, page: _Page) -> None:
    from limpide.readers.hl7v2_results import single

    if found := single(obx):
        page.say(found[1], found[0])


_CLINICAL = {
    "DG1": _tell_diagnosis, "PR1": _tell_act, "AL1": _tell_allergy, "IAM": _tell_allergy, "OBX": _tell_measure,
}  # fmt: skip


def _appointment(message: Message, trigger: str, header: Header, page: _Page) -> Header | None:
    """A planned encounter: when, for what, in which place."""
    sch = message.first("SCH")
    if not sch:
        return None
    own = _header(message, trigger, header)
    number = sch.component(2, 1) or sch.component(1, 1)
    if number:
        own.document_id = f"SIU/{message.first('MSH').component(4, 1)}/{number}"
    if trigger in _CANCELLED_APPOINTMENTS:
        own.action = Action.DELETE
    elif trigger in _CHANGED_APPOINTMENTS:
        own.action = Action.REPLACE
    times = [
        iso_time(written)[0]
        for written in (
            sch.component(11, 4),
            message.first("TQ1").component(7, 1),
            message.first("AIS").component(4, 1),
        )
    ]
    ends = [iso_time(written)[0] for written in (sch.component(11, 5), message.first("TQ1").component(8, 1))]
    start, end = next(filter(None, times), None), next(filter(None, ends), None)
    codes = codes_of(message.first("AIS"), 3)
    reason = (codes[0].display if codes else None) or sch.component(7, 2) or sch.component(6, 2) or sch.component(7, 1)
    fact = Fact(
        kind="encounter",
        origin="coded",
        code=codes[0].code if codes else None,
        system=codes[0].system if codes else None,
        display=reason or None,
        time_start=start,
        time_end=end,
        planned=True,
        negated=trigger == "S26",  # did not come
        status=sch.component(25, 1) or None,
        entry="SCH",
    )
    when = f" du {start[:10]}{f' à {start[11:16]}' if len(start) > 11 else ''}" if start else ""
    place = message.first("AIL").component(3, 1)
    page.say(f"Rendez-vous{when} : {reason or 'sans motif'}" + (f", {place}" if place else ""), fact)
    for segment in message.all("DG1"):
        _tell_diagnosis(segment, page)
    return own
