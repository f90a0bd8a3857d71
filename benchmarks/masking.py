"""What masking leaves on texts written to be hard, and what it costs: by label, header mute and known.

    python -m benchmarks.masking [--left dev|eds] [--corpora DIR]

dev, unseen: tests/identity/written (its README gives the marks; unseen is counted, never printed). eds: the snippets of
EDS-Pseudo (eds_pseudo_templates*.jsonl), where they lie beside the project. An identifier counts when all its letters
and figures are masked. Mute: nothing known; known: the patient's name and birth date.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from limpide.deidentification.birth import date_at
from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.masking import clinical_places, fact_codes, identifier_spans, replaced
from limpide.deidentification.residual import suspects
from limpide.deidentification.spans import Span
from limpide.document import Document, Header, Patient
from limpide.french.tokens import fold
from limpide.semantics.engine import load_engine

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = ROOT / "tests" / "identity" / "written"
CORPORA = Path(os.environ.get("LIMPIDE_SHARED", ROOT.parent / "shared")) / "corpora"
# EDS-Pseudo's labels by ours; dates of care stay, establishments are neutral.
_EDS = {"DATE_NAISSANCE": "NAISSANCE", "ZIP": "CP", "SECU": "NIR", "IPP": "NUM", "NDA": "NUM"}
_NEUTRAL = ("HOPITAL",)
_KEPT = ("DATE",)
_MARK = re.compile(r"⟦(?P<found>[^⟦⟧]+)\|(?P<label>[A-Z]+)⟧|⟪(?P<kept>[^⟪⟫]+)⟫")


@dataclass(slots=True)
class Passage:
    """A text, its identifiers (start, end, label), what must stay, what judges nobody, and its patient."""

    name: str
    text: str
    identifiers: list[tuple[int, int, str]]
    kept: list[tuple[int, int]]
    neutral: list[tuple[int, int]]
    patient: Patient


@dataclass(slots=True)
class Tally:
    """Identifiers asked and masked whole, by label; masked characters, right and in all; clinical turns and facts."""

    asked: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    right: int = 0
    hidden: int = 0
    kept: int = 0
    lost: int = 0
    facts: int = 0
    touched: int = 0
    leaking: int = 0  # passages left with an identifier
    leaking_held: int = 0
    bared: int = 0  # passages with the masks of one identifier taken off
    bared_held: int = 0
    clean: int = 0
    clean_held: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Over every label."""
        return sum(self.masked.values()) / sum(self.asked.values())

    @property
    def precision(self) -> float:
        """By character."""
        return self.right / self.hidden if self.hidden else 1.0

    def share(self, *labels: str) -> float:
        """Recall over some labels; 1 when none is asked."""
        asked = sum(self.asked[label] for label in labels)
        return sum(self.masked[label] for label in labels) / asked if asked else 1.0


def written(path: Path) -> list[Passage]:
    """The passages of a marked file."""
    passages = []
    for block in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        name, _, known = head.partition(" | ")
        family, given, birth = known.split(";")
        patient = Patient(family_birth=family, given=given.split(" "), birth_date=birth)
        text, at = "", 0
        identifiers: list[tuple[int, int, str]] = []
        kept: list[tuple[int, int]] = []
        for mark in _MARK.finditer(body.rstrip("\n")):
            text += body[at : mark.start()]
            shown = mark["found"] or mark["kept"]
            if mark["kept"]:
                kept.append((len(text), len(text) + len(shown)))
            else:
                identifiers.append((len(text), len(text) + len(shown), mark["label"]))
            text, at = text + shown, mark.end()
        text += body[at:].rstrip("\n")
        passages.append(Passage(name, text, identifiers, kept, [], patient))
    return passages


