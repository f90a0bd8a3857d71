"""FHIR R4: bundles, lone resources, arrays and NDJSON, in JSON or XML; documents, attachments and clinical resources.

Belongs here: which documents a FHIR file holds (document, transaction ITI-65, searchset, DocumentReference, Binary).
Does not belong here: what a clinical resource states (fhir_facts.py), datatypes (fhir_values.py).

Rules: formats.md section 8. An attachment's size and hash (base64 SHA-1) are verified; a mismatch is a warning.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from limpide.document import Action, Document, Format, Header, Patient, Section
from limpide.errors import Limits, Reason, Refused
from limpide.formats import formats_of
from limpide.readers.carried import aside, mismatches, open_carried
from limpide.readers.encodings import decoded
from limpide.readers.fhir_facts import CLINICAL, facts_of, words_of
from limpide.readers.fhir_values import (
    Json,
    Library,
    author,
    codings,
    identifiers,
    items,
    label,
    narrative,
    oid,
    patient,
    text_of,
    when,
)
from limpide.readers.fhir_xml import parse as parse_xml
from limpide.readers.origin import Origin
from limpide.readers.written_dates import existing

_SUBJECTS = ("subject", "patient")
_STUB_BYTES = 200
_EXPECTED = {Format.PDF, Format.RTF}  # declared so and something else, a payload is a stub (formats.md section 8)


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """Every document of a FHIR file: the ones attached, the one composed, and one per patient for clinical resources.

    Raises `Refused(MALFORMED)` on broken JSON, `Refused(NO_DOCUMENT)` when the file carries neither document nor fact.
    """
    roots, warnings = _parse(data, limits)
    alone = [[root] for root in roots if _is_document(root)]
    others = [root for root in roots if not _is_document(root)]
    groups = [*alone, others] if others else alone
    documents: list[Document] = []
    for group in groups:
        documents.extend(_documents(group, origin if len(groups) == 1 else origin.part(_bytes(group)), limits))
    for document in documents:
        document.warnings.extend(warnings)
    if not documents:
        kinds = sorted({str(r.get("resourceType")) for r in _load(roots)[0]})
        raise Refused(Reason.NO_DOCUMENT, f"{', '.join(kinds)[:120]} carries neither document nor clinical fact")
    return documents


def _documents(roots: list[Json], origin: Origin, limits: Limits) -> list[Document]:
    """Every document of one FHIR document, or of all that is none."""
    resources, library, bundle_type = _load(roots)
    documents: list[Document] = []
    spoken: set[int] = set()
    if bundle_type == "document":
        for resource in resources:
            if resource.get("resourceType") == "Composition":
                theirs = _same_person(resource, resources, library)
                documents.append(_composition(resource, theirs, library, origin))
                spoken = {id(r) for r in theirs}
                break
    used: set[int] = set()
    for resource in resources:
        if resource.get("resourceType") == "DocumentReference":
            documents.extend(_attached(resource, library, origin, limits, used))
        elif resource.get("resourceType") == "DiagnosticReport":
            for attachment in items(resource, "presentedForm"):
                documents.extend(_one(attachment, resource, _header(resource, library), library, origin, limits, used))
    if not documents:
        for resource in resources:
            if resource.get("resourceType") == "Binary" and id(resource) not in used:
                documents.extend(_binary(resource, origin, limits))
    clinical = [r for r in resources if id(r) not in spoken]
    return documents + _clinical(clinical, library, origin, whole=not documents)


def _same_person(composition: Json, resources: list[Json], library: Library) -> list[Json]:
    """The resources of a document but those that are about somebody else than it is: a newborn in its mother's."""
    own = _whom(composition, library)[0]
    return [r for r in resources if r.get("resourceType") not in CLINICAL or _whom(r, library)[0] in (own, "")]


def _is_document(root: Json) -> bool:
    return root.get("resourceType") == "Bundle" and root.get("type") == "document"


