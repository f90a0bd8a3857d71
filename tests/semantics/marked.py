"""Reading our marked-up sentences: "Pas de [[fièvre|negated]]" to a text and the facts expected in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from limpide.document import Fact

SENTENCES = Path(__file__).parent / "sentences"
ATTRIBUTES = ("negated", "hypothetical", "family", "history", "planned", "conditional", "reported")
_MARK = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]*))?\]\]")


@dataclass(slots=True)
class Marked:
    """One sentence: its text, bare facts over the marked spans, and the flags expected of each."""

    source: str
    text: str
    facts: list[Fact] = field(default_factory=list)
    expected: list[dict[str, str | bool]] = field(default_factory=list)


def parse(line: str) -> Marked:
    """A line of our markup (see sentences/README.md)."""
    line = line.replace("\\n", "\n")
    marked = Marked(line, "")
    place = 0
    for found in _MARK.finditer(line):
        marked.text += line[place : found.start()]
        start = len(marked.text)
        marked.text += found.group(1)
        flags = dict(_flag(flag) for flag in (found.group(2) or "").split(",") if flag)
        kind = str(flags.pop("kind", "condition"))
        marked.facts.append(
            Fact(kind=kind, origin="nlp", start=start, end=len(marked.text), text=found.group(1))  # type: ignore[arg-type]
        )
        marked.expected.append(flags)
        place = found.end()
    marked.text += line[place:]
    return marked


def _flag(written: str) -> tuple[str, str | bool]:
    name, _, value = written.strip().partition("=")
    return name, value or True


def sentences(name: str) -> list[Marked]:
    """The sentences of one file, comments left out."""
    lines = (SENTENCES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [parse(line) for line in lines if line.strip() and not line.startswith("#")]


def all_sentences() -> list[Marked]:
    """Every sentence of every file."""
    return [marked for path in sorted(SENTENCES.glob("*.txt")) for marked in sentences(path.stem)]
