"""Engines side by side on the same notes: what each finds, how fast, where they differ, and who is right.

Belongs here: measuring an engine, comparing two, scoring against a truth. Does not belong here: engines (engines/),
what counts as the same statement (comparison.py), terminal options.

Each engine works in a process of its own, so that its start-up and its memory are its own; time is processor time. It
sees text and pages, never the coded entries of a structured document.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from limpide.document import Code, Document, Fact, Page
from limpide.errors import LIMITS, Limits
from limpide.evaluation.comparison import Statement, Subject, pair, statement, truths
from limpide.evaluation.exam import Tally
from limpide.readers.oids import system_name
from limpide.readers.registry import read
from limpide.semantics.engine import Engine, load_engine

# Makes an engine load all that it loads when first needed.
WARM_UP = (
    "Insuffisance rénale (IR) en 2012. L'IR est stable, créatinine 92 µmol/L. Bronchopneumopatie. Lasilix 40 mg x2/j."
)


@dataclass(frozen=True, slots=True)
class Note:
    """One text to read: `path` and `member` (rank of the document in its file) name it; `when` dates it (ISO 8601)."""

    path: str
    text: str
    member: int = 0
    when: str | None = None
    type_code: str | None = None
    pages: tuple[Page, ...] = ()

    def blank(self, facts: Iterable[Fact] = ()) -> Document:
        """A document with this text and `facts` only."""
        document = Document(path=self.path, sha256="", text=self.text, pages=list(self.pages), facts=list(facts))
        document.header.effective_time, document.header.type_code = self.when, self.type_code
        return document


@dataclass(slots=True)
class Bout:
    """What one engine did: facts by note, seconds of processor and megabytes at most. `failure` says why it did not."""

    engine: str
    version: str = ""
    facts: list[list[Fact]] = field(default_factory=list)
    start: float = 0.0
    seconds: float = 0.0
    memory: float = 0.0
    failure: str | None = None

    @property
    def rate(self) -> float:
        """Notes a second of one core."""
        return len(self.facts) / self.seconds if self.seconds else 0.0

    @property
    def all(self) -> list[Fact]:
        """Every fact."""
        return [fact for facts in self.facts for fact in facts]


def notes(files: Iterable[Path], limits: Limits = LIMITS) -> Iterator[Note]:
    """The readable documents of the files, in order."""
    for path in files:
        for member, document in enumerate(read(path.read_bytes(), str(path), limits)):
            if document.status == "ok" and document.text.strip():
                head = document.header
                pages = tuple(document.pages)
                yield Note(str(path), document.text, member, head.effective_time, head.type_code, pages)


def measure(name: str, given: list[Note], load: Callable[[str], Engine] = load_engine) -> Bout:
    """One engine on every note, in this process. An engine that cannot be loaded gives a `failure`, in French."""
    begun = time.process_time()
    try:
        engine = load(name)
    except ModuleNotFoundError as missing:
        return Bout(name, failure=f"paquet absent : .venv/bin/pip install {missing.name}")
    except KeyError:
        return Bout(name, failure="ni un moteur connu, ni un dossier")
    except Exception as fault:  # a pipeline of the user's: whatever it raises is shown, and the others still run
        return Bout(name, failure=f"ne se charge pas : {type(fault).__name__}: {str(fault)[:200]}")
    engine.annotate(Document(path="", sha256="", text=WARM_UP))
    bout = Bout(engine.name, engine.version, start=time.process_time() - begun)
    begun = time.process_time()
    for note in given:
        document = note.blank()
        engine.annotate(document)
        bout.facts.append(document.facts)
    bout.seconds = time.process_time() - begun
    bout.memory = _peak()
    return bout


def _peak() -> float:
    """The most megabytes this process held. Linux counts in ru_maxrss what the parent held when it made the process."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text("utf-8").splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def apart(name: str, given: list[Note], load: Callable[[str], Engine] = load_engine) -> Bout:
    """`measure` in a process of its own; `load` must be a function that the new process can import."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, name, given, load).result()


def fight(names: Iterable[str], given: list[Note], how: Callable[[str, list[Note]], Bout] = apart) -> Iterator[Bout]:
    """Each engine in turn."""
    return (how(name, given) for name in names)


# --- where two engines differ ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Agreement:
    """Two engines on one kind of fact (None: any kind). Counts of distinct spans, of pairs, and of what pairs share."""

    kind: str | None
    first: int = 0
    second: int = 0
    exact: int = 0  # same characters
    overlap: int = 0  # one for one, exact pairs included
    both_coded: int = 0  # pairs coded by both in the same system
    same_code: int = 0  # of these: same CIM-10 category, same code elsewhere
    same_negation: int = 0  # of pairs

    def share(self, hit: int) -> float | None:
        """F1 of one engine against the other: twice the pairs over the spans of both."""
        return 2 * hit / (self.first + self.second) if self.first + self.second else None


Spans = dict[tuple[int, int], Fact]


def agreements(one: Bout, other: Bout) -> list[Agreement]:
    """All kinds together, then each kind that both engines give."""
    shared = {fact.kind for fact in one.all} & {fact.kind for fact in other.all}
    wanted: list[str | None] = [None, *sorted(shared)]
    out = []
    for kind in wanted:
        total = Agreement(kind)
        for first, second in zip(one.facts, other.facts, strict=True):
            mine, theirs = _spans(first, kind), _spans(second, kind)
            total.first += len(mine)
            total.second += len(theirs)
            for a, b in paired(mine, theirs):
                total.overlap += 1
                total.exact += a == b
                total.same_negation += mine[a].negated == theirs[b].negated
                if _comparable(mine[a], theirs[b]):
                    total.both_coded += 1
                    total.same_code += _category(mine[a]) == _category(theirs[b])
        out.append(total)
    return out


def _spans(facts: list[Fact], kind: str | None) -> Spans:
    """The first fact of each span, coded ones first."""
    spans: Spans = {}
    for fact in sorted(facts, key=lambda f: f.code is None):
        if fact.start is not None and fact.end is not None and kind in (None, fact.kind):
            spans.setdefault((fact.start, fact.end), fact)
    return spans


def paired(mine: Spans, theirs: Spans) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """One span for one span that shares characters: exact pairs first, then the most characters shared."""
    options = [
        (a != b, max(a[0], b[0]) - min(a[1], b[1]), a, b)
        for a in mine
        for b in theirs
        if a[0] < b[1] and b[0] < a[1]
    ]  # fmt: skip
    used: set[tuple[int, int]] = set()
    taken: set[tuple[int, int]] = set()
    pairs = []
    for _, _, a, b in sorted(options):
        if a not in used and b not in taken:
            used.add(a)
            taken.add(b)
            pairs.append((a, b))
    return pairs


def _comparable(one: Fact, other: Fact) -> bool:
    return bool(one.code and other.code and one.system == other.system)


def _category(fact: Fact) -> str:
    code = (fact.code or "").replace(".", "").upper()
    return code[:3] if fact.system == "CIM-10" else code


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two engines part. `what`: 'first' or 'second' alone found it, 'code' or 'negation' differs."""

    what: str
    note: int
    first: Fact | None
    second: Fact | None


