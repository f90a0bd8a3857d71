"""The exam "flatten and recover": what an engine finds in a document's print, against the document's own codes.

Belongs here: each structured (N3) document printed without its entries, read back, annotated, scored; the table.
Does not belong here: printing (synth/flatten.py), the rules of comparison (comparison.py), terminal options.

Recall is over the coded statements that the print tells (comparison.py): what stands in an entry only (`untold`) and
what print and entry say the opposite of (`clashing`) cannot be recovered, and is counted apart.
Precision is over what the engine says where the entries speak: for results and drugs in the sections that code any,
for problems in the rows of those sections that hold a coded one, since a narrative names many more than it codes.
Found there, a statement is right when any entry codes it, told or not, and wrong otherwise; a row where print and entry
clash judges nobody, and what is said elsewhere is `unjudged`.
The strict figures set none of this aside: every entry is asked, and whatever is found in a section that codes the
subject is right by the very code (or label) or wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from limpide.document import Document, Format
from limpide.errors import LIMITS, Limits
from limpide.evaluation.comparison import SUBJECTS, Statement, Subject, pair, same_class, spaced, statement, truths
from limpide.readers.registry import read
from limpide.semantics.engine import Engine

ALL = "*"  # every document type
TITLES: dict[Subject, str] = {
    "laboratory": "résultats de biologie",
    "drug": "médicaments",
    "problem": "problèmes",
    "vital": "signes vitaux",
}
KINDS: dict[Subject, str] = {"laboratory": "measurement", "drug": "drug", "problem": "condition", "vital": "vital"}
_PART_OF_ROW = 0.8  # of the words of a printed line: the reader may cut or join one
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
    coded: int = 0  # told by the print
    untold: int = 0  # in an entry only
    clashing: int = 0  # the print says the opposite
    found: int = 0  # where the entries speak
    right: int = 0  # coded and told
    confirmed: int = 0  # coded, though the print does not tell it in the entry's words
    unjudged: int = 0
    strict_found: int = 0
    strict_right: int = 0

    @property
    def entries(self) -> int:
        """Everything coded."""
        return self.coded + self.untold + self.clashing

    @property
    def recall(self) -> float | None:
        """Coded and told statements found; None without any."""
        return self.right / self.coded if self.coded else None

    @property
    def precision(self) -> float | None:
        """Found statements that are coded; None without any."""
        return (self.right + self.confirmed) / self.found if self.found else None

    @property
    def strict_recall(self) -> float | None:
        """Entries found by their very code; None without any."""
        return self.strict_right / self.entries if self.entries else None

    @property
    def strict_precision(self) -> float | None:
        """Statements in sections that code the subject, right by their very code; None without any."""
        return self.strict_right / self.strict_found if self.strict_found else None

    def add(self, other: Tally) -> None:
        """Sum in place."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class _Written(NamedTuple):
    words: str
    line: frozenset[str]


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
    marked = Marked(document.header.type_code or "?", {subject: Tally() for subject in SUBJECTS})
    wanted = truths(document)
    said = _said(print_)
    sections = {subject: _coded_sections(document, subject) for subject in SUBJECTS}
    rows = _coded_rows(wanted)
    statements = [each for each, _ in said]
    pairs = {index: wanted[at] for at, index in _paired(wanted, statements)}
    strict = {index for _, index in pair(wanted, statements, exactly=True)}
    for truth in wanted:
        tally = marked.tallies[truth.subject]
        tally.coded += truth.stated
        tally.clashing += truth.clash
        tally.untold += not truth.stated and not truth.clash
    for index, (found, written) in enumerate(said):
        truth_found = pairs.get(index)
        subject = truth_found.subject if truth_found else found.subject
        tally = marked.tallies[subject]
        inside = any(each.words in sections[subject] for each in written)
        tally.strict_right += index in strict
        tally.strict_found += inside or index in strict
        if truth_found:
            tally.found += 1
            tally.right += truth_found.stated
            tally.confirmed += not truth_found.stated
        elif any(same_class(found, other) for other in statements):
            continue  # "AVK" beside its member: said twice
        elif found.value is not None and any(
            truth.clash and truth.codes & (found.codes | found.twins) for truth in wanted
        ):
            tally.unjudged += 1  # the entry gives another number, which the print does not tell
        elif inside if subject != "problem" else _judged(written, rows):
            tally.found += 1
            marked.wrong.append(found)
        else:
            tally.unjudged += 1
    told = {id(truth) for truth in pairs.values()}
    marked.missed = [truth for truth in wanted if truth.stated and id(truth) not in told]
    marked.tallies = {subject: tally for subject, tally in marked.tallies.items() if tally.entries}
    for tally in marked.tallies.values():
        tally.documents = 1
    return marked


