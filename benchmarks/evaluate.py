"""How well meaning is read: our engine and EDS-NLP on the same texts, written to docs/accuracy.md.

    python -m benchmarks.evaluate [--corpora DIR] [--without-reference] [--score-only] [--output docs/accuracy.md]

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
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file by `make eval`

from benchmarks import asserting, letters, recovery
from benchmarks.scoring import count, f1, interval, total
from limpide.document import Document, Fact
from limpide.evaluation.arena import Bout, Note, apart
from limpide.evaluation.exam import Result, Tally
from limpide.semantics.engine import load_engine
from limpide.semantics.engines import eds, spans
from limpide.semantics.terms.terminology import cache_folder
from limpide.warehouse import scores

ROOT = Path(__file__).resolve().parents[1]
Row = dict[str, Any]
Predictions = dict[str, list[Row]]  # by document: {start, end, label, code, rule, negated, hypothetical}
Measured = tuple[str, Row, Row | None, str]  # title, ours, the reference's, what is asked
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

# (corpus, label, what it measures, kept, what must be reached and what is aimed at: exact / overlap).
# FRACCO annotates tumours only, so both ways of counting are given.
MEASURES: list[tuple[str, str, str, Callable[[Row], bool], str]] = [
    ("e3c_fr", "DISO", "disorders, E3C French", lambda row: True, "0.45 / 0.62; 0.60 / 0.75"),
    ("quaero", "DISO", "disorders, QUAERO", lambda row: True, "0.50 / 0.60; 0.65 / 0.75"),
    ("quaero", "CHEM", "drugs and chemicals, QUAERO", lambda row: True, "– / 0.70; – / 0.80"),
    ("fracco", "DISO", "disorders, FRACCO, every condition counted", lambda row: True, "0.35 / 0.60; 0.50 / 0.75"),
    ("fracco", "DISO", "disorders, FRACCO, tumours only", lambda row: is_tumour(row), "–"),
]
# Attribute of E3C's mentions, with what must be reached and what is aimed at.
E3C = (("negated", "negation", "0.93 / 0.96"), ("hypothetical", "hypothesis", "0.70 / 0.85"))
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
    engine = load_engine()
    found: Predictions = {}
    for row in documents:
        document = Document(path="", sha256="", text=row["text"])
        engine.annotate(document)
        found[row["doc_id"]] = [_row(fact) for fact in document.facts if fact.kind in _LABEL]
    return found


def _row(fact: Fact) -> Row:
    place = {"start": fact.start, "end": fact.end, "label": _LABEL[fact.kind], "code": fact.code, "rule": fact.rule}
    return {**place, "negated": fact.negated, "hypothetical": fact.hypothetical or fact.conditional}


@cache
def _edsnlp() -> eds.EdsEngine:
    """EDS-NLP with its disorders too; over a minute to build."""
    return eds.build((*eds.PIPES[:4], *DISORDERS, *eds.QUALIFIERS))


def _kept(asked: str, make: Callable[[], Any]) -> Any:
    """What EDS-NLP gave once, by its version and what was asked: a JSON file of the user's cache."""
    reading = Path(spans.__file__).read_bytes() + Path(spans.__file__).with_name("labels.tsv").read_bytes()
    digest = hashlib.sha256(asked.encode() + reading).hexdigest()[:24]
    path = cache_folder() / f"edsnlp-{version('edsnlp')}-{digest}.json"
    if not path.is_file():
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def edsnlp_reference(documents: list[Row]) -> Predictions:
    """Predictions of EDS-NLP with its default terminologies, its disorders and its qualifiers."""

    def predict() -> Predictions:
        found: Predictions = {}
        for row in documents:
            document = Document(path="", sha256="", text=row["text"])
            _edsnlp().annotate(document)
            found[row["doc_id"]] = [_theirs(fact) for fact in document.facts if fact.kind in _LABEL]
        return found

    asked = ("predictions", *eds.PIPES, *DISORDERS, *(row["text"] for row in documents))
    predictions: Predictions = _kept("\0".join(asked), predict)
    return predictions


def _theirs(fact: Fact) -> Row:
    group = (fact.rule or "").partition(":")[2]
    return {**_row(fact), "rule": "tumor" if group in ("solid_tumor", "leukemia", "lymphoma") else group}


def edsnlp_examined(shared: Path) -> dict[str, Result]:
    """The exam of EDS-NLP on the same prints, without its disorders: they bear no code."""

    def examine() -> dict[str, list[list[Any]]]:
        done = recovery.examined(load_engine("edsnlp"), shared)
        return {
            title: [
                [*key, {name: getattr(tally, name) for name in Tally.__slots__}] for key, tally in r.tallies.items()
            ]
            for title, r in done
        }

    asked = ("exam", recovery.DESCRIPTION, _exam_rules(), str((shared / "samples").is_dir()))
    results = {}
    for title, figures in _kept("\0".join(asked), examine).items():
        result = results[title] = Result("edsnlp")
        result.tallies = {(subject, place): Tally(**counts) for subject, place, counts in figures}
    return results


