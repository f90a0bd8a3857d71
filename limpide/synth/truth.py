"""The ground truth of a feed: what is written beside the files, and how it is read back.

Belongs here: the line of truth of one file, its identities, `read_truth`. Does not belong here: what files say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from limpide.synth.cases import Case
from limpide.synth.envelope import header_truth, identities, patient_truth
from limpide.synth.recipes import Made


def truth_lines(path: str, source: str, night: date, case: Case, made: Made) -> list[dict[str, Any]]:
    """The lines of truth of a file, one a document it holds; whoever spoils the file sets status and reason.

    `sha256`, `size` and `format` are the file's; `inner` is what an N1 body or a carrier holds; `member` is the rank
    of the document in its file, and `same_as` names the one that says the same better. Keys absent from a fact read
    null (false for a flag). `identities` are those that occur in the file, in clear or inside its payload.
    """
    digest = hashlib.sha256(made.data).hexdigest()
    lines = []
    for each in (made, *made.also):
        head = each.head
        header: dict[str, Any] = (
            header_truth(head) if head else {"title": each.title, "patient": patient_truth(case.patient)}
        )
        header["confidentiality"] = ["N", *each.confidentiality] if head else []
        lines.append(
            {
                "path": path,
                "member": each.position,
                "sha256": digest,
                "size": len(made.data),
                "source": source,
                "night": night.isoformat(),
                "format": str(each.format),
                "inner": each.inner,
                "status": each.status,
                "reason": None,
                "same_as": made.head.document_id if each.status == "duplicated" and made.head else None,
                "document_id": head.document_id if head else None,
                "set_id": head.set_id if head else None,
                "version": head.version if head else None,
                "replaces": list(head.replaces) if head else [],
                "patient": case.patient.index,
                "header": header,
                "sections": [{"title": section.title, "code": section.code} for section in each.sections],
                "facts": [fact.to_dict() for fact in each.facts],
                "identities": [one for one in _candidates(case) if one["value"] in each.words],
            }
        )
    return lines


def _candidates(case: Case) -> Iterator[dict[str, str]]:
    """Strings of identity that a document of this case may hold."""
    patient, author = case.patient, case.author
    yield from identities(patient)
    for name in dict.fromkeys((patient.family.upper(), patient.used.upper())):
        yield {"kind": "family", "value": name}
    for given in patient.given:
        yield {"kind": "given", "value": given.upper()}
    ins = patient.ins
    spaced = f"{ins[0]} {ins[1:3]} {ins[3:5]} {ins[5:7]} {ins[7:10]} {ins[10:13]} {ins[13:]}"
    yield {"kind": "ins", "value": spaced}
    yield {"kind": "clinician", "value": author.family.upper()}
    yield {"kind": "clinician", "value": author.rpps}


def read_truth(root: Path) -> Iterator[dict[str, Any]]:
    """Every line of truth of a feed, in order of arrival, with `final_status`: after what later files changed."""
    changed: dict[tuple[str, int], str] = {}
    with (root / "truth" / "lives.jsonl").open(encoding="utf-8") as lives:
        for record in map(json.loads, lives):
            changed[record["path"], record["member"]] = record["to"]
    for file in sorted((root / "truth").glob("[0-9]*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                line["final_status"] = changed.get((line["path"], line["member"]), line["status"])
                yield line
