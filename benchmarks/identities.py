"""What masking leaves and what it costs: on invented letters, and on real sample documents when they are there.

    python -m benchmarks.identities [--samples DIR] [--letters 2000] [--left]

On samples the truth does not come from our readers: it is every name, identifier, telecom and birth date that the XML
of the file itself holds as such (CDA `family`, `given`, `telecom`...), whosever they are. A mention is such a value in
the text, as whole words, names with their capital. Each document is masked twice: knowing its header, and as if it
spoke of strangers. `--left` prints what stays, for whoever has the documents; nothing of it is kept.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.masking import clinical_places, fact_codes, identifier_spans, masked
from limpide.deidentification.residual import suspects
from limpide.document import Document
from limpide.french.tokens import fold
from limpide.readers.registry import read
from limpide.semantics.engine import load_engine

SHARED = Path(os.environ.get("LIMPIDE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
_WORD = re.compile(r"[^\W\d_][\w'’\-]*[^\W_]|\w")
Place = tuple[int, int]


@dataclass(slots=True)
class Tally:
    """Mentions and those left, by kind; clinical facts and those touched; the words left, to be looked at."""

    mentions: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    facts: int = 0
    touched: int = 0
    documents: int = 0
    held: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def stated(data: bytes) -> dict[str, set[str]]:
    """Values that an XML file holds as identities, by kind; empty for anything else."""
    from lxml import etree

    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError:
        return {}
    out: dict[str, set[str]] = {kind: set() for kind in ("family", "given", "phone", "mail", "birth", "number")}
    for node in root.iter("{urn:hl7-org:v3}family", "{urn:hl7-org:v3}given"):
        kind = str(node.tag).rpartition("}")[2]
        out[kind] |= {word for word in _WORD.findall(node.text or "") if len(word) > 2}
    for node in root.iter("{urn:hl7-org:v3}telecom"):
        value = (node.get("value") or "").partition(":")[2]
        if "@" in value:
            out["mail"].add(value)
        elif sum(c.isdigit() for c in value) > 8:
            out["phone"].add(value)
    for node in root.iter("{urn:hl7-org:v3}birthTime"):
        value = (node.get("value") or "")[:8]
        if len(value) == 8:
            out["birth"] |= {f"{value[6:]}/{value[4:6]}/{value[:4]}", f"{value[:4]}-{value[4:6]}-{value[6:]}"}
    for node in root.iter("{urn:hl7-org:v3}patientRole", "{urn:hl7-org:v3}assignedAuthor"):
        for one in node.findall("{urn:hl7-org:v3}id"):
            value = one.get("extension") or ""
            if len(value) > 5 and any(c.isdigit() for c in value):
                out["number"].add(value)
    return out


def places(text: str, value: str, kind: str) -> Iterator[Place]:
    """Where a value stands in a text, as whole words; names with their capital."""
    folded, wanted = fold(text), fold(value)
    if kind == "phone":
        digits = re.sub(r"\D", "", value)[-9:]
        pattern = r"(?<!\d)(?:\+ ?33|0033|0)?[ .\-]?" + r"[ .\-]?".join(digits) + r"(?!\d)"
    else:
        pattern = rf"(?<![\w]){re.escape(wanted)}(?![\w])"
    for found in re.finditer(pattern, folded):
        if kind not in ("family", "given") or text[found.start()].isupper():
            yield found.span()


def tally(paths: list[Path], blind: bool) -> Tally:
    """Mask every document of these files and count."""
    engine, out = load_engine(), Tally()
    for path in paths:
        data = path.read_bytes()
        truth = stated(data)
        for document in read(data, str(path)):
            if document.status != "ok" or not document.text:
                continue
            engine.annotate(document)
            _count(document, truth, blind, out)
    return out


def _count(document: Document, truth: dict[str, set[str]], blind: bool, out: Tally) -> None:
    known = KnownIdentities() if blind else None
    out.documents += 1
    began = time.process_time()
    clean = masked(document, b"\x07" * 32, known)
    found = suspects(clean.text, fact_codes(clean.facts))
    out.seconds += time.process_time() - began
    out.held.update(kind for _, _, kind in found)
    spans = identifier_spans(
        document.text,
        known or KnownIdentities.of(document.header),
        clinical_places(document.facts),
        fact_codes(document.facts),
    )
    hidden = {at for span in spans for at in range(span.start, span.end)}
    for kind, values in truth.items():
        for value in sorted(values):
            for start, end in places(document.text, value, kind):
                out.mentions[kind] += 1
                if not hidden.issuperset(at for at in range(start, end) if document.text[at].isalnum()):
                    out.left[kind] += 1
                    around = document.text[max(0, start - 40) : end + 40].replace("\n", "⏎")
                    out.words[kind, around] += 1
    for fact in document.facts:
        if fact.start is not None and fact.end is not None and fact.kind not in ("observation", "encounter"):
            out.facts += 1
            out.touched += any(at in hidden for at in range(fact.start, fact.end))


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--samples", type=Path, default=SHARED / "samples")
    asked.add_argument("--letters", type=int, default=2000)
    asked.add_argument("--left", action="store_true", help="print what stays")
    given = asked.parse_args()
    if given.letters:
        from tests.identity.test_reach import measure

        for header in (True, False):
            recall, precision, lost = measure(given.letters, header)
            shown = ", ".join(f"{kind} {value:.4f}" for kind, value in sorted(recall.items()))
            print(f"letters, header {'known' if header else 'mute'}: {shown}")
            print(f"  precision {precision:.4f}; clinical words lost {lost:.4f}")
    if not given.samples.is_dir():
        print(f"no sample documents in {given.samples}")
        return
    paths = sorted(p for p in given.samples.rglob("*") if p.suffix.lower() == ".xml")
    for blind in (False, True):
        done = tally(paths, blind)
        print(f"samples, header {'ignored' if blind else 'known'}: {done.documents} documents, "
              f"{1000 * done.seconds / max(1, done.documents):.2f} ms of processor each")  # fmt: skip
        for kind, mentions in sorted(done.mentions.items()):
            print(f"  {kind}: {done.left[kind]} left of {mentions} ({1 - done.left[kind] / mentions:.4f})")
        print(f"  facts touched: {done.touched} of {done.facts}; suspected after masking: {dict(done.held)}")
        if given.left:
            for (kind, around), count in done.words.most_common():
                print(f"    {count} {kind}: {around}")


if __name__ == "__main__":
    main()
