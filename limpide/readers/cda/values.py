"""HL7 v3 data types as plain Python: times, codes, identifiers, quantities, names.

Belongs here: one value of one element. Does not belong here: which element of which entry it stands in.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from limpide.document import Code
from limpide.readers.cda.xml import V3, Element, every, first, words
from limpide.readers.oids import system_name

PARIS = ZoneInfo("Europe/Paris")
_TIME = re.compile(
    r"(\d{4})-?(?:(\d{2})-?(?:(\d{2})"  # year, month, day
    r"(?:[T ]?(\d{2}):?(?:(\d{2}):?(?:(\d{2})(?:[.,]\d+)?)?)?"  # hour, minute, second; milliseconds dropped
    r"\s*(Z|[+-]\d{2}:?\d{2})?)?)?)?"
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d+)?")


@lru_cache(maxsize=65_536)
def iso(value: str | None) -> tuple[str | None, bool]:
    """An HL7 time as ISO 8601, as precise as written, and whether its zone had to be assumed (Europe/Paris).

    '20240109113000+0100' -> '2024-01-09T11:30:00+01:00'; '1972' -> '1972'. What is no date at all gives None:
    a year far off is kept as it stands, a thirteenth month is not a date.
    """
    match = _TIME.fullmatch((value or "").strip())
    if match is None:
        return None, False
    year, month, day, hour, minute, second, zone = match.groups()
    if month == "00" or day == "00":  # an unknown month or day, as civil records write it
        month, day, hour = month if month != "00" else None, None, None
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), min(int(second or 0), 59)
        )
    except ValueError:
        return None, False
    if hour is None:
        return "-".join(part for part in (year, month, day) if part), False
    assumed = zone is None
    if zone is None:
        offset = moment.replace(tzinfo=PARIS).strftime("%z")
        zone = f"{offset[:3]}:{offset[3:5]}"
    elif zone == "Z":
        zone = "+00:00"
    elif ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + zone, assumed


def time_of(element: Element | None) -> str | None:
    """The `value` of a TS element as ISO 8601."""
    return iso(element.get("value"))[0] if element is not None else None


def interval(element: Element | None) -> tuple[str | None, str | None]:
    """Start and end of an effectiveTime: low and high, else its own value or centre as start."""
    if element is None:
        return None, None
    low, high = time_of(first(element, "low")), time_of(first(element, "high"))
    if low is None and high is None:
        return iso(element.get("value"))[0] or time_of(first(element, "center")), None
    return low, high


def number(text: str | None) -> float | None:
    """A number written with a point or a comma; None when the text is anything else."""
    stripped = (text or "").replace(" ", "").replace("\u202f", "").strip()
    if not stripped or _NUMBER.fullmatch(stripped) is None:
        return None
    return float(stripped.replace(",", "."))


def code_of(element: Element | None) -> Code | None:
    """The code an element bears itself; None for a nullFlavor or an empty code."""
    if element is None:
        return None
    code = (element.get("code") or "").strip()
    if not code:
        return None
    return Code(code, system_name(element.get("codeSystem")), element.get("displayName"))


def codes_of(element: Element | None) -> list[Code]:
    """The element's code and every translation under it, in document order, each once."""
    found: dict[tuple[str, str | None], Code] = {}
    nodes = [element] if element is not None else []
    for node in nodes:  # grows while it is walked: a translation may itself be translated
        code = code_of(node)
        if code is not None:
            found.setdefault((code.code, code.system), code)
        nodes.extend(every(node, "translation"))
    return list(found.values())


def identifier(element: Element | None) -> str | None:
    """An II as XDS writes it: 'root^extension' or 'root'; None for a nullFlavor."""
    if element is None:
        return None
    root, extension = (element.get("root") or "").strip(), (element.get("extension") or "").strip()
    if root and extension:
        return f"{root}^{extension}"
    return root or extension or None


def person_name(name: Element) -> str | None:
    """Given names then family names, without prefixes and suffixes; the bare text where there are no parts."""
    parts = [words(part) for tag in ("given", "family") for part in every(name, tag)]
    return " ".join(part for part in parts if part) or words(name)


def address(element: Element) -> str | None:
    """An address on one line: its parts in document order."""
    parts = [words(part) for part in element.iterchildren()]
    return ", ".join(part for part in parts if part) or words(element)


def telecoms(element: Element | None) -> list[str]:
    """The telecom values as written ('tel:…', 'mailto:…')."""
    if element is None:
        return []
    return [value for telecom in element.iterchildren(V3 + "telecom") if (value := telecom.get("value"))]
