"""The exam "flatten and recover": what an engine finds in a document's print, against the document's own codes.

Belongs here: each structured (N3) document printed without its entries, read back, annotated, scored; the table.
Does not belong here: printing (synth/flatten.py), the rules of comparison (comparison.py), terminal options.

Recall is over the coded statements that the narrative states: what stands in an entry only cannot be recovered from
print, and is counted apart (`untold`). Precision is over what the engine says in words that also stand in a section
whose entries code that subject: elsewhere the entries are silent and nothing can be judged (`unjudged`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limpide.document import Document, Format
from limpide.errors import LIMITS, Limits
from limpide.readers.registry import read
from limpide.semantics.comparison import SUBJECTS, Statement, Subject, pair, statement, truths
from limpide.semantics.engine import Engine
from limpide.semantics.tokens import fold

ALL = "*"  # every document type
_TITLES: dict[Subject, str] = {
    "laboratory": "résultats de biologie",
    "drug": "médicaments",
    "problem": "problèmes",
    "vital": "signes vitaux",
}
_KINDS: dict[Subject, str] = {"laboratory": "measurement", "drug": "drug", "problem": "condition", "vital": "vital"}
_Z = 1.959964  # 95 %


def wilson(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion; (0, 1) when nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, square = right / total, _Z * _Z
    middle = share + square / (2 * total)
    half = _Z * (share * (1 - share) / total + square / (4 * total * total)) ** 0.5
    scale = 1 + square / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(slots=True)
class Tally:
    """Counts of one subject in documents of one type; all are statements, but `documents`."""

    documents: int = 0
    coded: int = 0  # stated in the narrative
    untold: int = 0  # in an entry only
    found: int = 0
    right: int = 0
    unjudged: int = 0

    @property
    def recall(self) -> float | None:
        """Coded statements found; None without any."""
        return self.right / self.coded if self.coded else None

    @property
    def precision(self) -> float | None:
        """Found statements that are coded; None without any."""
        return self.right / self.found if self.found else None

    def add(self, other: Tally) -> None:
        """Sum in place."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Marked:
    """One document's result: tallies by subject, what was missed and what was found wrongly."""

    type_code: str
    tallies: dict[Subject, Tally] = field(default_factory=dict)
    missed: list[Statement] = field(default_factory=list)
    wrong: list[Statement] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    """The exam of many documents: tallies by (subject, LOINC type code or ALL); labels missed and wrong, counted."""

    engine: str
    documents: int = 0
    unreadable: int = 0  # prints that could not be read back
    tallies: dict[tuple[Subject, str], Tally] = field(default_factory=dict)
    missed: Counter[tuple[Subject, str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[Subject, str, str]] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)  # type code -> its display

    def add(self, marked: Marked) -> None:
        """Count one document."""
        self.documents += 1
        for subject, tally in marked.tallies.items():
            for place in (marked.type_code, ALL):
                self.tallies.setdefault((subject, place), Tally()).add(tally)
        self.missed.update(map(_label, marked.missed))
        self.wrong.update(map(_label, marked.wrong))


def _label(said: Statement) -> tuple[Subject, str, str]:
    value = "" if said.value is None else f" {said.comparator or ''}{said.value:g} {said.unit or ''}".rstrip()
    flags = (" (nié)" if said.negated else "") + (" (antérieur)" if said.prior else "")
    return said.subject, " ".join(sorted(said.codes)), f"{said.names[0] if said.names else ''}{value}{flags}"


def structured(files: Iterable[Path], limits: Limits = LIMITS) -> Iterator[Document]:
    """Every distinct N3 document with coded entries in the files, whatever carries it (XDM, HL7 v2, FHIR)."""
    seen: set[str] = set()
    for path in files:
        for document in read(path.read_bytes(), str(path), limits):
            coded = any(fact.origin == "coded" for fact in document.facts)
            if document.format == Format.CDA_N3 and document.status == "ok" and coded and document.sha256 not in seen:
                seen.add(document.sha256)
                yield document


def mark(document: Document, engine: Engine, limits: Limits = LIMITS) -> Marked | None:
    """Print `document` without its entries, read it back, annotate, score; None when the print cannot be read."""
    from limpide.synth.flatten import flatten

    (print_,) = read(flatten(document), f"{document.path}.pdf", limits)
    if print_.status != "ok":
        return None
    engine.annotate(print_)
    return compare(document, print_)


