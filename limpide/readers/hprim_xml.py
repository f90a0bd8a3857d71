"""HPRIM XML: the stay, diagnoses and acts that hospital software exchanges (evenementsServeurActes, evenementsPMSI…).

Belongs here: patient, venue, diagnostics and acts of an event, by the local names of the schemas 1.x and 2.x. Does not
belong here: HPRIM Santé and Médecins, which are text. Elements that hold codes and are not read are counted and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from limpide.document import Action, CareSite, Code, Document, Fact, Format, Header, Identifier, Patient
from limpide.errors import Limits, Reason, Refused
from limpide.readers.origin import Origin
from limpide.readers.safe_xml import Element, tree

TYPE_SYSTEM = "http://www.hprim.org/hprimXML"
_SEX = {"M": "M", "F": "F", "masculin": "M", "feminin": "F", "1": "M", "2": "F"}
_CLASSES = {
    "hsp": "IMP",
    "hospitalisation": "IMP",
    "cslt": "AMB",
    "consultation": "AMB",
    "externe": "AMB",
    "urg": "EMER",
}
_DIAGNOSES = {
    "diagnosticPrincipal": ("DP", "Diagnostic principal"),
    "diagnosticRelie": ("DR", "Diagnostic relié"),
    "diagnosticAssocie": ("DAS", "Diagnostic associé"),
    "diagnosticSignificatif": ("DAS", "Diagnostic associé"),
    "diagnosticsSignificatif": ("DAS", "Diagnostic associé"),
}
_ACTS = {"acteCCAM": ("codeActe", "CCAM"), "acteNGAP": ("lettreCle", "NGAP"), "acteNABM": ("code", "NABM")}


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The documents of a message: one for each event of a patient. Raises `Refused`."""
    root, warnings = tree(data, limits)
    events = [
        node for node in root.iter() if _name(node).startswith("evenement") and _child(node, "patient") is not None
    ]
    documents = []
    for event in events:
        own = origin if len(events) == 1 else origin.part(_bytes(event))
        documents.append(_event(event, root, own))
    if not documents:
        raise Refused(Reason.NO_DOCUMENT, f"HPRIM XML {_name(root)[:60]} without an event of a patient")
    documents[0].warnings += warnings
    return documents


def _bytes(node: Element) -> bytes:
    from lxml import etree

    return etree.tostring(node, method="c14n")


def _name(node: Element) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def _child(node: Element | None, *names: str) -> Element | None:
    for name in names:
        node = next((child for child in node if _name(child) == name), None) if node is not None else None
    return node


def _all(node: Element, name: str) -> Iterator[Element]:
    return (found for found in node.iter() if _name(found) == name)


def _text(node: Element | None, *names: str) -> str | None:
    found = _child(node, *names)
    return " ".join((found.text or "").split()) or None if found is not None else None


def _time(node: Element | None) -> str | None:
    """`dateHeureOptionnelle` and its kin: a date, an hour perhaps; or the element's own text."""
    if node is None:
        return None
    day = next((" ".join((n.text or "").split()) for n in node.iter() if _name(n) in ("date", "dateISO")), None)
    hour = next((" ".join((n.text or "").split()) for n in node.iter() if _name(n) == "heure"), None)
    day = day or " ".join((node.text or "").split()) or None
    return f"{day}T{hour}" if day and hour and "T" not in day else day


