"""From the spans of a spaCy or EDS-NLP document to facts.

Belongs here: which label is which kind (labels.tsv), where a code and the qualifiers of a span are read. Does not
belong here: loading a pipeline. Nothing is imported from spaCy: what is read is what a span bears.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from limpide.document import Fact
from limpide.french.tokens import fold

_CIM10 = re.compile(r"[A-Z]\d\d(?:\.?[\dX+-]{1,3})?")
_ATC = re.compile(r"[A-Z](?:\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?)?")
# Attributes that pipelines set on `span._`: EDS-NLP's qualifiers, negspaCy's `negex`.
_FLAGS = {
    "negated": ("negation", "negated", "negex"),
    "hypothetical": ("hypothesis", "hypothetical"),
    "family": ("family",),
    "history": ("history",),
    "reported": ("reported_speech",),
}


@cache
def kinds() -> dict[str, str]:
    """{folded label: kind, or '' for what is no fact of ours}."""
    with Path(__file__).with_name("labels.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return {row["label"]: row["kind"] or "" for row in rows}


def facts(doc: Any, name: str, version: str) -> list[Fact]:
    """Facts of the entities and of the known span groups of a document, in text order, each place and kind once."""
    found: dict[tuple[int, int, str], Fact] = {}
    for group, span in _spans(doc):
        label = span.label_ or group
        kind = kinds().get(fold(label), "observation")
        if not kind or span.start_char >= span.end_char:
            continue
        code, system = _code(kind, span.kb_id_ or getattr(span, "ent_id_", "") or getattr(span, "id_", ""))
        known = found.get((span.start_char, span.end_char, kind))
        if known is not None and (known.code or not code):
            continue
        fact = found[span.start_char, span.end_char, kind] = Fact(
            kind=kind,  # type: ignore[arg-type]  # labels.tsv holds kinds; a test reads them all
            origin="nlp",
            start=span.start_char,
            end=span.end_char,
            text=span.text,
            code=code,
            system=system,
            rule=f"{name}:{label}",
            engine=f"{name} {version}",
        )
        for flag, names in _FLAGS.items():
            borne = next((each for each in names if span.has_extension(each)), None)
            setattr(fact, flag, bool(borne and qualified(span, borne, doc.ents)))
    return [found[key] for key in sorted(found)]


def _spans(doc: Any) -> Iterator[tuple[str, Any]]:
    """Entities, then spans of the groups whose name is a known label: other groups are a pipeline's own working."""
    yield from (("", span) for span in doc.ents)
    for group in sorted(doc.spans):
        if kinds().get(fold(group)):
            yield from ((group, span) for span in doc.spans[group])


def _code(kind: str, written: str) -> tuple[str | None, str | None]:
    """A code where what the span bears has the shape of one: CIM-10 for a condition, ATC for a drug."""
    if kind == "condition" and _CIM10.fullmatch(written):
        return (f"{written[:3]}.{written[3:]}" if len(written) > 3 and written[3] != "." else written), "CIM-10"
    if kind == "drug" and _ATC.fullmatch(written):
        return written, "ATC"
    return None, None


def qualified(span: Any, qualifier: str, entities: Any) -> bool:
    """A qualifier of a span. EDS-NLP sets them on entities only: a span left aside takes those of what it overlaps."""
    value = span._.get(qualifier)
    if value is None:
        around = (e for e in entities if e.start_char < span.end_char and span.start_char < e.end_char)
        value = any(entity._.get(qualifier) for entity in around)
    return bool(value)