def _bytes(resources: list[Json]) -> bytes:
    return json.dumps(resources, sort_keys=True).encode()


def _load(roots: list[Json]) -> tuple[list[Json], Library, str | None]:
    """Resources in order, the library to resolve references, the type of bundle."""
    library = Library()
    resources: list[Json] = []
    bundle_type: str | None = None
    for world, root in enumerate(roots, 1):
        if root.get("resourceType") != "Bundle":
            resources.append(root)
            library.add(root)
            continue
        bundle_type = text_of(root, "type")
        for entry in items(root, "entry"):
            for resource in items(entry, "resource"):
                resources.append(resource)
                library.add(resource, text_of(entry, "fullUrl"), world)
    return resources, library, bundle_type


def _parse(data: bytes, limits: Limits) -> tuple[list[Json], list[str]]:
    """The resources of a file, and what was odd: one, an array of them, one a line (bulk export), or XML."""
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or data[:2] in (b"<\x00", b"\xff\xfe", b"\xfe\xff"):
        try:
            return parse_xml(data, limits), []
        except Refused as refusal:
            if data[:2] not in (b"\xff\xfe", b"\xfe\xff") or refusal.reason != Reason.MALFORMED:
                raise
    text, warnings = decoded(data)
    try:
        roots = [json.loads(text)]
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            roots = [json.loads(line) for line in lines] if len(lines) > 1 else []
        except ValueError:
            roots = []
    flat = [one for root in roots for one in (root if isinstance(root, list) else [root])]
    found = [r for r in flat if isinstance(r, dict) and isinstance(r.get("resourceType"), str)]
    if not found:
        raise Refused(Reason.MALFORMED, "broken JSON")
    return found, warnings


def _document(origin: Origin, header: Header) -> Document:
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.FHIR),
        header=header,
    )


def _header(resource: Json, library: Library) -> Header:
    """The header that a DocumentReference, a Composition or a DiagnosticReport states."""
    head = Header()
    master = items(resource, "masterIdentifier") or items(resource, "identifier")
    head.document_id = oid(text_of(master[0], "value")) if master else None
    if "masterIdentifier" in resource:
        logical = identifiers(resource)
        head.set_id = oid(logical[0].value) if logical else None
    for relation in items(resource, "relatesTo"):
        if relation.get("code") == "replaces":
            head.action = Action.REPLACE
            old = _target(relation, library, resource)
            if old:
                head.replaces.append(old)
    if resource.get("status") == "entered-in-error":
        head.action = Action.DELETE
    kind = resource.get("type") or resource.get("code")
    types = codings(kind)
    if types:
        head.type_code, head.type_display = types[0].code, types[0].display
        head.type_system = oid(text_of(items(kind, "coding")[0], "system"))
    head.title = text_of(resource, "title") or text_of(resource, "description")
    head.language = text_of(resource, "language")
    head.effective_time = when(resource, "date", "effective", "issued")[0]
    labels = items(resource, "securityLabel")
    head.confidentiality = [c.code for one in labels for c in codings(one)]
    if confidentiality := text_of(resource, "confidentiality"):
        head.confidentiality.append(confidentiality)
    head.patient = _subject(resource, library)
    for reference in items(resource, "author") + items(resource, "performer"):
        if found := author(library.find(reference, resource), library):
            head.authors.append(found)
    custodian = library.find(resource.get("custodian"), resource)
    if custodian:
        head.care_site.name = text_of(custodian, "name")
        head.care_site.finess = next((i.value for i in identifiers(custodian)), None)
    for context in items(resource, "context"):
        head.encounter.start, head.encounter.end = when(context, "period")
    return head