def _event(event: Element, root: Element, origin: Origin) -> Document:
    header = Header(language="fr", type_code=_name(event), type_system=TYPE_SYSTEM)
    header.title = "Message HPRIM XML : séjour, diagnostics et actes"
    header.patient = _patient(_child(event, "patient"))
    message = _child(root, "enteteMessage")
    header.effective_time = _text(message, "dateHeureProduction")
    agent = next((_text(node, "libelle") for node in _all(root, "agent") if _text(node, "libelle")), None)
    header.care_site = CareSite(name=agent)
    if (event.get("action") or "") in ("suppression", "annulation"):
        header.action = Action.DELETE
    elif event.get("action") == "modification":
        header.action = Action.REPLACE
    stay = _child(event, "venue")
    number = _text(stay, "identifiant", "emetteur", "valeur") or _text(stay, "identifiant", "emetteur")
    header.encounter.id = number
    header.encounter.klass = _CLASSES.get((_text(stay, "natureVenueHprim") or "").lower())
    header.encounter.start = _time(_child(stay, "entree"))
    header.encounter.end = _time(_child(stay, "sortie"))
    way_out = _child(stay, "sortie", "modeSortieHprim")
    if way_out is not None and (way_out.text or "").strip():
        header.encounter.discharge = Code((way_out.text or "").strip(), "HPRIM")
    header.document_id = f"HPRIM/{_name(event)}/{number}" if number else None
    lines: list[str] = [header.title]
    facts: list[Fact] = []
    length = len(header.title) + 1

    def say(line: str, fact: Fact | None = None) -> None:
        nonlocal length
        if fact is not None:
            fact.start, fact.end, fact.text = length, length + len(line), line
            facts.append(fact)
        lines.append(line)
        length += len(line) + 1

    start, end = header.encounter.start, header.encounter.end
    if start or end:
        days = [f"{word} {day[:10]}" for word, day in (("du", start), ("au", end)) if day]
        fact = Fact("encounter", "coded", code=header.encounter.klass, display="Séjour", time_start=start, time_end=end)
        fact.entry = "venue"
        say(" ".join(("Séjour", *days)), fact)
    for fact, line in (*_diagnoses(event, start), *_acts(event)):
        say(line, fact)
    document = Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HPRIM_XML),
        header=header,
        text="\n".join(lines) + "\n",
        facts=facts,
    )
    unread = Counter(_name(node) for node in event.iter() if _is_act(_name(node)) and _name(node) not in _ACTS)
    if unread:
        named = ", ".join(f"{count} {name}" for name, count in sorted(unread.items()))
        document.warnings.append(f"elements not read: {named}")
    if not facts:
        document.status, document.reason = "quarantined", str(Reason.NO_DOCUMENT)
        document.detail = f"HPRIM XML {_name(event)[:60]} tells neither stay, diagnosis nor act"
    return document


def _is_act(name: str) -> bool:
    return name.startswith("acte") and name[4:5].isupper()


def _patient(node: Element | None) -> Patient:
    patient = Patient()
    for kind in ("emetteur", "recepteur"):
        found = _child(node, "identifiant", kind)
        value = _text(found, "valeur") or (" ".join((found.text or "").split()) if found is not None else "")
        if value:
            patient.identifiers.append(Identifier(value))
    person = _child(node, "personnePhysique")
    if person is None:
        return patient
    patient.sex = _SEX.get(person.get("sexe") or "")
    patient.family_used = _text(person, "nomUsuel")
    patient.family_birth = _text(person, "nomNaissance") or patient.family_used
    patient.given = [name for name in (" ".join((n.text or "").split()) for n in _all(person, "prenom")) if name]
    patient.birth_date = (_time(_child(person, "dateNaissance")) or "")[:10] or None
    for address in _all(person, "adresse"):
        words = " ".join(" ".join(" ".join(map(str, address.itertext())).split()).split())
        if words:
            patient.addresses.append(words)
    return patient


def _diagnoses(event: Element, day: str | None) -> Iterator[tuple[Fact, str]]:
    for node in event.iter():
        role = _DIAGNOSES.get(_name(node))
        code = _text(node, "codeCim10") or (node.get("codeCim10") if role else None)
        if role and code:
            label = _text(node, "libelle") or _text(node, "commentaire")
            fact = Fact("condition", "coded", code=_dotted(code), system="CIM-10", display=label, time_start=day)
            fact.status, fact.entry = role[0], _name(node)
            yield fact, " ".join(filter(None, (f"{role[1]} :", fact.code, label)))


def _dotted(code: str) -> str:
    """CIM-10 as it is published: the PMSI leaves the point out."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code and code[3:4].isalnum() else code


def _acts(event: Element) -> Iterator[tuple[Fact, str]]:
    for node in event.iter():
        known = _ACTS.get(_name(node))
        code = _text(node, known[0]) if known else None
        if known and code:
            if _name(node) == "acteNGAP":
                code = " ".join(filter(None, (code, _text(node, "coefficient"))))
            fact = Fact("procedure", "coded", code=code, system=known[1], display=_text(node, "libelle"))
            fact.time_start = _time(_child(node, "execute"))
            fact.entry = _name(node)
            fact.negated = (node.get("action") or "") in ("suppression", "annulation")
            yield fact, " ".join(filter(None, ("Acte :", code, fact.display)))