def eds(folder: Path) -> list[Passage]:
    """EDS-Pseudo's snippets; the patient of a snippet is the first person it names."""
    passages = []
    lines = [line for path in sorted(folder.glob("eds_pseudo*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    for row in map(json.loads, lines):
        identifiers = [
            (e["start"], e["end"], _EDS.get(e["label"], e["label"]))
            for e in row["entities"]
            if e["label"] not in (*_NEUTRAL, *_KEPT)
        ]
        neutral = [(e["start"], e["end"]) for e in row["entities"] if e["label"] in _NEUTRAL]
        first = {label: row["text"][start:end] for start, end, label in reversed(identifiers)}
        birth = date_at(fold(first["NAISSANCE"]), 0) if "NAISSANCE" in first else None
        patient = Patient(
            family_birth=first.get("NOM"),
            given=[first["PRENOM"]] if "PRENOM" in first else [],
            birth_date="{:04}-{:02}-{:02}".format(*birth[1]) if birth else None,
        )
        passages.append(Passage(row["doc_id"], row["text"], identifiers, [], neutral, patient))
    return passages


def measure(passages: Iterable[Passage], known: bool) -> Tally:
    """Mask each passage, with its header or without, and count."""
    engine, tally = load_engine(), Tally()
    for passage in passages:
        document = Document(path="", sha256="", text=passage.text)
        engine.annotate(document)
        identities = KnownIdentities.of(Header(patient=passage.patient)) if known else KnownIdentities()
        places, codes = clinical_places(document.facts), fact_codes(document.facts)
        spans = identifier_spans(passage.text, identities, places, codes)
        _count(tally, passage, {at for s in spans for at in range(s.start, s.end)}, places)
        masked, mapping = replaced(passage.text, spans)
        moved = [(mapping.start(start), mapping.end(end)) for start, end in places]
        held = bool(suspects(masked, codes, moved))
        _leave_one(tally, passage, spans, places, codes)
        leaks = bool(tally.left) and tally.left[-1].startswith(passage.name + " |")
        tally.leaking, tally.leaking_held = tally.leaking + leaks, tally.leaking_held + (leaks and held)
        tally.clean, tally.clean_held = tally.clean + (not leaks), tally.clean_held + (not leaks and held)
    return tally


def _leave_one(
    tally: Tally, passage: Passage, spans: list[Span], places: list[tuple[int, int]], codes: frozenset[str]
) -> None:
    """Whether the last look holds the passage when the masks of one identifier are taken off, for each of them."""
    for start, end, _ in passage.identifiers:
        rest = [span for span in spans if span.end <= start or span.start >= end]
        if len(rest) < len(spans):
            masked, mapping = replaced(passage.text, rest)
            moved = [(mapping.start(a), mapping.end(b)) for a, b in places]
            tally.bared += 1
            tally.bared_held += bool(suspects(masked, codes, moved))


def _count(tally: Tally, passage: Passage, hidden: set[int], places: list[tuple[int, int]]) -> None:
    text = passage.text

    def letters(start: int, end: int) -> set[int]:
        return {at for at in range(start, end) if text[at].isalnum()}

    truth: set[int] = set()
    for start, end, label in passage.identifiers:
        mine = letters(start, end)
        truth |= mine
        tally.asked[label] += 1
        tally.masked[label] += mine <= hidden
        if not mine <= hidden:
            around = text[max(0, start - 40) : start], text[start:end], text[end : end + 30]
            tally.left.append(f"{passage.name} | {label} | " + "{}⟦{}⟧{}".format(*around).replace("\n", "⏎"))
    neutral = {at for start, end in passage.neutral for at in range(start, end)}
    mine = {at for at in hidden if text[at].isalnum()} - (neutral - truth)
    tally.hidden += len(mine)
    tally.right += len(mine & truth)
    for start, end in passage.kept:
        tally.kept += 1
        tally.lost += bool(letters(start, end) & hidden)
    inside = [(start, end) for start, end in places if not letters(start, end) & truth]
    tally.facts += len(inside)
    tally.touched += sum(bool(letters(start, end) & hidden) for start, end in inside)


def sets(corpora: Path = CORPORA) -> dict[str, list[Passage]]:
    """The sets that are there."""
    found = {"dev": written(WRITTEN / "dev.txt"), "unseen": written(WRITTEN / "unseen.txt")}
    foreign = eds(corpora) if corpora.is_dir() else []
    return found | ({"eds": foreign} if foreign else {})


def table(tallies: dict[tuple[str, str], Tally]) -> list[str]:
    """One line a set and header."""
    groups = {
        "noms": ("NOM",),
        "prénoms": ("PRENOM",),
        "villes, codes postaux": ("VILLE", "CP"),
        "naissances": ("NAISSANCE",),
        "adresses": ("ADRESSE",),
        "téléphones, courriels": ("TEL", "MAIL"),
        "numéros": ("NIR", "NUM"),
    }
    lines = [f"| textes | en-tête | tout | {' | '.join(groups)} | précision | perdus | faits touchés | retenus |"]
    lines.append("|---|---|---|" + "---|" * (len(groups) + 4))
    for (name, header), tally in tallies.items():
        cells = " | ".join(f"{tally.share(*labels):.3f}" for labels in groups.values())
        held = f"{tally.bared_held}/{tally.bared} à un masque ôté, {tally.clean_held}/{tally.clean} propres"
        lines.append(
            f"| {name} | {header} | {tally.recall:.3f} | {cells} | {tally.precision:.3f} | {tally.lost}/{tally.kept} | "
            f"{tally.touched}/{tally.facts} | {held} |"
        )
    return lines


def main() -> None:
    """Print the table, and what stays of the sets that may be read."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--corpora", type=Path, default=CORPORA)
    asked.add_argument("--left", choices=["dev", "eds"], action="append", default=[])
    given = asked.parse_args()
    tallies = {
        (name, header): measure(passages, header == "connu")
        for name, passages in sets(given.corpora).items()
        for header in ("muet", "connu")
    }
    print("\n".join(table(tallies)))
    for name in given.left:
        print("\n".join(tallies[name, "muet"].left))


if __name__ == "__main__":
    main()
