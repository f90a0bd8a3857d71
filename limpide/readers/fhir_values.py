"""FHIR R4 datatypes: codings, quantities, dates, references, names, narrative.

Belongs here: what any FHIR resource is made of. Does not belong here: what a resource means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from limpide.document import Author, Code, Identifier, Patient
from limpide.readers.oids import system_name

Json = dict[str, Any]

# FHIR URIs of the terminologies that French documents use, by the short name used across Limpide.
SYSTEMS = {
    "http://loinc.org": "LOINC",
    "http://snomed.info/sct": "SNOMED CT",
    "http://hl7.org/fhir/sid/icd-10": "CIM-10",
    "http://www.whocc.no/atc": "ATC",
    "http://data.esante.gouv.fr/ansm/medicament/CIS": "CIS",
    "http://data.esante.gouv.fr/ansm/medicament/CIP": "CIP",
    "http://data.esante.gouv.fr/ansm/medicament/UCD": "UCD",
    "http://data.esante.gouv.fr/ansm/medicament/codeSMS": "SMS",
    "http://standardterms.edqm.eu": "EDQM",
    "http://unitsofmeasure.org": "UCUM",
}
_LOINC_OID = "2.16.840.1.113883.6.1"
_INS = {f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)}
_INS_C = "1.2.250.1.213.1.4.2"
_RPPS = "1.2.250.1.71.4.2.1"
_SEX = {"male": "M", "female": "F", "other": "UN"}
_BLOCKS = {"p", "div", "li", "tr", "table", "br", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol"}


def items(node: Any, name: str) -> list[Json]:
    """The objects under a name, whether it holds one, several or none."""
    value = node.get(name) if isinstance(node, dict) else None
    if isinstance(value, dict):
        return [value]
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def text_of(node: Any, name: str) -> str | None:
    """The string under a name, or None."""
    value = node.get(name) if isinstance(node, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def oid(uri: str | None) -> str | None:
    """`urn:oid:1.2.3` as `1.2.3`, `urn:uuid:…` as the bare UUID; LOINC's URI as its OID; anything else unchanged."""
    if uri == "http://loinc.org":
        return _LOINC_OID
    return re.sub(r"^urn:(?:oid|uuid):", "", uri) if uri else None


def codings(concept: Any) -> list[Code]:
    """Every coding of a CodeableConcept, in order."""
    found = []
    for coding in items(concept, "coding"):
        code, system = text_of(coding, "code"), text_of(coding, "system")
        if code:
            found.append(Code(code, SYSTEMS.get(system or "", system_name(oid(system))), text_of(coding, "display")))
    return found


def label(concept: Any) -> str | None:
    """What a CodeableConcept is called: its text, else the first display."""
    if text := text_of(concept, "text"):
        return text
    return next((c.display for c in codings(concept) if c.display), None)


