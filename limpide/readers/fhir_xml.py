"""FHIR in XML as the JSON that the rest of the door reads.

Belongs here: the one-to-one correspondence of FHIR's XML and JSON (R4, 2.6.2). Does not belong here: what anything
means.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from limpide.errors import Limits, Reason, Refused
from limpide.readers.fhir_values import Json
from limpide.readers.safe_xml import Element, tree

_FHIR = "{http://hl7.org/fhir}"
_DIV = "{http://www.w3.org/1999/xhtml}div"
_HOLDERS = ("resource", "contained", "outcome")  # what holds a resource under the name of its type
_LISTS = frozenset(("given", "line", "prefix", "suffix", "profile", "timeOfDay", "when", "dayOfWeek"))  # of primitives
_NUMBERS = frozenset(("valueInteger", "valueDecimal", "frequency", "period", "count", "size", "valuePositiveInt"))
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,3})?")
_WORDS = ("identifier", "telecom", "extension", "modifierExtension")  # whose `value` is no number


def parse(data: bytes, limits: Limits) -> list[Json]:
    """The resource of a file. Raises `Refused` as `safe_xml.tree`, MALFORMED when it is none of FHIR's."""
    root, _ = tree(data, limits)
    if not str(root.tag).startswith(_FHIR):
        raise Refused(Reason.MALFORMED, "the root is no FHIR resource")
    return [_resource(root)]


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def _resource(node: Element) -> Json:
    return {"resourceType": _local(node), **_members(node)}


def _members(node: Element) -> Json:
    found: Json = {}
    for name in ("id", "url"):  # attributes of elements and extensions
        if node.get(name):
            found[name] = node.get(name)
    for child in node:
        name = _local(child)
        if not name:
            continue
        value = _value(child, name)
        if value is None:
            continue
        if name in found:
            held = found[name] if isinstance(found[name], list) else [found[name]]
            found[name] = [*held, value]
        else:
            found[name] = [value] if name in _LISTS else value
    return found


def _value(node: Element, name: str) -> Any:
    if node.tag == _DIV:
        return etree.tostring(node, encoding="unicode", with_tail=False)
    if name in _HOLDERS and len(node):
        inner = next((child for child in node if _local(child)[:1].isupper()), None)
        return _resource(inner) if inner is not None else None
    written = node.get("value")
    if written is None:
        return _members(node) or None
    return _primitive(str(written), name, node)


def _primitive(written: str, name: str, node: Element) -> Any:
    parent = node.getparent()
    above = _local(parent) if parent is not None else ""
    numeric = name in _NUMBERS or (name == "value" and not above.lower().endswith(_WORDS))
    if numeric and _NUMBER.fullmatch(written):
        return float(written) if re.search(r"[.eE]", written) else int(written)
    if written in ("true", "false") and name not in ("valueString", "display", "text"):
        return written == "true"
    return written
