"""The vocabulary: every term with its code, compiled once into one flat table and kept on disk.

Belongs here: reading the terminologies that dependencies ship, our lexicon and the user's; compiling; the cache.
Does not belong here: matching (matcher.py), morphology (variants.py), any term (lexicon/*.tsv).

The table maps a key (see variants.py) to the number of an entry, and every proper prefix of a key to -1: a longest
match costs one look-up a word. It loads with `marshal` in a fraction of a second and is shared by copy-on-write forks.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import marshal
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from limpide.french import variants
from limpide.semantics.terms import user_terms

LEXICON = Path(__file__).parents[2] / "lexicon" / "terms"
GRAMMAR = Path(__file__).parents[2] / "lexicon" / "grammar"
FORMAT = "9"  # of the compiled table: change it when the compilation changes

# Chapters of CIM-10 whose labels name no state of the patient as clinicians write it: circumstances and contacts.
_SKIPPED_CHAPTERS = frozenset("VWXYZU")
_SKIPPED_CATEGORIES = frozenset(("O80", "O81", "O82", "O83", "O84"))  # ways of giving birth: procedures
FACT_KINDS = frozenset(
    [
        "condition",
        "drug",
        "measurement",
        "vital",
        "procedure",
        "device",
        "allergy",
        "immunization",
        "observation",
        "family_history",
    ]
)
GRAMMAR_KINDS = frozenset(["stop"])

CASE_SENSITIVE = 1  # an abbreviation that is also a word or a syllable: only in capitals
GENERIC = 2  # a word that names no particular thing (maladie, médicament)
EXACT = 4  # a brand: its letters as they are, never a stem (VIDEX is not "vide")
HEAD = 16  # of a mention: its name heads others ("tumeur" of "tumeur du rein")
REGIMEN = 32  # a protocol of several drugs (FOLFOX)
SUBSTANCE = 8  # a chemical or a molecule, not a treatment (ferritine, ADN)
USERS = -1  # rank of a user's term, above ours
ANOTHER_SYSTEM = 9  # rank of a user's term in a system that is not the kind's own: code beside ours
_NOTES = {"generic": GENERIC, "substance": SUBSTANCE, "regimen": REGIMEN}  # how a note of the lexicon begins
_CODED_IN = {"condition": "CIM-10", "drug": "ATC"}
PREFIX = -1
AGENT = "agent"  # the "site" of a micro-organism or another cause: infection à pneumocoque
CORE = 1  # part of what the mention names (aigu, rénal)
TRAILING = 2  # says how much or how long: left out at the end of a mention (sévère, récidivant)
PHRASE = 3  # a fixed phrase, whatever link words it begins with (de haut grade, à cellules claires)
_ROLES = {"core": CORE, "trailing": TRAILING, "phrase": PHRASE}


class Term(NamedTuple):
    """One way of writing one thing. `rank`: the lower wins (-1 the user, 0 lexicon, 1 to 3 a label and its forms)."""

    text: str
    code: str | None
    system: str | None
    kind: str
    source: str
    rank: int
    flags: int = 0


class Entry(NamedTuple):
    """What a key means: kind, system, its codes (several: ambiguous), where it comes from, flags."""

    kind: str
    system: str | None
    codes: tuple[str, ...]
    source: str
    flags: int
    head: str = ""  # class of a head that composes with a site: 'fracture', 'tumeur_maligne'
    site: str = ""  # the part of the body that it names: 'femur'
    adjective: int = 0  # CORE, TRAILING or PHRASE: how it follows a head
    default_code: bool = False  # the code is that of the bare head: the site unspecified


@dataclass(frozen=True, slots=True)
class Grammar:
    """Codes that a class of heads and a site make together: ('fracture', 'femur') is S72.9, ('fracture', '') T14.2."""

    codes: dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Terminology:
    """The compiled vocabulary. `table[key]` is an index into `entries`, or -1 for a prefix of longer keys."""

    table: dict[str, int]
    entries: list[Entry]
    words: frozenset[str]  # every stem that is spelt right: of terms, of all labels, of ordinary words
    grammar: Grammar
    digest: str
    beside: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # key -> (code, the user's system)


def dotted(code: str) -> str:
    """CIM-10 as clinicians write it: 'E119' is 'E11.9'."""
    code = code.strip().upper().split("+")[0]  # +0, +1: French subdivisions for billing, unknown elsewhere
    return code if len(code) <= 3 or "." in code else f"{code[:3]}.{code[3:]}"


def shipped_resources() -> Path | None:
    """Folder of the terminologies that edsnlp ships, without importing it."""
    spec = find_spec("edsnlp")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "resources"


def _cim10(path: Path) -> Iterator[Term]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            raw = row["code"]
            if raw[0] in _SKIPPED_CHAPTERS or raw[:3] in _SKIPPED_CATEGORIES:
                continue
            code, label = dotted(raw), row["long"]
            for form, exact, distance in variants.clinician_forms(label):
                yield Term(form, code if exact else code[:3], "CIM-10", "condition", f"cim10:{code}", 1 + distance)


def _atc(path: Path) -> Iterator[Term]:
    names: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    for code, labels in names.items():
        for label in labels:
            if len(label) > 3:
                brand = label.isupper() and label.isalpha()
                source = f"atc:{code}:{label.lower()}" if brand else f"atc:{code}"
                yield Term(label, code, "ATC", "drug", source, 1, EXACT if brand else 0)


def read_lexicon(path: Path) -> Iterator[Term]:
    """Terms of one TSV file: term (several with |), code, system, kind, note. '=X' keeps its case, '~X' any case.

    Raises ValueError on a line whose kind is unknown or whose term is empty.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((x for x in lines if not x.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows, 2):
            kind = (row.get("kind") or "").strip()
            if kind not in FACT_KINDS and kind not in GRAMMAR_KINDS:
                raise ValueError(f"{path.name}: row {number}: unknown kind {kind!r}")
            code = (row.get("code") or "").strip() or None
            system = (row.get("system") or "").strip() or None
            note = row.get("note") or ""
            general = next((flag for word, flag in _NOTES.items() if note.startswith(word)), 0)
            for text in (row["term"] or "").split("|"):
                written = text.strip()
                if not written.strip("=~"):
                    raise ValueError(f"{path.name}: row {number}: empty term")
                flags = general
                bare = written.lstrip("=~")
                if written[0] == "=" or (written[0] != "~" and len(bare) <= 3 and bare.isupper()):
                    flags |= CASE_SENSITIVE
                yield Term(bare, code, system, kind, f"{path.stem}:{bare}", 0, flags)


def _grammar_terms() -> Iterator[Term]:
    """Heads, sites and modifiers, as terms whose `kind` says which and whose `code` is the class or the site."""
    for row in _rows(GRAMMAR / "sites.tsv"):
        for text in filter(None, row["nouns"].split("|")):
            yield Term(text, row["site"], None, "site", "", 0)
        for text in filter(None, row["adjectives"].split("|")):
            yield Term(text, row["site"], None, "adjective_site", "", 0)
    for row in _rows(GRAMMAR / "agents.tsv"):
        for text in row["agents"].split("|"):
            yield Term(text, AGENT, None, "site", "", 0)
    for row in _rows(GRAMMAR / "modifiers.tsv"):
        for text in row["modifiers"].split("|"):
            yield Term(text, None, None, "modifier", row["role"], 0)
    for row in _rows(GRAMMAR / "heads.tsv"):
        for text in row["head"].split("|"):
            flags = GENERIC if row["alone"] in ("generic", "weak") else 0
            if text.isupper() and len(text) <= 3:
                flags |= CASE_SENSITIVE
            yield Term(text, row["class"], row["code"] or None, f"head_{row['alone']}", f"head:{text}", 3, flags)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def _grammar() -> Grammar:
    bare = {(row["class"], ""): row["code"] for row in reversed(_rows(GRAMMAR / "heads.tsv")) if row["code"]}
    return Grammar(bare | {(row["class"], row["site"]): row["code"] for row in _rows(GRAMMAR / "codes.tsv")})


def _known_words(paths: Iterable[Path]) -> frozenset[str]:
    """Stems of words that are no misspellings though no term holds them: every label's, and ordinary ones."""
    known = set(variants.keys((GRAMMAR / "ordinary.txt").read_text(encoding="utf-8")))
    for path in paths:
        if path.name == "cim10.csv.gz":
            with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
                words = {word for row in csv.DictReader(lines) for word in row["long"].split()}
            for word in words:
                known.update(variants.keys(word))
    return frozenset(known)


def _sources(extra: Iterable[Path]) -> list[Path]:
    found = sorted(LEXICON.glob("*.tsv"))
    resources = shipped_resources()
    if resources is not None:
        found += [p for p in (resources / "cim10.csv.gz", resources / "drugs.json") if p.is_file()]
    return found + sorted({*extra, *user_terms.files()})


def _terms(path: Path) -> Iterator[Term]:
    if path.name == "cim10.csv.gz":
        return _cim10(path)
    if path.name == "drugs.json":
        return _atc(path)
    if path.parent == LEXICON:
        return read_lexicon(path)
    return (term._replace(rank=_users_rank(term)) for term in read_lexicon(path))


def _users_rank(term: Term) -> int:
    return ANOTHER_SYSTEM if term.system and term.system != _CODED_IN.get(term.kind, term.system) else USERS


def _common(codes: Iterable[str]) -> tuple[str, ...]:
    """Distinct codes; a category stands for itself and its subdivisions."""
    distinct = sorted(set(codes))
    stems = {c for c in distinct if len(c) == 3}
    kept = [c for c in distinct if len(c) == 3 or c[:3] not in stems]
    if len(kept) > 1 and len({c[:3] for c in kept}) == 1 and kept[0][:1].isalpha() and "." in kept[0]:
        return (kept[0][:3],)  # subdivisions of one CIM-10 category: the category is certain
    return tuple(kept)


def compile_terms(
    terms: Iterable[Term], grammar: Grammar | None = None, digest: str = "", known: frozenset[str] = frozenset()
) -> Terminology:
    """One table out of many terms. Of the terms that share a key the best rank wins; equals become candidates."""
    facts: dict[str, list[Term]] = defaultdict(list)
    grammatical: dict[str, list[Term]] = defaultdict(list)
    stopped: set[str] = set()
    beside: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for term in terms:
        pattern = variants.key(term.text)
        if not pattern or (term.rank > 0 and term.kind in FACT_KINDS and (len(pattern) < 4 or pattern.count(" ") > 9)):
            continue
        if term.rank == ANOTHER_SYSTEM and term.code and term.system:
            beside[pattern][term.code, term.system] = None
        if term.kind == "stop":
            stopped.add(pattern)
        else:
            group = facts if term.kind in FACT_KINDS else grammatical
            group[pattern].append(term)
            if "/" in term.text and " " in pattern:  # a slash is a word of a text, and of no label
                group[" / ".join(map(variants.key, term.text.split("/")))].append(term)
            if variants.STRESS in pattern and " " in pattern:  # also as written in capitals without accents
                group[pattern.replace(variants.STRESS, "")].append(term._replace(rank=term.rank + 4))
    table: dict[str, int] = {}
    entries: list[Entry] = []
    numbers: dict[Entry, int] = {}
    words: set[str] = set()
    for pattern in sorted(facts.keys() | grammatical.keys() | stopped):
        entry = _entry(facts.get(pattern, []), grammatical.get(pattern, []), pattern in stopped)
        if entry is None:
            continue
        index = numbers.get(entry)
        if index is None:
            index = numbers[entry] = len(entries)
            entries.append(entry)
        table[pattern] = index
        parts = pattern.split(" ")
        words.update(parts)
        for cut in range(1, len(parts)):
            table.setdefault(" ".join(parts[:cut]), PREFIX)
    return Terminology(table, entries, frozenset(words | known), grammar or Grammar({}), digest, _frozen(beside))


def _frozen(beside: dict[str, dict[tuple[str, str], None]]) -> dict[str, tuple[tuple[str, str], ...]]:
    return {pattern: tuple(codes) for pattern, codes in beside.items()}


def _entry(facts: list[Term], grammatical: list[Term], stopped: bool) -> Entry | None:
    """What one key means, from all the terms that share it. A stopped key keeps its grammar and our own terms only."""
    chosen: list[Term] = []
    if facts:
        best = min(t.rank for t in facts)
        if not (best > 0 and stopped):
            chosen = [t for t in facts if t.rank == best]
            chosen = [t for t in chosen if t.kind == chosen[0].kind]
    heads = [t for t in grammatical if t.kind.startswith("head_")]
    sites = [t for t in grammatical if t.kind in ("site", "adjective_site")]
    adjective = CORE if any(t.kind == "adjective_site" for t in grammatical) else 0
    roles = [_ROLES[t.source] for t in grammatical if t.kind == "modifier"]
    adjective = roles[0] if roles else adjective
    head = heads[0].code or "" if heads else ""
    site = sites[0].code or "" if sites else ""
    if chosen:
        flags = chosen[0].flags
        for term in chosen[1:]:
            flags &= term.flags
        codes = _common(t.code for t in chosen if t.code)
        first = chosen[0]
        return Entry(first.kind, first.system, codes, first.source, flags, head, site, adjective, bool(head))
    if heads:
        first = heads[0]
        kind = "" if first.kind == "head_no" else "condition"
        codes = (first.system,) if first.system else ()
        return Entry(kind, "CIM-10", codes, first.source, first.flags, head, site, adjective, bool(codes))
    if sites or adjective:
        return Entry("", None, (), "", 0, "", site, adjective)
    return Entry("", None, (), "", 0) if stopped else None  # swallows the words it covers


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256(f"{FORMAT} {sys.version_info[:2]}".encode())
    for path in [*paths, *sorted(GRAMMAR.iterdir())]:
        total.update(path.name.encode())
        total.update(path.read_bytes())
    for module in (__file__, variants.__file__):
        total.update(Path(str(module)).read_bytes())
    return total.hexdigest()


def cache_folder() -> Path:
    """Where compiled tables live: $LIMPIDE_CACHE, else the user's cache folder."""
    chosen = os.environ.get("LIMPIDE_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "limpide"


def _read_cache(path: Path, digest: str) -> Terminology | None:
    try:
        stored = marshal.loads(path.read_bytes())
        table, rows, words, codes, beside, written = stored
    except (OSError, ValueError, EOFError, TypeError):
        return None  # absent, unreadable or cut short: compiled again
    if written != digest:
        return None
    return Terminology(table, [Entry(*row) for row in rows], frozenset(words), Grammar(codes), digest, beside)


def _write_cache(path: Path, terminology: Terminology) -> None:
    """Atomic: a reader sees the whole file or none. A folder that cannot be written to is no error."""
    rows = [tuple(entry) for entry in terminology.entries]
    words = list(terminology.words)
    stored = (terminology.table, rows, words, terminology.grammar.codes, terminology.beside, terminology.digest)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as out:
            out.write(marshal.dumps(stored))
        Path(name).replace(path)
    except OSError:
        return


def every_term(extra: Iterable[Path] = ()) -> Iterator[Term]:
    """Terms of all sources, as written: for those who compare names (linking.py)."""
    return (term for source in _sources(extra) for term in _terms(source))


def load(extra: Iterable[Path] = ()) -> Terminology:
    """The vocabulary: ours, what dependencies ship, and the user's TSV files `extra`. Cached by content."""
    paths = _sources(extra)
    digest = _digest(paths)
    path = cache_folder() / f"terminology-{digest[:24]}.bin"
    cached = _read_cache(path, digest)
    if cached is not None:
        return cached
    named = (term for source in paths for term in _terms(source))
    built = compile_terms(chain(named, _grammar_terms()), _grammar(), digest, _known_words(paths))
    _write_cache(path, built)
    return built
