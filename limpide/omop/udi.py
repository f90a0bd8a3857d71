"""What a UDI says of a device, and what of it may be published.

Belongs here: the device identifier and the lot of the three issuing agencies' forms. Does not belong here: serial
numbers, which lead to the bearer of an implant: they stay in the vault's original.

GS1 General Specifications (application identifiers 01, 10, 11, 17, 21), HIBCC (primary `+…`, secondary `/$…`), ICCBBA
(`=/…`). Source of the rule: IMDRF/UDI WG/N48 and EU 2017/745, annex VI part C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BRACKETED = re.compile(r"[({](\d{2,3})[)}]([^({]+)")
_PLAIN = re.compile(r"01(\d{14})((?:1[17]\d{6})*)(?:10([^\x1d]{1,20}))?")
_HIBCC = re.compile(r"\+([A-Z]\d{3}[A-Z0-9]{1,18}\d[A-Z0-9]?)")
_ICCBBA = re.compile(r"=/([A-Z0-9]{16})")


@dataclass(frozen=True, slots=True)
class Device:
    """`model`: the device identifier (DI), None where the UDI holds none that can be told apart. `lot`: as written."""

    model: str | None = None
    lot: str | None = None


def parse(udi: str | None) -> Device:
    """The publishable parts of a UDI; nothing for what is not one. The serial number is never returned.

    >>> parse("(01)03661234567897(17)281231(10)A12B(21)SN99")
    Device(model='03661234567897', lot='A12B')
    """
    written = (udi or "").strip()
    parts = {number: value.strip() for number, value in _BRACKETED.findall(written)}
    if parts:
        return Device(parts.get("01"), parts.get("10"))
    if found := _PLAIN.match(written):
        # Without separators a lot of variable length may run into a serial number: it is told only before a GS.
        lot = found[3] if "\x1d" in written else None
        return Device(found[1], lot)
    if found := _HIBCC.match(written):
        return Device(found[1])
    if found := _ICCBBA.match(written):
        return Device(found[1])
    return Device(written if written.isdigit() and len(written) in (8, 12, 13, 14) else None)