def _target(relation: Json, library: Library, resource: Json) -> str | None:
    """The id of the document replaced: R4 `target`, or Composition's `targetIdentifier` / `targetReference`."""
    for ident in items(relation, "targetIdentifier"):
        return oid(text_of(ident, "value"))
    for reference in items(relation, "target") + items(relation, "targetReference"):
        for ident in items(reference, "identifier"):
            return oid(text_of(ident, "value"))
        known = library.find(reference, resource)
        master = items(known, "masterIdentifier") if known else []
        if master:
            return oid(text_of(master[0], "value"))
        return oid(text_of(reference, "reference"))
    return None


def _subject(resource: Json, library: Library) -> Patient:
    """Whom a resource is about, as its own context names them; nobody where that cannot be told."""
    return _whom(resource, library)[1]


def _whom(resource: Json, library: Library) -> tuple[str, Patient]:
    """What tells the person that a resource is about from others in the file, and their identity.

    A mother's file may hold what is her child's: who is named and is not there is never replaced by who is.
    """
    for node in (resource, *_visits(resource, library)):
        # R4 Observation.focus: what is observed when it is not the subject of the record (a foetus, a donor).
        about = [
            one for one in items(node, "focus") if re.search(r"\b(Patient|RelatedPerson)/", str(one.get("reference")))
        ]
        for reference in about or [one for name in _SUBJECTS for one in items(node, name)]:
            target = library.find(reference, node)
            found = Patient()
            if target is None or target.get("resourceType") == "Patient":
                found = patient(target, reference)
            return _person_key(found, target, reference), found
    known = library.all("Patient", beside=resource)
    if not known or any(patient(one) != patient(known[0]) for one in known):
        return "", Patient()
    return _person_key(patient(known[0]), known[0], {}), patient(known[0])


def _visits(resource: Json, library: Library) -> list[Json]:
    """The encounter of a resource that names no subject itself."""
    if any(items(resource, name) for name in _SUBJECTS):
        return []
    found = [library.find(one, resource) for name in ("encounter", "context") for one in items(resource, name)]
    return [one for one in found if one is not None and one.get("resourceType") in ("Encounter", "EpisodeOfCare")]


def _person_key(who: Patient, target: Json | None, reference: Json) -> str:
    if who.ins:
        return who.ins
    if who.identifiers:
        return "|".join(sorted(f"{i.system}^{i.value}" for i in who.identifiers))
    return f"resource {id(target)}" if target is not None else f"reference {json.dumps(reference, sort_keys=True)}"


def _attached(reference: Json, library: Library, origin: Origin, limits: Limits, used: set[int]) -> list[Document]:
    head = _header(reference, library)
    documents: list[Document] = []
    for content in items(reference, "content"):
        for attachment in items(content, "attachment"):
            documents.extend(_one(attachment, reference, head, library, origin, limits, used))
    if reference.get("status") == "superseded":  # whether or not its successor ever comes
        for document in documents:
            if document.status == "ok":
                document.status, document.reason = "quarantined", str(Reason.NO_DOCUMENT)
                document.detail = "its sender says that another replaced it"
    return documents


def _one(
    attachment: Json, owner: Json, head: Header, library: Library, origin: Origin, limits: Limits, used: set[int]
) -> list[Document]:
    """The document of one attachment: inline, or a Binary of the same bundle; set aside when it is elsewhere."""
    declared = text_of(attachment, "contentType")
    payload = _decode(attachment.get("data"))
    if payload is None and (url := text_of(attachment, "url")):
        binary = library.find({"reference": url}, owner)
        if binary is not None and binary.get("resourceType") == "Binary":
            used.add(id(binary))
            payload = _decode(binary.get("data"))
            declared = declared or text_of(binary, "contentType")
    if payload is None:
        if head.action is Action.DELETE:
            return [_document(origin, head)]
        return [aside(origin, head, Format.FHIR, Reason.NO_DOCUMENT, "the attachment is not in the file")]
    documents = _open(payload, declared, head, origin, limits)
    for document in documents:
        document.warnings.extend(_verify(attachment, payload))
    return documents