def compare(document: Document, print_: Document) -> Marked:
    """Score the facts of `print_` against the coded facts of `document`."""
    marked = Marked(document.header.type_code or "?")
    wanted = truths(document)
    found: dict[tuple[object, ...], Statement] = {}
    scopes = {subject: _coded_words(document, subject) for subject in SUBJECTS}
    within: set[tuple[object, ...]] = set()
    for fact in print_.facts:
        said = statement(fact) if fact.origin == "nlp" else None
        if said is not None:
            key = (said.subject, *said.key)
            found.setdefault(key, said)
            if _plain(fact.text or "") in scopes[said.subject]:
                within.add(key)
    statements, keys = list(found.values()), list(found)
    told = [truth for truth in wanted if truth.stated]
    pairs = pair(told, statements)
    right, matched = {index for index, _ in pairs}, {index: told[at].subject for at, index in pairs}
    tallies = {subject: Tally() for subject in SUBJECTS}
    for truth in wanted:
        tallies[truth.subject].coded += truth.stated
        tallies[truth.subject].untold += not truth.stated
    for index, said in enumerate(statements):
        subject = matched.get(index, said.subject)
        tally = tallies[subject]
        if index in matched:
            tally.right += 1
            tally.found += 1
        elif keys[index] in within:
            tally.found += 1
            marked.wrong.append(said)
        else:
            tally.unjudged += 1
    marked.missed = [truth for index, truth in enumerate(told) if index not in right]
    for subject, tally in tallies.items():
        if tally.coded or tally.untold:
            tally.documents = 1
            marked.tallies[subject] = tally
    return marked


def _plain(text: str) -> str:
    return " ".join(fold(text).split())


def _coded_words(document: Document, subject: Subject) -> str:
    """The text of the sections whose entries code this subject; of the whole document for an entry outside any."""
    placed = {f.section_index for f in document.facts if f.origin == "coded" and f.kind == _KINDS[subject]}
    if None in placed:
        return _plain(document.text)
    sections = (document.sections[index] for index in sorted(i for i in placed if i is not None))
    return "\n".join(_plain(document.text[section.start : section.end]) for section in sections)


def sit(documents: Iterable[Document], engine: Engine, progress: Callable[[int], None] | None = None) -> Result:
    """The exam of all `documents`; `progress(n)` is told the number of documents marked so far."""
    result = Result(f"{engine.name} {engine.version}")
    for document in documents:
        marked = mark(document, engine)
        if marked is None:
            result.unreadable += 1
            continue
        result.add(marked)
        if document.header.type_display or document.header.title:
            result.names.setdefault(marked.type_code, document.header.type_display or document.header.title or "")
        if progress is not None:
            progress(result.documents)
    return result


def rows(result: Result) -> Iterator[tuple[Subject, str, Tally]]:
    """Subject by subject, all types first, then each type by its number of statements."""
    for subject in SUBJECTS:
        mine = [(place, tally) for (about, place), tally in result.tallies.items() if about == subject]
        for place, tally in sorted(mine, key=lambda row: (row[0] != ALL, -row[1].coded, row[0])):
            yield subject, place, tally


def share(right: int, total: int) -> str:
    """'0,93 (0,90–0,95)', or '–' when nothing was counted."""
    if not total:
        return "–"
    low, high = wilson(right, total)
    return f"{right / total:.2f} ({low:.2f}–{high:.2f})".replace(".", ",")


def table(result: Result) -> list[list[str]]:
    """Header and rows of the exam, for a terminal or a page, in French."""
    out = [["sujet", "type", "documents", "codés", "trouvés", "justes", "rappel", "précision", "tus", "non jugés"]]
    for subject, place, tally in rows(result):
        kind = "tous" if place == ALL else " ".join(filter(None, (place, result.names.get(place, "")[:34])))
        counts = [str(n) for n in (tally.documents, tally.coded, tally.found, tally.right)]
        shares = [share(tally.right, tally.coded), share(tally.right, tally.found)]
        out.append([_TITLES[subject], kind, *counts, *shares, str(tally.untold), str(tally.unjudged)])
    return out


def to_json(result: Result, most: int = 200) -> dict[str, Any]:
    """The exam as JSON: figures, and the `most` frequent labels missed and found wrongly."""
    figures = [
        {
            "subject": subject,
            "type_code": None if place == ALL else place,
            **{name: getattr(tally, name) for name in Tally.__slots__},
            "recall": tally.recall,
            "recall_interval": wilson(tally.right, tally.coded),
            "precision": tally.precision,
            "precision_interval": wilson(tally.right, tally.found),
        }
        for subject, place, tally in rows(result)
    ]
    return {
        "engine": result.engine,
        "documents": result.documents,
        "unreadable": result.unreadable,
        "figures": figures,
        "missed": [_counted(*row) for row in result.missed.most_common(most)],
        "wrong": [_counted(*row) for row in result.wrong.most_common(most)],
    }


def _counted(label: tuple[Subject, str, str], times: int) -> dict[str, Any]:
    return {"subject": label[0], "codes": label[1], "label": label[2], "times": times}