def _said(print_: Document) -> list[tuple[Statement, list[_Written]]]:
    """Each statement of the engine once, with the keys of the words that say it and of the lines they begin in."""
    found: dict[tuple[object, ...], tuple[Statement, list[_Written]]] = {}
    for fact in print_.facts:
        said = statement(fact) if fact.origin == "nlp" else None
        if said is not None:
            begin = print_.text.rfind("\n", 0, fact.start or 0) + 1
            line = print_.text[begin:].split("\n", 1)[0] if fact.start is not None else fact.text or ""
            written = _Written(spaced(fact.text or ""), frozenset(spaced(line).split()))
            found.setdefault((said.subject, *said.key), (said, []))[1].append(written)
    return list(found.values())


def _paired(wanted: list[Statement], statements: list[Statement]) -> list[tuple[int, int]]:
    """Pairs with told statements first, then what is left with the others."""
    told = [at for at, truth in enumerate(wanted) if truth.stated]
    first = [(told[at], index) for at, index in pair([wanted[at] for at in told], statements)]
    taken = {index for _, index in first}
    rest = [at for at, truth in enumerate(wanted) if not truth.stated]
    free = [index for index in range(len(statements)) if index not in taken]
    later = pair([wanted[at] for at in rest], [statements[index] for index in free])
    return first + [(rest[at], free[index]) for at, index in later]


def _judged(written: list[_Written], rows: dict[str, bool]) -> bool:
    """Whether words stand in rows that hold a coded problem, none of which clashes with its entry."""
    clashes = [clash for row, clash in rows.items() if any(_stands(each, row) for each in written)]
    return bool(clashes) and not any(clashes)


def _stands(written: _Written, row: str) -> bool:
    """Whether words stand in a row: the row holds them and nearly all of their printed line, a part of the row."""
    inside = len(written.line & frozenset(row.split()))
    return written.words in row and inside >= _PART_OF_ROW * len(written.line)


def _coded_rows(wanted: list[Statement]) -> dict[str, bool]:
    """Keys of the rows that hold a coded problem, each with whether print and entry clash there."""
    rows: dict[str, bool] = {}
    for truth in wanted:
        if truth.subject == "problem" and truth.row:
            rows[truth.row] = rows.get(truth.row, False) or truth.clash
    return rows


def _coded_sections(document: Document, subject: Subject) -> str:
    """Key of the sections whose entries code this subject; of the whole document for an entry outside any."""
    placed = {f.section_index for f in document.facts if f.origin == "coded" and f.kind == KINDS[subject]}
    if None in placed:
        return spaced(document.text)
    sections = (document.sections[index] for index in sorted(i for i in placed if i is not None))
    return "\n".join(spaced(document.text[section.start : section.end]) for section in sections)


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
    counted = ["documents", "codés", "trouvés", "justes", "rappel", "précision", "tus", "contredits", "non jugés"]
    out = [["sujet", "type", *counted, "strict : rappel", "strict : précision"]]
    for subject, place, tally in rows(result):
        kind = "tous" if place == ALL else " ".join(filter(None, (place, result.names.get(place, "")[:34])))
        judged = tally.right + tally.confirmed
        counts = [str(n) for n in (tally.documents, tally.coded, tally.found, judged)]
        shares = [share(tally.right, tally.coded), share(judged, tally.found)]
        apart = [str(n) for n in (tally.untold, tally.clashing, tally.unjudged)]
        strict = [share(tally.strict_right, tally.entries), share(tally.strict_right, tally.strict_found)]
        out.append([TITLES[subject], kind, *counts, *shares, *apart, *strict])
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
            "precision_interval": wilson(tally.right + tally.confirmed, tally.found),
            "strict_recall": tally.strict_recall,
            "strict_precision": tally.strict_precision,
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