def _exam_rules() -> str:
    """The hash of all that decides an exam but its engine."""
    rooms = [ROOT / "limpide" / room for room in ("synth", "readers")]
    files = sorted(path for room in rooms for path in room.rglob("*.py"))
    files += [ROOT / "limpide" / "semantics" / name for name in ("exam.py", "comparison.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


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


def edsnlp_whole(name: str) -> eds.EdsEngine:
    """EDS-NLP doing what our engine does: sections, dates and quantities too."""
    return eds.build((*eds.PIPES[:2], "sections", "dates", "quantities", *eds.PIPES[2:]))


def paces(documents: list[Row], reference: bool, size: int = 2600) -> list[Bout]:
    """Our engine, EDS-NLP's CIM-10, drugs and qualifiers, and EDS-NLP with its dates and quantities too: on passages

    of `size` characters, each in a process of its own.
    """
    text = "\n".join(row["text"] for row in documents)
    notes = [Note("", text[at : at + size]) for at in range(0, min(len(text), size * 400), size)]
    bouts = [apart("limpide", notes)]
    # Never from what was kept of another run: speeds compare within one run only.
    return bouts + [apart("edsnlp", notes, load) for load in ((load_engine, edsnlp_whole) if reference else ())]


def _cell(result: Row | None, hit: str) -> str:
    if result is None:
        return "–"
    low, high = result[f"{hit}_interval"]
    return f"{result[hit][2]:.3f} ({low:.2f}–{high:.2f})"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def table(results: list[Measured]) -> list[str]:
    """The mentions: one line a measure, ours beside the reference."""
    lines = [
        "| measure | annotated | found | exact F1 | overlap F1 | P / R overlap | must; aim | EDS-NLP exact | overlap |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, mine, other, asked in results:
        precision, recall, _ = mine["overlap"]
        counts = mine["counts"]
        lines.append(
            f"| {title} | {counts['expected']} | {counts['predicted']} | {_cell(mine, 'exact')} | "
            f"{_cell(mine, 'overlap')} | {precision:.2f} / {recall:.2f} | {asked} | {_cell(other, 'exact')} | "
            f"{_cell(other, 'overlap')} |"
        )
    lines += [
        "",
        "| CIM-10 at 3 characters | with a reference code | right among coded | end to end | must; aim | EDS-NLP |",
        "|---|---|---|---|---|---|",
    ]
    for title, mine, other, _ in results:
        if mine["counts"]["coded"]:
            theirs = "–" if other is None else f"{_share(other['code_found'])} / {_share(other['code_end'])}"
            asked = "0.90 / 0.45; 0.93 / 0.65" if "E3C" in title else "–"
            lines.append(
                f"| {title} | {mine['counts']['coded']} | {_share(mine['code_found'])} | {_share(mine['code_end'])} | "
                f"{asked} | {theirs} |"
            )
    return lines


def asserted(documents: list[Row], mine: Predictions, reference: Predictions | None) -> list[str]:
    """Denial and hypothesis on E3C, on the mentions that each engine found; every attribute on our own sentences."""
    lines = [
        "| attribute, F1 | mentions | bear it | ours | must / aim | EDS-NLP |",
        "|---|---|---|---|---|---|",
    ]
    for attribute, title, asked in E3C if documents else ():
        theirs = asserting.on_found(documents, reference, attribute) if reference is not None else None
        counted = asserting.on_found(documents, mine, attribute)
        lines.append(_attribute(f"{title}, E3C, mentions found", counted, asked, theirs))
    given = asserting.annotated(documents)
    others = asserting.edsnlp_on_marked(given) if reference is not None and given else {}
    for attribute, title, _ in E3C if documents else ():
        counted = asserting.on_marked(given, attribute)
        lines.append(_attribute(f"{title}, E3C, annotated mentions", counted, "–", others.get(attribute)))
    ours = asserting.sentences()
    others = asserting.edsnlp_on_marked(ours) if reference is not None else {}
    for attribute, asked, _ in asserting.SENTENCE_ATTRIBUTES:
        counted = asserting.on_marked(ours, attribute)
        lines.append(_attribute(f"{attribute}, our sentences", counted, asked, others.get(attribute)))
    return lines


def _attribute(title: str, counted: list[Counter[str]], asked: str, theirs: list[Counter[str]] | None) -> str:
    summed = total(counted)
    shown = "–"
    if theirs is not None:
        other = total(theirs)
        shown = f"{asserting.shown(theirs)}, on {other['mentions']}, {other['expected']}"
    return f"| {title} | {summed['mentions']} | {summed['expected']} | {asserting.shown(counted)} | {asked} | {shown} |"


def cost(bouts: list[Bout]) -> list[str]:
    """Speed, start-up and memory."""
    rows = (
        ("notes of 2,600 characters a second", "150 / 400", [f"{bout.rate:.0f}" for bout in bouts]),
        ("start-up, s, with all that loads when first needed", "3 / 1", [f"{bout.start:.2f}" for bout in bouts]),
        ("memory of a process, MB", "600 / 300", [f"{bout.memory:.0f}" for bout in bouts]),
    )
    head = (
        "| processor time, one core | must / aim | ours | EDS-NLP: CIM-10, drugs, qualifiers | dates, quantities too |"
    )
    body = [f"| {title} | {asked} | {' | '.join([*told, '–', '–'][:3])} |" for title, asked, told in rows]
    return [head, "|---|---|---|---|---|", *body]


def page(parts: list[list[str]], engine: str) -> str:
    """docs/accuracy.md."""
    mentions, attributes, read_letters, recovered, costs = parts
    return "\n".join(
        [
            "# How well meaning is read",
            "",
            f"Written by `make eval` with {engine}; do not edit. F1 with its 95 % interval (bootstrap over documents).",
            "*Exact*: same characters. *Overlap*: one found mention for one annotated mention that shares characters.",
            "Nested annotations count, so that recall cannot reach 1. FRACCO annotates tumours only: in the line that",
            "counts every condition, every other disease of its reports that is found is an error.",
            f"EDS-NLP {version('edsnlp')}: its CIM-10, its drugs and its {len(DISORDERS)} disorder pipes, as shipped.",
            "*Must; aim*: what this project asks of itself, on texts of the same kind that it has not seen.",
            "*Seen*: those who wrote the rules read these very texts while they did. What was seen says how far",
            "the rules go, not how they do elsewhere: the letters held apart say that.",
            "",
            "## Letters",
            "",
            "Whole fictitious letters with every fact that a careful clinician reads in them",
            "([form](../tests/letters/README.md)). *Found*: a fact of the kind overlaps it. *Whole*, over those asked:",
            "found, with code, value, unit, flags, date, dose, status, side and relative right where the gold",
            "states them. *Apt*: said facts that the gold knows.",
            "",
            *read_letters,
            "",
            "## Mentions and codes",
            "",
            "Every line seen: these are the development parts of the corpora.",
            "",
            *mentions,
            "",
            "## What is asserted of them",
            "",
            "Every line seen. On E3C's mentions that each engine found by itself, then on all annotated, places given;",
            "on marked mentions of sentences that we wrote (tests/semantics/sentences), by which rules were made:",
            "there, they are tests more than a measure. EDS-NLP: F1, on how many mentions, of which so many bear it.",
            "",
            *attributes,
            "",
            "## Flatten and recover",
            "",
            "Structured documents printed to PDF without their entries, read back, compared with their codes",
            "([rules](exam.md)). Recall over what the print tells, precision over what is found where entries speak,",
            "95 % intervals (Wilson). *Strict*: every entry asked, everything found in a coded section judged.",
            "EDS-NLP (CIM-10, drugs): recall / precision on the same prints. Every line seen: we wrote the synthetic",
            "documents and read the published examples while the rules were made.",
            "",
            *recovered,
            "",
            "## Cost",
            "",
            *costs,
            "",
        ]
    )


def main() -> None:
    """Measure, print, write; keep the exam of the synthetic documents as the score that every warehouse publishes."""
    shared = Path(os.environ.get("LIMPIDE_SHARED", ROOT.parent / "shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=shared / "corpora")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "accuracy.md")
    parser.add_argument("--without-reference", action="store_true", help="leave EDS-NLP out (it takes minutes)")
    parser.add_argument("--score-only", action="store_true", help="only the exam of the synthetic documents")
    options = parser.parse_args()
    engine, against = load_engine(), not options.without_reference
    examined = recovery.examined(engine, None if options.score_only else shared)
    today = datetime.now(UTC).date()
    scores.ship(scores.stored(examined[0][1], recovery.SYNTHETIC, recovery.DESCRIPTION, today))
    if options.score_only:
        print("\n".join(recovery.table(examined, {})))
        return
    names = sorted({name for name, *_ in MEASURES})
    corpora = {name: rows for name in names if (rows := read(options.corpora, name))}
    if not corpora:
        print("\n".join(letters.page(letters.measured(engine))))
        sys.exit(f"No corpus in {options.corpora}: their licences do not let us ship them. The score was measured.")
    mine = {name: ours(rows) for name, rows in corpora.items()}
    theirs = {name: edsnlp_reference(rows) for name, rows in corpora.items()} if against else {}
    results: list[Measured] = []
    for name, label, title, kept, asked in MEASURES:
        if name in corpora:
            other = measure(corpora[name], theirs[name], label, kept) if against else None
            results.append((title, measure(corpora[name], mine[name], label, kept), other, asked))
    parts = [
        table(results),
        asserted(corpora.get("e3c_fr", []), mine.get("e3c_fr", {}), theirs.get("e3c_fr", {}) if against else None),
        letters.page(letters.measured(engine)),
        recovery.table(examined, edsnlp_examined(shared) if against else {}),
        cost(paces(corpora.get("fracco") or next(iter(corpora.values())), against)),
    ]
    written = page(parts, f"{engine.name} {engine.version}")
    options.output.write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