def _verify(attachment: Json, payload: bytes) -> list[str]:
    """Warnings on size and SHA-1 (FHIR: base64; senders also write the hexadecimal of XDS)."""
    size, stated = attachment.get("size"), text_of(attachment, "hash")
    sha1: bytes | None = None
    if stated:
        sha1 = bytes.fromhex(stated) if re.fullmatch(r"[0-9A-Fa-f]{40}", stated) else _decode(stated) or b""
    return mismatches(payload, size if isinstance(size, int) else None, sha1)


def _binary(resource: Json, origin: Origin, limits: Limits) -> list[Document]:
    payload = _decode(resource.get("data"))
    if payload is None:
        return [aside(origin, Header(), Format.FHIR, Reason.EMPTY, "Binary without data")]
    return _open(payload, text_of(resource, "contentType"), Header(), origin, limits)


def _open(payload: bytes, declared: str | None, head: Header, origin: Origin, limits: Limits) -> list[Document]:
    from limpide.readers.recognise import recognise

    kind = recognise(payload)
    promised = formats_of(declared) & _EXPECTED
    if (promised and kind not in promised) or (kind == Format.CDA_N3 and len(payload) < _STUB_BYTES):
        return [
            aside(
                origin.inner(payload),
                head,
                Format.FHIR,
                Reason.DUMMY_PAYLOAD,
                "the payload is not what it is declared to be",
            )
        ]
    return open_carried(payload, origin, limits, head, Format.FHIR)


def _composition(composition: Json, resources: list[Json], library: Library, origin: Origin) -> Document:
    """A FHIR document: the Composition's header and sections, the facts of every entry."""
    document = _document(origin, _header(composition, library))
    parts: list[str] = []
    length = 0
    theirs = {id(resource) for resource in resources}
    told: set[int] = set()  # a resource is stated once, however many sections point to it; ids may be absent
    if any(resource.get("resourceType") == "DeviceUseStatement" for resource in resources):
        told = {id(resource) for resource in resources if resource.get("resourceType") == "Device"}

    def add(text: str) -> tuple[int, int]:
        nonlocal length
        start = length
        parts.append(text)
        length += len(text)
        return start, length

    def section(node: Json, depth: int) -> None:
        codes = codings(node.get("code"))
        title = text_of(node, "title") or label(node.get("code"))
        start = length
        if title:
            add(f"{title}\n")
        body = narrative(text_of(node.get("text"), "div"))
        if body:
            add(f"{body}\n")
        system = codes[0].system if codes else None
        document.sections.append(
            Section(
                codes[0].code if codes else None,
                "2.16.840.1.113883.6.1" if system == "LOINC" else system,
                title,
                start,
                length,
                depth=depth,
                has_entries=bool(items(node, "entry")),
            )
        )
        here = document.sections[-1]
        for reference in items(node, "entry"):
            resource = library.find(reference, composition)
            if resource is not None and id(resource) not in told and id(resource) in theirs:
                told.add(id(resource))
                _state(document, resource, library, add, here.code, len(document.sections) - 1)
        for child in items(node, "section"):
            section(child, depth + 1)
        here.end = length

    for node in items(composition, "section"):
        section(node, 0)
    # A bundle may hold resources that no section points to: they are stated too.
    for resource in resources:
        if id(resource) not in told:
            _state(document, resource, library, add, None, None)
    document.text = "".join(parts)
    return document


def _state(
    document: Document, resource: Json, library: Library, add: Any, section: str | None, index: int | None
) -> None:
    for fact, line in facts_of(resource, library):
        fact.start, end = add(f"{line}\n")
        fact.end, fact.text = end - 1, line
        if fact.comment:
            add(f"{_COMMENT}{fact.comment}\n")
        fact.section, fact.section_index = section, index
        document.facts.append(fact)


