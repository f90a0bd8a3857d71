"""Our gold letters and the shared ones: facts found, whole, apt, by kind and by attribute.

    python -m benchmarks.letters [--show dev|shared] [--json FILE]

dev: ours, seen by who writes rules. unseen: ours, never looked at by them; its texts and its faults are not printed.
shared: letters that lie beside the project, where they do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from limpide.document import to_contract
from limpide.evaluation.letters import Fault, Row, Score, load, measure
from limpide.semantics.engine import Engine, load_engine
from limpide.structure import structure

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "tests" / "letters"
KINDS = ("condition", "drug", "measure", "procedure", "allergy", "device", "immunization")
SEEN = {"dev": "yes", "unseen": "no", "shared": "yes"}
TITLES = {"dev": "our letters, development", "unseen": "our letters, held apart", "shared": "shared letters"}


def folders() -> dict[str, Path]:
    """The sets of letters that are there."""
    shared = Path(os.environ.get("LIMPIDE_SHARED", ROOT.parent / "shared")) / "letters"
    known = {"dev": OURS / "dev", "unseen": OURS / "unseen", "shared": shared}
    return {name: folder for name, folder in known.items() if folder.is_dir()}


def measured(engine: Engine) -> dict[str, Score]:
    """Every set that is there, scored."""

    def answer(data: bytes, name: str) -> Row:
        return to_contract(structure(data, name, engine)[0])

    return {name: measure(folder, answer) for name, folder in folders().items()}


def page(scores: dict[str, Score]) -> list[str]:
    """The part of docs/accuracy.md."""
    lines = [
        "| letters | seen in development | letters | kind | asked | found | whole | said | apt |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        for kind, tally in (*((kind, score.tallies[kind]) for kind in KINDS), ("all", score.total)):
            lines.append(
                f"| {TITLES[name]} | {SEEN[name]} | {score.letters} | {kind} | {tally.asked} | "
                f"{_share(tally.found, tally.asked)} | {_share(tally.whole, tally.asked)} | {tally.said} | "
                f"{_share(tally.apt, tally.said)} |"
            )
    return [*lines, "", *_attributes(scores), "", *_headers(scores)]


def _attributes(scores: dict[str, Score]) -> list[str]:
    """Right among the facts found, by kind and attribute: `0.91 (143)`, on how many."""
    keys = sorted({key for score in scores.values() for key in score.attributes}, key=lambda key: (key[0], key[1]))
    lines = [f"| kind | attribute, right among found | {' | '.join(TITLES[name] for name in scores)} |"]
    lines.append("|---|---|" + "---|" * len(scores))
    for kind, attribute in sorted(keys, key=lambda key: (KINDS.index(key[0]), key[1])):
        counts = [score.attributes.get((kind, attribute), Counter()) for score in scores.values()]
        cells = [f"{_share(c['right'], c['asked'])} ({c['asked']})" if c["asked"] else "–" for c in counts]
        lines.append(f"| {kind} | {attribute} | {' | '.join(cells)} |")
    return lines


def _headers(scores: dict[str, Score]) -> list[str]:
    lines = ["| read from the text | date of the document | dates of the stay |", "|---|---|---|"]
    for name, score in scores.items():
        h = score.header
        cells = f"{h['date right']} of {h['date asked']} | {h['stay right']} of {h['stay asked']}"
        lines.append(f"| {TITLES[name]} | {cells} |")
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def causes(score: Score) -> list[str]:
    """Sorts of error, most frequent first; never a text."""
    counted = Counter((fault.family, fault.sort, fault.detail) for fault in score.faults if fault.sort != "wrong")
    counted.update(Counter((fault.family, "wrong", "") for fault in score.faults if fault.sort == "wrong"))
    return [f"{count:4d}  {kind} {sort} {detail}".rstrip() for (kind, sort, detail), count in counted.most_common()]


def _shown(name: str, faults: list[Fault]) -> list[str]:
    texts = {letter.name: letter.text for letter in load(folders()[name])}
    around = ((f, texts[f.letter][max(0, f.start - 40) : f.start], texts[f.letter][f.end : f.end + 40]) for f in faults)
    return [
        f"{f.letter} | {f.family} | {f.sort} | {f.detail} | {left}⟦{texts[f.letter][f.start : f.end]}⟧{right}".replace(
            "\n", "⏎"
        )
        for f, left, right in around
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", choices=["dev", "shared"], action="append", default=[], help="print its faults")
    parser.add_argument("--json", type=Path, help="counts and sorts of faults, no text")
    options = parser.parse_args()
    scores = measured(load_engine())
    commit = subprocess.run(["git", "log", "-1", "--format=%h %s"], cwd=ROOT, capture_output=True, text=True).stdout
    print(f"{datetime.now():%H:%M}, {commit.strip()}\n")
    print("\n".join(page(scores)))
    for name, score in scores.items():
        print(f"\n{TITLES[name]}, errors by sort:\n" + "\n".join(causes(score)))
    for name in options.show:
        print("\n".join(_shown(name, scores[name].faults)))
    if options.json:
        kept = {
            name: {"all": asdict(score.total), "kinds": {kind: asdict(t) for kind, t in score.tallies.items()}}
            for name, score in scores.items()
        }
        options.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
