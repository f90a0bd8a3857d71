"""Acts: procedures of the body, and imaging acts that only the header documents.

Belongs here: procedure entries and serviceEvent. Does not belong here: specimen collection and imaging technique,
which describe another entry.
"""

from __future__ import annotations

import re

from limpide.document import Document, Fact
from limpide.readers.cda.statement import Context, add, fact_of, put_codes
from limpide.readers.cda.values import codes_of, interval
from limpide.readers.cda.xml import Element, every, first

_CCAM = re.compile(r"[A-Z]{4}\d{3}")


def procedure(element: Element, context: Context) -> None:
    """An act done (EVN), planned (INT, RQO...) or said not done (negationInd)."""
    code = first(element, "code")
    fact = fact_of("procedure", element, context, code)
    put_codes(fact, code)
    add(fact, context)


def documented_acts(root: Element, document: Document) -> None:
    """Imaging acts of documentationOf/serviceEvent: those whose code or translation is CCAM (formats.md section 2).

    The shape is asked for too: a SNOMED CT region under the OID of CCAM occurs. An act that an entry of the body
    already tells is not told twice.
    """
    known = {code for fact in document.facts if fact.kind == "procedure" for code in _codes(fact)}
    for rank, documented in enumerate(every(root, "documentationOf"), 1):
        event = first(documented, "serviceEvent")
        codes = codes_of(first(event, "code"))
        acts = [code for code in codes if code.system == "CCAM" and _CCAM.fullmatch(code.code)]
        if event is None or not acts:
            continue
        start, end = interval(first(event, "effectiveTime"))
        if acts[0].code in known:
            continue
        known.add(acts[0].code)
        document.facts.append(
            Fact(
                kind="procedure",
                origin="coded",
                text=acts[0].display,
                code=acts[0].code,
                system=acts[0].system,
                display=acts[0].display,
                translations=[code for code in codes if code is not acts[0]],
                time_start=start,
                time_end=end,
                role="documented_act",
                entry=f"/ClinicalDocument/documentationOf[{rank}]/serviceEvent",
            )
        )


def _codes(fact: Fact) -> set[str | None]:
    return {fact.code, *(code.code for code in fact.translations)}
