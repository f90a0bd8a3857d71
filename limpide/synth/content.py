"""A document before it has a format: titled sections of paragraphs and tables, and the facts they state.

Belongs here: the neutral content that PDF, CDA, RTF, text and images all print, and `Prose`, which fills sentence
templates while noting where each fact falls. Does not belong here: any format, any wording.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from operator import attrgetter
from random import Random
from typing import Any, Literal

from limpide.synth.sentences import Choice, Mark, Sentence, Slot, parsed

_NUMBER = re.compile(r"\d+(?:,\d+)?")
_MEASURED = {"vital", "measurement", "observation"}


@dataclass(slots=True)
class TruthFact:
    """One fact of the ground truth; names are those of `limpide.document.Fact`.

    origin is 'coded' for an entry of a structured format and 'text' for a statement in prose or a printed table.
    """

    kind: str
    origin: Literal["coded", "text"]
    text: str | None = None
    code: str | None = None
    system: str | None = None
    value: float | None = None
    value_text: str | None = None
    comparator: str | None = None
    unit: str | None = None
    range_low: float | None = None
    range_high: float | None = None
    flag: str | None = None
    time_start: str | None = None
    time_end: str | None = None
    negated: bool = False
    hypothetical: bool = False
    family: bool = False
    relative: str | None = None
    history: bool = False
    planned: bool = False
    prior: bool = False
    dose: float | None = None
    dose_unit: str | None = None
    strength: str | None = None
    route: str | None = None
    frequency: str | None = None
    quantity: float | None = None
    udi: str | None = None
    lot: str | None = None
    serial: str | None = None
    specimen: str | None = None
    section: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Without what is absent or false: a missing key reads null (false for a flag)."""
        values = zip(_FACT_FIELDS, _fact_values(self), strict=True)
        return {name: value for name, value in values if value is not None and value is not False}


_FACT_FIELDS = tuple(each.name for each in fields(TruthFact))
_fact_values = attrgetter(*_FACT_FIELDS)


@dataclass(slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(slots=True)
class Table:
    """Rows of cells; `widths` are shares of the page, as many as columns."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    widths: tuple[float, ...]


@dataclass(slots=True)
class Section:
    """A titled part; `code` is the LOINC of the CDA section it stands for."""

    title: str
    code: str | None
    blocks: list[Paragraph | Table] = field(default_factory=list)


@dataclass(slots=True)
class Content:
    """A whole document: title, sections, the facts stated in them, signature line, CCAM code of the act reported."""

    title: str
    sections: list[Section] = field(default_factory=list)
    facts: list[TruthFact] = field(default_factory=list)
    signature: str = ""
    act: str | None = None


@dataclass(slots=True)
class Said:
    """What fills a slot and is a fact: the words, the fact they state, their gender (m, f) for an article."""

    words: str
    fact: TruthFact
    gender: str = "m"


def article(kind: str, word: str, gender: str) -> str:
    """`un`, `le`, `de`, `du`, `au` before a word: une, la, l', d', de la, à l'… (every h of the tables is mute)."""
    elided = word[:1].lower() in "aeiouyhàâéèêëîïôœù"
    feminine = gender == "f"
    return {
        "un": "une " if feminine else "un ",
        "le": "l'" if elided else ("la " if feminine else "le "),
        "de": "d'" if elided else "de ",
        "du": "de l'" if elided else ("de la " if feminine else "du "),
        "au": "à l'" if elided else ("à la " if feminine else "au "),
    }[kind]


class Prose:
    """Sentences being written, with their facts; `done` gives the paragraph.

    `section` is the LOINC code of the section being written: that of the facts that sentences state by themselves.
    """

    def __init__(self, facts: list[TruthFact], rng: Random | None = None) -> None:
        self.facts = facts
        self.rng = rng or Random(0)
        self.pieces: list[str] = []
        self.section: str | None = None

    def say(self, template: str, **slots: str | Said) -> None:
        """Adds one sentence (grammar: sentences.py). The text of a fact is exactly the words written for it.

        `{un_condition}` writes the slot `condition` after its article, which is no part of the fact. A slot filled with
        a string may itself hold marks.
        """
        written: list[str] = []
        self._write(parsed(template), slots, written)
        sentence = "".join(written)
        self.pieces.append(sentence[:1].upper() + sentence[1:])

    def _write(self, parts: Sentence, slots: dict[str, str | Said], written: list[str]) -> None:
        for part in parts:
            if isinstance(part, str):
                written.append(part)
            elif isinstance(part, Slot):
                self._fill(part, slots, written)
            elif isinstance(part, Mark):
                self._state(part, slots, written)
            elif isinstance(part, Choice):
                self._write(self.rng.choice(part.ways), slots, written)
            else:
                written.append(str(self.rng.randint(part.low, part.high)))

    def _fill(self, slot: Slot, slots: dict[str, str | Said], written: list[str]) -> None:
        filling = slots[slot.name] if slot.name in slots else slots[slot.bare]
        if isinstance(filling, str):
            if "[" in filling:
                self._write(parsed(filling), slots, written)
            else:
                written.append(filling)
            return
        words = filling.words
        if slot.name not in slots:
            written.append(article(slot.lead, words, filling.gender))
        words = _opened(words, written)
        filling.fact.text = words
        self.facts.append(filling.fact)
        written.append(words)

    def _state(self, mark: Mark, slots: dict[str, str | Said], written: list[str]) -> None:
        inside: list[str] = []
        self._write(mark.words, slots, inside)
        words = _opened("".join(inside), written)
        fact = TruthFact(mark.kind, "text", words, mark.code, mark.system, section=self.section)
        fact.unit, fact.value_text = mark.unit, mark.value
        if mark.kind in _MEASURED and mark.value is None:
            number = _NUMBER.search(words)
            fact.value = float(number.group().replace(",", ".")) if number else None
        for name in mark.flags:
            setattr(fact, name, True)
        self.facts.append(fact)
        written.append(words)

    def done(self) -> Paragraph:
        """The paragraph, and a fresh start."""
        text = " ".join(self.pieces)
        self.pieces = []
        return Paragraph(text)


def _opened(words: str, written: list[str]) -> str:
    """Words with a capital where they open a sentence."""
    before = next((piece.rstrip() for piece in reversed(written) if piece.rstrip()), "")
    if (not before or before.endswith(".")) and words[:1].islower():
        return words[:1].upper() + words[1:]
    return words
