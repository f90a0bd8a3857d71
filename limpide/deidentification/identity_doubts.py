"""Doubts on whose a document is, or on what its masked text still says: what a person must look at before it is shown.

Belongs here: the doubts and what is shown of each to whoever decides, the rule that tells a stranger among the
documents of one person. Does not belong here: comparing two identities (conflict.py), the second look (residual.py),
what waits (identity_map.py), decisions (limpide/rights/review.py).

A doubt has two sides: `detail`, kinds and counts only, which the warehouse may show; `shown`, values, for the vault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from limpide.deidentification.masking import clinical_places, fact_codes
from limpide.deidentification.residual import suspects
from limpide.document import Document, Patient
from limpide.errors import Reason
from limpide.identity.conflict import Verdict, compare, with_vault

# What a person may decide on a document that waits.
HEADER = "header"  # it is the header's patient
DATED = "date"  # its date is right, or may be left as it is
CLEAN = "clean"  # that too, and nothing in its text identifies
REJECT = "reject"  # it is never published

_AROUND = 30  # characters shown on each side of a suspected leak


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a document waits. `settled_by`: the decisions that let it through."""

    reason: Reason
    detail: str
    settled_by: tuple[str, ...]
    shown: dict[str, Any] = field(default_factory=dict)


def of_text(document: Document) -> Doubt | None:
    """Header and text speak of two patients."""
    from limpide.readers.stated_identity import stated_identity

    stated = stated_identity(document.text)
    finding = compare(document.header.patient, stated)
    if finding.verdict is not Verdict.DIFFERENT:
        return None
    detail = f"header and text differ: {', '.join(finding.contradicts)}"
    shown = _beside("text", document.header.patient, stated, finding.contradicts)
    return Doubt(Reason.IDENTITY_CONFLICT, detail, (HEADER, CLEAN), shown)


def of_carrier(document: Document) -> Doubt | None:
    """The document and the message that carries it, or two record targets, speak of two patients."""
    for other in document.header.also_patients:
        finding = compare(document.header.patient, other)
        traits = [name for name in finding.agrees if name not in ("sex", "identifier")]
        apart = "identifier" in finding.contradicts and len(traits) < 2
        if finding.verdict is Verdict.DIFFERENT or apart:
            detail = f"the document and what carries it differ: {', '.join(finding.contradicts)}"
            shown = _beside("carrier", document.header.patient, other, finding.contradicts)
            return Doubt(Reason.IDENTITY_CONFLICT, detail, (HEADER, CLEAN), shown)
    return None


def of_masked(clean: Document) -> Doubt | None:
    """The masked text still shows what looks like an identity."""
    text = clean.text + "\n" + clean.header.title if clean.header.title else clean.text
    found = suspects(text, fact_codes(clean.facts), clinical_places(clean.facts))
    if not found:
        return None
    counts = Counter(kind for _, _, kind in found)
    detail = "suspected in the masked text: " + ", ".join(f"{kind} {n}" for kind, n in sorted(counts.items()))
    excerpts = [[kind, text[max(0, start - _AROUND) : end + _AROUND]] for start, end, kind in found]
    return Doubt(Reason.RESIDUAL_IDENTITY, detail, (CLEAN,), {"kind": "residual", "excerpts": excerpts})


@dataclass(frozen=True, slots=True)
class Stated:
    """What one document states of its patient, in order of arrival; `released` by a person or not."""

    document_key: str
    patient: Patient
    released: bool = False


def strangers(stated: Iterable[Stated]) -> dict[str, Doubt]:
    """Documents of one person key that speak of somebody else than the documents that arrived before them.

    `stated`: every document of the key, in order of arrival (night, source, document key). The first identity stands;
    each next one is compared with all that stand. A document that a person released stays, and so do those that state
    the same identity as it; none of them is a measure for others. The answer depends on the set of documents and on
    decisions only: whatever the order in which nights are loaded, it ends the same.
    """
    every = list(stated)
    released = [one.patient for one in every if one.released]
    standing: list[Stated] = []
    found: dict[str, Doubt] = {}
    for one in every:
        against = next((s for s in standing if with_vault(one.patient, [s.patient]).verdict is Verdict.DIFFERENT), None)
        if against is None:
            if all(one.patient != s.patient for s in standing):
                standing.append(one)
            continue
        if not one.released and any(with_vault(one.patient, [r]).verdict is Verdict.SAME for r in released):
            continue
        differs = compare(one.patient, against.patient).contradicts
        shown = _beside("vault", one.patient, against.patient, differs) | {"other_document": against.document_key}
        detail = f"header and earlier documents of the same person differ: {', '.join(differs)}"
        found[one.document_key] = Doubt(Reason.IDENTITY_CONFLICT, detail, (HEADER, CLEAN), shown)
    return found


def _beside(kind: str, header: Patient, other: Patient, differs: Iterable[str]) -> dict[str, Any]:
    return {"kind": kind, "differs": list(differs), "header": asdict(header), "other": asdict(other)}