def differences(one: Bout, other: Bout) -> list[Difference]:
    """Every difference, in text order. Kinds aside: a place found by both is no difference of finding."""
    found = []
    for index, (first, second) in enumerate(zip(one.facts, other.facts, strict=True)):
        mine, theirs = _spans(first, None), _spans(second, None)
        found += [Difference("first", index, mine[a], None) for a in _untouched(mine, theirs)]
        found += [Difference("second", index, None, theirs[b]) for b in _untouched(theirs, mine)]
        for a, b in paired(mine, theirs):
            if _comparable(mine[a], theirs[b]) and _category(mine[a]) != _category(theirs[b]):
                found.append(Difference("code", index, mine[a], theirs[b]))
            elif mine[a].negated != theirs[b].negated:
                found.append(Difference("negation", index, mine[a], theirs[b]))
    return sorted(found, key=lambda d: (d.note, (d.first or d.second or Fact("condition", "nlp")).start or 0, d.what))


def _untouched(spans: Spans, others: Spans) -> list[tuple[int, int]]:
    return [a for a in spans if not any(a[0] < b[1] and b[0] < a[1] for b in others)]


def sample(found: list[Difference], most: int) -> list[Difference]:
    """At most `most` differences of each sort, spread evenly over the notes."""
    kept = []
    for what in ("first", "second", "code", "negation"):
        mine = [each for each in found if each.what == what]
        kept += mine[:: max(1, -(-len(mine) // most))] if most else []
    return kept


# --- who is right ----------------------------------------------------------------------------------------------------

Truths = dict[tuple[str, int], list[Fact]]


def read_truth(path: Path) -> Truths:
    """Facts by (path, member) of a JSON lines file: a feed's truth, or lines of `limpide structure` put right by hand.

    Each line has `path` and `facts` (kind, code, system, text, value, unit, negated...). A line without `member` is
    the next document of its path.
    """
    known = {each.name for each in fields(Fact)}
    turn: Counter[str] = Counter()
    told: Truths = {}
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, filter(str.strip, lines)):
            member = row.get("member", turn[row["path"]])
            turn[row["path"]] += 1
            facts = []
            for said in row.get("facts", []):
                given = {k: v for k, v in said.items() if k in known and v is not None}
                given |= {"origin": "coded", "system": system_name(given.get("system"))}
                given["translations"] = [_code(code) for code in given.get("translations", [])]
                given["candidates"] = []
                facts.append(Fact(**given))
            told[row["path"], member] = facts
    return told


def _code(said: dict[str, Any]) -> Code:
    return Code(said["code"], system_name(said.get("system")))


def judged(bout: Bout, given: list[Note], told: Truths) -> dict[Subject, Tally]:
    """Statements of one engine against the truth of the notes that have one, by subject; each counts once a note.

    Recall is over what the truth says and the text holds; precision over all that the engine says of the subjects that
    the truth of that note speaks of.
    """
    tallies: dict[Subject, Tally] = {}
    for note, facts in zip(given, bout.facts, strict=True):
        truth = _truth_of(note, told)
        if truth is None:
            continue
        wanted = truths(note.blank(truth))
        found: dict[tuple[object, ...], Statement] = {}
        for said in filter(None, map(statement, facts)):
            found.setdefault((said.subject, *said.key), said)
        statements = list(found.values())
        pairs = pair(wanted, statements)
        for subject in {each.subject for each in wanted}:
            tally = tallies.setdefault(subject, Tally())
            mine = [at for at, each in enumerate(wanted) if each.subject == subject]
            right = [wanted[at].stated for at, _ in pairs if at in mine]
            tally.documents += 1
            tally.coded += sum(wanted[at].stated for at in mine)
            tally.untold += sum(not wanted[at].stated for at in mine)
            tally.found += sum(each.subject == subject for each in statements)
            tally.right += sum(right)
            tally.confirmed += len(right) - sum(right)
    return tallies


def _truth_of(note: Note, told: Truths) -> list[Fact] | None:
    """By the whole path, or its end: a feed's truth names its files from the landing folder."""
    steps = Path(note.path).parts
    ends = (str(Path(*steps[at:])) for at in range(len(steps)))
    return next((told[end, note.member] for end in ends if (end, note.member) in told), None)