def _clinical(resources: list[Json], library: Library, origin: Origin, whole: bool) -> list[Document]:
    """Clinical resources outside a document: one document per patient, in order; `whole`: the file holds no other."""
    groups: dict[str, list[Json]] = {}
    # A device in a bundle that also says how it was used is stated once, by its use.
    uses = any(r.get("resourceType") == "DeviceUseStatement" for r in resources)
    for resource in resources:
        kind = resource.get("resourceType")
        if (kind not in CLINICAL and words_of(resource) is None) or (kind == "Device" and uses):
            continue
        groups.setdefault(_whom(resource, library)[0], []).append(resource)
    documents: list[Document] = []
    for members in groups.values():
        head = Header(patient=_subject(members[0], library), set_id=_RECORD)
        document = _document(origin if whole and len(groups) == 1 else origin.part(_bytes(members)), head)
        servers = {library.server(resource) for resource in members}
        head.sender = servers.pop() if len(servers) == 1 else None
        names = [_identity(resource) for resource in members]
        if all(names):
            document.parts = [f"{library.server(r) or ''} {name}" for r, name in zip(members, names, strict=True)]
        lines: list[str] = []
        length = 0
        for resource in members:
            head.document_id = head.document_id or _identity(resource)
            head.effective_time = max(
                filter(None, (head.effective_time, _written_on(resource))), key=_moment, default=None
            )
            if found := author(library.find(resource.get("requester") or resource.get("performer"), resource), library):
                head.authors.append(found)
            for fact, line in facts_of(resource, library):
                fact.start, fact.end, fact.text = length, length + len(line), line
                document.facts.append(fact)
                for one in (line, f"{_COMMENT}{fact.comment}" if fact.comment else ""):
                    lines += [one] if one else []
                    length += len(one) + 1 if one else 0
            if words := words_of(resource):
                lines.append(words)
                length += len(words) + 1
        _stay(head, members)
        if document.facts or lines:
            document.text = "\n".join(lines) + "\n"
            documents.append(document)
    return documents


def _stay(head: Header, members: list[Json]) -> None:
    """The one stay of a group is that of its document."""
    stays = [one for one in members if one.get("resourceType") == "Encounter"]
    if len(stays) == 1 and stays[0].get("status") not in ("planned", "cancelled", "entered-in-error"):
        head.encounter.start, head.encounter.end = when(stays[0], "period")
        head.encounter.klass = text_of(stays[0].get("class"), "code")
        head.encounter.id = _identity(stays[0])


_COMMENT = "Commentaire : "
_RECORD = "FHIR record"  # the set of all that one server sends of one patient, export after export
_WRITTEN = ("issued", "authoredOn", "authored", "recordedDate", "dateRecorded", "recorded", "dateAsserted", "date")
_HAPPENED = ("effective", "performed", "occurrence", "onset", "started")
_REQUESTS = ("ServiceRequest", "DeviceRequest", "Task", "CommunicationRequest", "Appointment")


def _written_on(resource: Json) -> str | None:
    """When a resource was written, else when what it states began; what is only planned dates nothing."""
    for names in (_WRITTEN, _HAPPENED if resource.get("resourceType") not in _REQUESTS else ()):
        for name in names:
            found = when(resource, name)[0]
            if found and existing(found):
                return found
    return None


def _moment(written: str) -> tuple[str, str]:
    """What orders two times of any precision: in UTC where both can be."""
    try:
        read = datetime.fromisoformat(written)
        return (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)).isoformat(), written
    except ValueError:
        return written, written


def _identity(resource: Json) -> str | None:
    known = identifiers(resource)
    if known:
        return f"{known[0].system}^{known[0].value}" if known[0].system else known[0].value
    return f"{resource['resourceType']}/{resource['id']}" if text_of(resource, "id") else None


def _decode(data: Any) -> bytes | None:
    if not isinstance(data, str) or not data:
        return None
    try:
        return base64.b64decode("".join(data.split()) + "=" * (-len("".join(data.split())) % 4))
    except (binascii.Error, ValueError):
        return None
