"""Which of the documents received is the current one: a pure rule, the same in whatever order nights are loaded.

Belongs here: replacement, duplicates, conflicts of identifiers, deletion. Does not belong here: the ledger's tables,
files of the warehouse.

The order of arrival that counts is (night, source, document key), never the clock. Sources: formats.md section 2 —
replacement is relatedDocument RPLC or the same setId with a higher versionNumber; a setId alone is shared by unrelated
documents, so patient and type must agree too; a replacement whose parent was never received is still published.

An id names a document of one patient and one type; one that is unique nowhere (a specimen number, 'Observation/1'), of
one source and one sender besides. Sent again with other content, the newest stands; of another type, both do. A
document made of results or resources (`parts`) takes the place of one only if it holds all of its parts: two panels of
one specimen stand side by side. An id that is unique, on the documents of two patients, is a conflict: one is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from limpide.document import Action
from limpide.errors import Reason

_NEAR = 8  # records of one person that are compared with the next ones


@dataclass(frozen=True, slots=True)
class Entry:
    """One document as the ledger knows it. `outcome`: waiting, ok, quarantined, opposed, duplicate or expired."""

    document_key: str
    night: str
    source: str
    sha256: str
    outcome: str
    file_key: str = ""
    container_sha256: str | None = None
    outcome_reason: str | None = None
    document_id: str | None = None
    set_id: str | None = None
    version: int | None = None
    action: str | None = None
    type_code: str | None = None
    effective_time: str | None = None
    person_key: str | None = None
    same_as: str | None = None
    stranger: bool = False  # states another identity than the documents that its person key had before it
    whole: str | None = None  # the document of the whole file, where this one was read while it was being written
    sender: str | None = None
    local: bool = False  # its id counts for its source and sender only
    parts: frozenset[str] = field(default_factory=frozenset)  # what it is made of, where it has no id of its own
    replaces: frozenset[str] = field(default_factory=frozenset)

    @property
    def order(self) -> tuple[str, str, str]:
        """Arrival."""
        return (self.night, self.source, self.document_key)

    @property
    def age(self) -> tuple[str, int, tuple[str, str, str]]:
        """What was written later comes later; arrival decides what nothing else does."""
        return (self.effective_time or "", self.version or 0, self.order)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a document is in the next snapshot."""

    status: str
    reason: str | None = None
    superseded_by: str | None = None


def resolve(entries: Iterable[Entry], unborn: Collection[str] = ()) -> dict[str, Verdict]:
    """The verdict on each entry. `entries` must be closed: whatever an entry names is there too, if it was received.

    `unborn`: person keys of whom no document says the year of birth, which OMOP's person requires.
    """
    every = sorted(entries, key=lambda e: e.order)
    out: dict[str, Verdict] = {}
    current: list[Entry] = []
    deletions = []
    for entry in every:
        if entry.whole and entry.outcome != "expired":
            out[entry.document_key] = Verdict("superseded", None, entry.whole)
        elif entry.outcome == "quarantined":
            out[entry.document_key] = Verdict("quarantined", entry.outcome_reason)
        elif entry.outcome == "duplicate":
            out[entry.document_key] = Verdict("duplicated", None, _original(entry, every))
        elif entry.outcome == "opposed":
            out[entry.document_key] = Verdict("opposed")
        elif entry.outcome == "expired":
            out[entry.document_key] = Verdict("deleted", "expired")
        elif entry.outcome == "ok" and entry.stranger:
            out[entry.document_key] = Verdict("quarantined", str(Reason.IDENTITY_CONFLICT))
        elif entry.outcome == "ok" and entry.action == Action.DELETE:
            out[entry.document_key] = Verdict("deleted")
            deletions.append(entry)
        elif entry.outcome == "ok" and entry.person_key in unborn:
            out[entry.document_key] = Verdict("quarantined", str(Reason.NO_PATIENT))
        elif entry.outcome == "ok":
            current.append(entry)
    current = _without_duplicates(current, out)
    current = _without_conflicts(current, out)
    for old, new in _superseded(current).items():
        out[old] = Verdict("superseded", None, new)
    for entry in current:
        for deletion in deletions:
            if _deletes(deletion, entry, every):
                out[entry.document_key] = Verdict("deleted", None, deletion.document_key)
        out.setdefault(entry.document_key, Verdict("published"))
    return out


def _original(entry: Entry, every: list[Entry]) -> str | None:
    for other in every:
        if other.outcome != "duplicate" and entry.sha256 in (other.sha256, other.container_sha256):
            return other.document_key
    return None


def _without_duplicates(current: list[Entry], out: dict[str, Verdict]) -> list[Entry]:
    """The first arrival of each content; and of two forms of one report in one message, the richer."""
    first: dict[str, Entry] = {}
    kept = []
    for entry in current:
        original = first.setdefault(entry.sha256, entry)
        if original is not entry:
            out[entry.document_key] = Verdict("duplicated", None, original.document_key)
        else:
            kept.append(entry)
    left = []
    for entry in kept:
        twin = first.get(entry.same_as) if entry.same_as else None
        if twin is not None and twin is not entry and twin.file_key == entry.file_key:
            out[entry.document_key] = Verdict("duplicated", None, twin.document_key)
        else:
            left.append(entry)
    return left


