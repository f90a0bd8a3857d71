"""The script one writes without Limpide: lxml, pypdfium2 and edsnlp over a folder of CDA N1, facts to one Parquet file.

    python -m benchmarks.plain_script FOLDER OUT.parquet [--documents 300] [--workers 2] [--light]

Belongs here: an honest competitor, written as well as one would: a process pool, the pipeline built once a process,
the pipes that say what Limpide also says (sections, tables, CIM-10, drugs, tobacco, alcohol, TNM, Charlson, negation,
family, hypothesis, history, reported speech, dates, quantities). `--light` keeps CIM-10, drugs and four qualifiers
only. It has no ledger, vault, pseudonyms, masking, versions, checks or snapshots. Prints JSON.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

HL7 = "{urn:hl7-org:v3}"
QUALIFIERS = ("eds.negation", "eds.family", "eds.hypothesis", "eds.history")

_pipeline: Any = None


def build(light: bool) -> None:
    """Build the pipeline, once a process."""
    global _pipeline
    import edsnlp
    import edsnlp.pipes as eds

    _pipeline = edsnlp.blank("eds")
    for name in ("eds.normalizer", "eds.sentences", "eds.cim10", "eds.drugs"):
        _pipeline.add_pipe(name)
    if not light:
        for name in ("eds.sections", "eds.tables", "eds.tobacco", "eds.alcohol", "eds.tnm", "eds.charlson"):
            _pipeline.add_pipe(name)
        _pipeline.add_pipe(eds.dates())
        _pipeline.add_pipe(eds.quantities(quantities="all", use_tables=True))
        _pipeline.add_pipe("eds.reported_speech")
    for name in QUALIFIERS:
        _pipeline.add_pipe(name)
    _pipeline("Patient sans fièvre.")


def treat(path: str) -> tuple[list[dict[str, Any]] | None, float]:
    """Facts of one document, with its header; None for a broken one, which a plain script leaves aside. CPU seconds."""
    began = time.process_time()
    try:
        facts = _facts(path)
    except Exception:
        facts = None
    return facts, time.process_time() - began


def _facts(path: str) -> list[dict[str, Any]]:
    import pypdfium2
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(Path(path).read_bytes(), parser)
    header = {
        "document_id": root.find(f"{HL7}id").get("extension") or root.find(f"{HL7}id").get("root"),
        "type": root.find(f"{HL7}code").get("code"),
        "date": root.find(f"{HL7}effectiveTime").get("value"),
        "patient": root.find(f".//{HL7}patientRole/{HL7}id").get("extension"),
    }
    body = root.find(f".//{HL7}nonXMLBody/{HL7}text")
    pdf = pypdfium2.PdfDocument(base64.b64decode(body.text))
    text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    doc = _pipeline(text)
    facts = []
    for span in doc.ents:
        facts.append(
            header
            | {"start": span.start_char, "end": span.end_char, "text": span.text, "label": span.label_}
            | {"code": span.kb_id_ or str(getattr(span._, "cim10", "") or "")}
            | {name.partition(".")[2]: bool(getattr(span._, name.partition(".")[2])) for name in QUALIFIERS}
        )
    for group in ("dates", "quantities"):
        for span in doc.spans.get(group, ()):
            facts.append(header | {"start": span.start_char, "end": span.end_char, "text": span.text, "label": group})
    return facts


def main() -> None:
    """Run over the first documents of a folder; start-up is told apart from the work."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--documents", type=int, default=300)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--light", action="store_true")
    told = asked.parse_args()
    import pandas as pd

    paths = [str(path) for path in sorted(told.folder.rglob("*.xml"))][: told.documents]
    with ProcessPoolExecutor(told.workers, initializer=build, initargs=(told.light,)) as pool:
        # One document a process first: what follows is measured without the start-up.
        began = time.perf_counter()
        list(pool.map(treat, paths[: told.workers], chunksize=1))
        started = time.perf_counter()
        facts, broken, cpu = [], 0, 0.0
        for found, spent in pool.map(treat, paths[told.workers :], chunksize=8):
            facts.extend(found or [])
            broken += found is None
            cpu += spent
        ended = time.perf_counter()
    pd.DataFrame(facts).to_parquet(told.out)
    print(json.dumps({
        "documents": len(paths), "broken": broken, "facts": len(facts), "start_s": round(started - began, 2),
        "work_s": round(ended - started, 2), "rate": round((len(paths) - told.workers) / (ended - started), 2),
        "cpu_rate": round((len(paths) - told.workers) / cpu, 2),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