def number(value: Any) -> float | None:
    """A JSON number as float; booleans are none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def when(node: Any, *names: str) -> tuple[str | None, str | None]:
    """Start and end of the first of `names` present: `xDateTime`, `xPeriod`, `xInstant`, `xDate`, `x`."""
    for name in names:
        for suffix in ("DateTime", "Instant", "Date", ""):
            if found := text_of(node, name + suffix):
                return found.replace("Z", "+00:00"), None
        for period in items(node, name + "Period") or items(node, name):
            start, end = text_of(period, "start"), text_of(period, "end")
            if start or end:
                return tuple(t.replace("Z", "+00:00") if t else None for t in (start, end))  # type: ignore[return-value]
    return None, None


class Library:
    """Resources by every name that a reference may use (R4 2.3, 3.1.1.5.1): fullUrl, Type/id, #contained.

    A bundle is a world of its own: what it names is looked up in it first, then in the rest of the file. A name that
    two servers give to two resources is nobody's: `find` answers None rather than one of them.
    """

    def __init__(self) -> None:
        self._by_name: dict[tuple[int | None, str], list[Json]] = {}  # (bundle or None for any, name)
        self._world: dict[int, int] = {}
        self._base: dict[int, str | None] = {}  # address of the server that a fullUrl states; '' for a urn
        self._whole: dict[int, Json] = {}  # contained resource -> the one that contains it
        self._every: list[Json] = []

    def add(self, resource: Json, full_url: str | None = None, world: int = 0) -> None:
        """Register a resource and what it contains. `world`: the bundle that holds it. The first of a name wins."""
        kind, ident = text_of(resource, "resourceType"), text_of(resource, "id")
        name = f"{kind}/{ident}" if kind and ident else None
        self._every.append(resource)
        self._world[id(resource)] = world
        self._base[id(resource)] = _server(full_url, name)
        for one in filter(None, {full_url, name}):
            self._by_name.setdefault((None, one), []).append(resource)
            self._by_name.setdefault((world, one), []).append(resource)
        for inner in items(resource, "contained"):
            self._every.append(inner)
            self._whole[id(inner)] = resource

    def server(self, resource: Json) -> str | None:
        """The address of the server that holds a resource, where its entry states one."""
        return self._base.get(id(resource)) or None

    def find(self, reference: Any, owner: Json | None = None) -> Json | None:
        """The resource that a Reference of `owner` points to, when it is at hand.

        `#id` is of the resource that contains the owner or is it: contained ids mean nothing elsewhere (R4 2.1.3.6).
        """
        name = text_of(reference, "reference")
        if not name:
            return None
        if name.startswith("#"):
            whole = self._whole.get(id(owner), owner)
            if name == "#":
                return whole
            return next((inner for inner in items(whole, "contained") if inner.get("id") == name[1:]), None)
        name = name.split("/_history/")[0]
        place = self._whole.get(id(owner), owner) if owner is not None else None
        world, base = self._world.get(id(place)), self._base.get(id(place))
        if base and ":" not in name:
            return self._named(world, base + name) or self._unplaced(world, name)
        if "://" not in name:
            return self._named(world, name)
        if found := self._named(world, name):
            return found
        short = "/".join(name.split("/")[-2:])
        found = self._named(world, short)
        # The same type and id on another server is another resource.
        return found if found is not None and self._base[id(found)] in (None, name[: -len(short)]) else None

    def _unplaced(self, world: int | None, name: str) -> Json | None:
        """The resource of that type and id whose entry states no server."""
        found = self._named(world, name)
        return found if found is not None and not self._base[id(found)] else None

    def _named(self, world: int | None, name: str) -> Json | None:
        """The resource of a name, in a bundle first; None as soon as it is the name of two."""
        for where in (world, None):
            if found := self._by_name.get((where, name)):
                return found[0] if all(self._same(found[0], other) for other in found[1:]) else None
        return None

    def _same(self, one: Json, other: Json) -> bool:
        """Whether two resources of one name are one: of one server, or two statements of one patient."""
        mine, theirs = self._base[id(one)], self._base[id(other)]
        if mine != theirs:
            return False
        if mine or one.get("resourceType") != "Patient":
            return True
        numbers = [{(i.system, i.value) for i in identifiers(each)} for each in (one, other)]
        if all(numbers):
            return bool(numbers[0] & numbers[1])
        return (one.get("name"), one.get("birthDate")) == (other.get("name"), other.get("birthDate"))

    def all(self, kind: str, beside: Json | None = None) -> list[Json]:
        """Resources of a kind, in order of appearance; `beside`: in the bundle of this one, if it is in one."""
        world = self._world.get(id(self._whole.get(id(beside), beside)), 0)
        return [
            one
            for one in self._every
            if one.get("resourceType") == kind
            and (not world or self._world.get(id(self._whole.get(id(one), one))) == world)
        ]


def _server(full_url: str | None, name: str | None) -> str | None:
    """The base address that a fullUrl states, '' when it is none ('urn:uuid:…'); None without a fullUrl."""
    if not full_url:
        return None
    return full_url[: -len(name)] if name and "://" in full_url and full_url.endswith("/" + name) else ""


def identifiers(node: Any) -> list[Identifier]:
    """Identifiers of a resource, OIDs bare."""
    return [
        Identifier(value, oid(text_of(i, "system")))
        for i in items(node, "identifier")
        if (value := text_of(i, "value"))
    ]


def patient(resource: Json | None, reference: Any = None) -> Patient:
    """A Patient resource (FR Core), or what a search reference states (`Patient?identifier=oid|value`)."""
    found = Patient()
    if resource is None:
        target = text_of(reference, "reference") or ""
        stated = re.search(r"[?&]identifier=([^|&]+)(?:%7C|\|)([^&]+)", target)
        ident = items(reference, "identifier")
        if stated:
            found.identifiers = [Identifier(stated.group(2), oid(stated.group(1)))]
        elif ident:
            found.identifiers = identifiers({"identifier": ident})
    else:
        found.identifiers = identifiers(resource)
        for name in items(resource, "name"):
            family = text_of(name, "family")
            if name.get("use") == "official" or (not found.family_birth and name.get("use") != "usual"):
                found.family_birth = family
            elif family:
                found.family_used = family
            given = name.get("given")
            for one in given if isinstance(given, list) else []:
                if isinstance(one, str) and one not in found.given:
                    found.given.append(one)
        found.birth_date = text_of(resource, "birthDate")
        found.sex = _SEX.get(text_of(resource, "gender") or "")
        for address in items(resource, "address"):
            lines = address.get("line")
            parts = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
            parts += filter(None, (text_of(address, "postalCode"), text_of(address, "city")))
            if text := text_of(address, "text") or " ".join(parts):
                found.addresses.append(text)
        found.telecoms = [v for t in items(resource, "telecom") if (v := text_of(t, "value"))]
    national = [i for i in found.identifiers if i.system in _INS] or [
        i for i in found.identifiers if i.system == _INS_C
    ]
    if national:
        found.ins, found.ins_system = national[0].value, national[0].system
    return found


def author(resource: Json | None, library: Library) -> Author | None:
    """A Practitioner, PractitionerRole, Organization or Device as author."""
    if resource is None:
        return None
    kind = resource.get("resourceType")
    if kind == "PractitionerRole":
        inner = author(library.find(resource.get("practitioner"), resource), library) or Author()
        organization = library.find(resource.get("organization"), resource)
        inner.organization = text_of(organization, "name") or inner.organization
        specialty = [c for s in items(resource, "specialty") + items(resource, "code") for c in codings(s)]
        inner.specialty = specialty[0] if specialty else inner.specialty
        inner.rpps = inner.rpps or next((i.value for i in identifiers(resource)), None)
        return inner
    ids = identifiers(resource)
    own = next((i.value for i in ids if i.system == _RPPS), ids[0].value if ids else None)
    if kind == "Practitioner":
        name = (items(resource, "name") or [{}])[0]
        given = name.get("given")
        first = " ".join(g for g in given if isinstance(g, str)) if isinstance(given, list) else None
        return Author(rpps=own, family=text_of(name, "family"), given=first or None)
    return Author(rpps=own, organization=text_of(resource, "name"))


def narrative(div: str | None) -> str:
    """The text of an XHTML narrative: a line per block, cells separated by tabs. '' when it cannot be parsed."""
    if not div:
        return ""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(div.encode(), parser)
    except etree.XMLSyntaxError:
        return ""
    text = "".join(_pieces(root))
    lines = (re.sub(r" *\t *", "\t", re.sub(r"[ \r\n]+", " ", line)).strip() for line in text.split("\x1e"))
    return "\n".join(line for line in lines if line)


def _pieces(node: etree._Element) -> Iterator[str]:
    name = etree.QName(node).localname if isinstance(node.tag, str) else ""
    if name in _BLOCKS:
        yield "\x1e"
    if node.text and name:
        yield node.text
    for child in node:
        yield from _pieces(child)
        if child.tail:
            yield child.tail
    if name in ("td", "th"):
        yield "\t"
    elif name in _BLOCKS:
        yield "\x1e"