def _without_conflicts(current: list[Entry], out: dict[str, Verdict]) -> list[Entry]:
    """Of documents of two patients that carry one id, unique everywhere, the first to arrive keeps it."""
    holders: dict[str, Entry] = {}
    kept = []
    for entry in current:
        if entry.document_id and not entry.local:
            first = holders.setdefault(entry.document_id, entry)
            if first.person_key != entry.person_key:
                out[entry.document_key] = Verdict("quarantined", str(Reason.ID_CONFLICT), first.document_key)
                continue
        kept.append(entry)
    return kept


def _one_id(one: Entry, other: Entry) -> bool:
    """Whether two documents of one patient bear one id."""
    if not one.document_id or one.document_id != other.document_id:
        return False
    return not (one.local and other.local) or (one.source, one.sender) == (other.source, other.sender)


def _follows(new: Entry, old: Entry) -> bool:
    """Whether `new` takes the place of `old`."""
    if new.person_key != old.person_key:
        return False
    if old.document_id and old.document_id in new.replaces and new.document_id != old.document_id:
        return not old.local or new.source == old.source
    if new.parts and old.parts and not new.parts & old.parts:
        return False  # two panels of one specimen
    versioned = new.version is not None and old.version is not None
    same_set = bool(new.set_id) and new.set_id == old.set_id and new.type_code == old.type_code
    if same_set and versioned:
        return bool(new.version > old.version)  # type: ignore[operator]
    if _one_id(new, old):
        if versioned and new.version != old.version:
            return bool(new.version > old.version)  # type: ignore[operator]
        stated = Action.REPLACE in (new.action, old.action) or new.document_id in new.replaces | old.replaces
        if not stated and new.type_code != old.type_code:
            return False
        return _holds(new, old) if new.parts and old.parts and not stated else new.age > old.age
    if same_set and new.parts and old.parts and (new.source, new.sender) == (old.source, old.sender):
        return _holds(new, old)
    return False


def _holds(new: Entry, old: Entry) -> bool:
    """Whether `new` is `old` sent again, whole or with more: a part of it that comes later stands beside it."""
    if new.parts == old.parts:
        return new.age > old.age
    written = (new.effective_time or "") >= (old.effective_time or "")
    return new.parts > old.parts and written and new.night >= old.night


def _superseded(current: list[Entry]) -> dict[str, str]:
    """Document key -> key of the latest document that takes its place."""
    newer: dict[str, set[str]] = defaultdict(set)
    by_key = {entry.document_key: entry for entry in current}
    for one, other in _pairs(current):
        forth, back = _follows(one, other), _follows(other, one)
        if forth and back:  # each says it replaces the other: what was written last stands
            forth, back = one.age > other.age, other.age > one.age
        if forth:
            newer[other.document_key].add(one.document_key)
        elif back:
            newer[one.document_key].add(other.document_key)
    for key in sorted(newer, key=lambda k: by_key[k].age, reverse=True):
        # A longer circle would leave nothing of a report: its latest document stays.
        if key in _reached(key, newer) and all(by_key[k].age <= by_key[key].age for k in _reached(key, newer)):
            newer[key] = set()
    return {old: max(news, key=lambda k: by_key[k].age) for old, news in newer.items() if news}


def _reached(key: str, newer: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(newer.get(key, ()))
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting.extend(newer.get(step, ()))
    return found


def _pairs(current: list[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Pairs that may follow one another, each once: same person, and an id, a set or a replacement in common."""
    groups: dict[tuple[str | None, str, str], dict[str, Entry]] = defaultdict(dict)
    for entry in current:
        names = {("id", name) for name in entry.replaces} | {("id", entry.document_id), ("set", entry.set_id)}
        for kind, name in names:
            if name:
                groups[entry.person_key, kind, name][entry.document_key] = entry
    done = set()
    for (_, kind, _), group in groups.items():
        for one, other in _within(group.values(), kind):
            pair = (one.document_key, other.document_key)
            if pair not in done:
                done.add(pair)
                yield one, other


def _within(group: Collection[Entry], kind: str) -> Iterator[tuple[Entry, Entry]]:
    """Every pair of a group; of the records of one person, sent again each day, only those sent close together."""
    if kind == "set" and all(entry.parts for entry in group):
        line = sorted(group, key=lambda entry: entry.order)
        for at, one in enumerate(line):
            yield from ((one, other) for other in line[at + 1 : at + 1 + _NEAR])
    else:
        yield from combinations(group, 2)


def _deletes(deletion: Entry, entry: Entry, every: list[Entry]) -> bool:
    """A deletion names its target by id; it reaches what had arrived by its night, not what is sent again later.

    One that overtook its target (nothing of that id had arrived yet) waits for it, and spares a later version.
    """
    named = {deletion.document_id, *deletion.replaces} - {None}
    same_person = deletion.person_key is None or deletion.person_key == entry.person_key
    if not same_person or entry.document_id not in named or (entry.local and entry.source != deletion.source):
        return False
    if entry.night <= deletion.night:
        return True
    known = any(e.document_id == entry.document_id and e.night <= deletion.night and _is_sent(e) for e in every)
    return not known and (deletion.version is None or (entry.version or 0) <= deletion.version)


def _is_sent(entry: Entry) -> bool:
    """Whether an entry is a document, read or set aside, rather than an order to delete one."""
    return entry.action != Action.DELETE
