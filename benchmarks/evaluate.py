"""How well meaning is read: our engine and EDS-NLP on the same annotated texts, written to docs/accuracy.md.

    python benchmarks/evaluate.py [--corpora DIR] [--without-reference] [--output docs/accuracy.md]

The corpora are not ours to ship: without their folder (default ../shared/corpora, or $LIMPIDE_SHARED/corpora) the
command says so and stops. Files: JSON lines {doc_id, text, entities: [{start, end, label, cim10_ref}]}, named
e3c_fr, quaero, fracco *.jsonl. EDS-NLP takes minutes: its predictions stay in the user's cache, by text and version.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file by `make eval`

from benchmarks.scoring import count, f1, interval, total
from limpide.document import Document, Fact
from limpide.semantics.rules import build
from limpide.semantics.terminology import cache_folder

ROOT = Path(__file__).resolve().parents[1]
Row = dict[str, Any]
Predictions = dict[str, list[Row]]  # by document: {start, end, label, code}
_LABEL = {"condition": "DISO", "drug": "CHEM"}

# EDS-NLP's own pipes for disorders, beside its CIM-10 and its drugs.
DISORDERS = (
    "aids",
    "cerebrovascular_accident",
    "ckd",
    "congestive_heart_failure",
    "connective_tissue_disease",
    "copd",
    "dementia",
    "diabetes",
    "hemiplegia",
    "leukemia",
    "liver_disease",
    "lymphoma",
    "myocardial_infarction",
    "peptic_ulcer_disease",
    "peripheral_vascular_disease",
    "solid_tumor",
)

# (corpus, label, what it measures, kept): FRACCO annotates tumours only, so both ways of counting are given.
MEASURES: list[tuple[str, str, str, Callable[[Row], bool]]] = [
    ("e3c_fr", "DISO", "disorders, E3C French", lambda row: True),
    ("quaero", "DISO", "disorders, QUAERO", lambda row: True),
    ("quaero", "CHEM", "drugs and chemicals, QUAERO", lambda row: True),
    ("fracco", "DISO", "disorders, FRACCO, every condition counted", lambda row: True),
    ("fracco", "DISO", "disorders, FRACCO, tumours only", lambda row: is_tumour(row)),
]
_TUMOUR_CODE = re.compile(r"C\d\d|D[0-3]\d|D4[0-8]")
_TUMOUR_RULE = re.compile(
    r"compose:(?:tumeur|metastase|sarcome|melanome|lymphome|adenome|masse|adenopathie|carcinose)|hemato_onco:|"
    r"head:(?:tum|cancer|carcin|métast|lésion|masse|nodul|adéno|néo|process|infiltr|progress|récidi|rechute|invasion|"
    r"implant|formation|localisation|envah|prolif|sarcome|mélano|lymph|atteinte|opacit)|tumor"
)


def is_tumour(row: Row) -> bool:
    """Whether a prediction speaks of a tumour: by its code where it has one, by its rule otherwise."""
    code = row.get("code") or ""
    return bool(_TUMOUR_CODE.match(code)) if code else bool(_TUMOUR_RULE.search(row.get("rule") or ""))


def read(folder: Path, name: str) -> list[Row]:
    """Annotated documents of one corpus, every file of its name."""
    rows: list[Row] = []
    for path in sorted(folder.glob(f"{name}*.jsonl")):
        rows.extend(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return rows


def ours(documents: Iterable[Row]) -> Predictions:
    """Predictions of our engine."""
    engine = build()
    found: Predictions = {}
    for row in documents:
        document = Document(path="", sha256="", text=row["text"])
        engine.annotate(document)
        found[row["doc_id"]] = [_row(fact) for fact in document.facts if fact.kind in _LABEL]
    return found


def _row(fact: Fact) -> Row:
    return {"start": fact.start, "end": fact.end, "label": _LABEL[fact.kind], "code": fact.code, "rule": fact.rule}


@cache
def _edsnlp() -> Any:
    """The pipeline; over a minute to build."""
    import edsnlp

    pipeline = edsnlp.blank("eds")
    for name in ("normalizer", "sentences", "cim10", "drugs", *DISORDERS):
        pipeline.add_pipe(f"eds.{name}")
    return pipeline


def edsnlp_reference(documents: list[Row]) -> Predictions:
    """Predictions of EDS-NLP with its default terminologies and its disorders, kept by text, version and pipes."""
    asked = "\0".join((*DISORDERS, *(row["text"] for row in documents)))
    texts = hashlib.sha256(asked.encode()).hexdigest()[:24]
    kept = cache_folder() / f"edsnlp-{version('edsnlp')}-{texts}.json"
    if kept.is_file():
        stored: Predictions = json.loads(kept.read_text(encoding="utf-8"))
        return stored
    pipeline = _edsnlp()
    found: Predictions = {}
    for row in documents:
        rows = found[row["doc_id"]] = []
        for group, spans in pipeline(row["text"]).spans.items():
            if group not in ("drug", "drugs", "cim10", *DISORDERS):
                continue
            for span in spans:
                place = {"start": span.start_char, "end": span.end_char, "code": span.kb_id_ or None}
                label = "CHEM" if group.startswith("drug") else "DISO"
                tumour = group in ("solid_tumor", "leukemia", "lymphoma")
                rows.append({**place, "label": label, "rule": "tumor" if tumour else group})
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def measure(documents: list[Row], found: Predictions, label: str, kept: Callable[[Row], bool]) -> Row:
    """Figures of one engine on one corpus and label."""
    counted = []
    for row in documents:
        expected = {(e["start"], e["end"]): e.get("cim10_ref") or [] for e in row["entities"] if e["label"] == label}
        predicted = {(p["start"], p["end"]): p["code"] for p in found[row["doc_id"]] if p["label"] == label and kept(p)}
        counted.append(count(expected, predicted))
    summed = total(counted)
    result: Row = {"counts": summed}
    for hit in ("exact", "overlap"):
        result[hit] = f1(summed[hit], summed["predicted"], summed["expected"])
        result[f"{hit}_interval"] = interval(counted, hit)
    result["code_found"] = summed["code_right"] / summed["code_given"] if summed["code_given"] else None
    result["code_end"] = summed["code_right"] / summed["coded"] if summed["coded"] else None
    return result


# Makes the engine load all that it loads when first needed.
EVERYTHING = (
    "Insuffisance rénale (IR) en 2012. L'IR est stable, créatinine 92 µmol/L. Bronchopneumopatie. Lasilix 40 mg x2/j."
)


def pace(notes: list[str], seconds: float = 10.0) -> dict[str, float]:
    """Notes a second on one core, seconds until all is loaded (table compiled before), peak megabytes."""
    begun = time.process_time()
    engine = build()
    engine.annotate(Document(path="", sha256="", text=EVERYTHING))
    started = time.process_time() - begun
    done, used = 0, time.process_time()
    while done < len(notes) and time.process_time() - used < seconds:
        engine.annotate(Document(path="", sha256="", text=notes[done]))
        done += 1
    rate = done / (time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return {"notes": rate, "start": started, "memory": peak}


def speed(documents: list[Row], size: int = 2600) -> dict[str, float]:
    """`pace` on passages of `size` characters, in a process of its own that nothing else has filled."""
    text = "\n".join(row["text"] for row in documents)
    notes = [text[at : at + size] for at in range(0, min(len(text), size * 400), size)]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(pace, notes).result()


def _cell(result: Row | None, hit: str) -> str:
    if result is None:
        return "–"
    low, high = result[f"{hit}_interval"]
    return f"{result[hit][2]:.3f} ({low:.2f}–{high:.2f})"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def table(results: list[tuple[str, Row, Row | None]]) -> list[str]:
    """The page's table: one line a measure, ours beside the reference."""
    lines = [
        "| measure | annotated | found | exact F1 | overlap F1 | P / R overlap | EDS-NLP exact | EDS-NLP overlap |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title, mine, other in results:
        precision, recall, _ = mine["overlap"]
        counts = mine["counts"]
        lines.append(
            f"| {title} | {counts['expected']} | {counts['predicted']} | {_cell(mine, 'exact')} | "
            f"{_cell(mine, 'overlap')} | {precision:.2f} / {recall:.2f} | {_cell(other, 'exact')} | "
            f"{_cell(other, 'overlap')} |"
        )
    lines += [
        "",
        "| CIM-10 at 3 characters | with a reference code | right among coded | end to end | EDS-NLP |",
        "|---|---|---|---|---|",
    ]
    for title, mine, other in results:
        if mine["counts"]["coded"]:
            theirs = "–" if other is None else f"{_share(other['code_found'])} / {_share(other['code_end'])}"
            lines.append(
                f"| {title} | {mine['counts']['coded']} | {_share(mine['code_found'])} | {_share(mine['code_end'])} | "
                f"{theirs} |"
            )
    return lines


def page(results: list[tuple[str, Row, Row | None]], paced: dict[str, float]) -> str:
    """docs/accuracy.md."""
    return "\n".join(
        [
            "# How well meaning is read",
            "",
            "Written by `make eval`; do not edit. F1 with its 95 % interval (bootstrap over documents).",
            "*Exact*: same characters. *Overlap*: one found mention for one annotated mention that shares characters.",
            "Nested annotations count, so that recall cannot reach 1. FRACCO annotates tumours only: in the line that",
            "counts every condition, every other disease of its reports that is found is an error.",
            f"EDS-NLP {version('edsnlp')}: its CIM-10, its drugs and its {len(DISORDERS)} disorder pipes, as shipped.",
            "",
            *table(results),
            "",
            f"Whole engine: {paced['notes']:.0f} notes of 2,600 characters a second of one core; ready in "
            f"{paced['start']:.2f} s of processor, all that it loads when needed included; "
            f"{paced['memory']:.0f} MB at most in a process.",
            "",
        ]
    )


def main() -> None:
    """Measure, print, write."""
    shared = Path(os.environ.get("LIMPIDE_SHARED", ROOT.parent / "shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=shared / "corpora")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "accuracy.md")
    parser.add_argument("--without-reference", action="store_true", help="leave EDS-NLP out (it takes minutes)")
    options = parser.parse_args()
    names = sorted({name for name, *_ in MEASURES})
    corpora = {name: read(options.corpora, name) for name in names}
    if not any(corpora.values()):
        sys.exit(f"No corpus in {options.corpora}: nothing to measure against. Their licences do not let us ship them.")
    results: list[tuple[str, Row, Row | None]] = []
    mine = {name: ours(rows) for name, rows in corpora.items() if rows}
    reference = {} if options.without_reference else {n: edsnlp_reference(rows) for n, rows in corpora.items() if rows}
    for name, label, title, kept in MEASURES:
        if corpora[name]:
            other = measure(corpora[name], reference[name], label, kept) if name in reference else None
            results.append((title, measure(corpora[name], mine[name], label, kept), other))
    written = page(results, speed(corpora["fracco"] or next(filter(None, corpora.values()))))
    options.output.write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
