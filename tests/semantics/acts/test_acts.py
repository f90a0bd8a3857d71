"""Acts in sentences of ours (acts.txt): which are named, how far each reaches, and what is said of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")
DAY = "2024-06-15"
FLAGS = ("negated", "hypothetical", "history", "planned")
_MARK = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]*))?\]\]")
LINES = (Path(__file__).parent / "acts.txt").read_text(encoding="utf-8").splitlines()  # `\\n` is a line's end


def acts(text: str) -> list[tuple[str, frozenset[str]]]:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    document.header.effective_time = DAY
    engine.annotate(document)
    found = []
    for fact in document.facts:
        if fact.kind == "procedure":
            said = {flag for flag in FLAGS if getattr(fact, flag)}
            said |= {f"side={fact.side}"} if fact.side else set()
            said |= {f"when={fact.time_start}"} if fact.time_start else set()
            found.append((fact.text or "", frozenset(said)))
    return found


@pytest.mark.parametrize("line", [line for line in LINES if line and not line.startswith("#")])
def test_the_acts_of_a_sentence(line: str) -> None:
    line = line.replace("\\n", "\n")
    marks = [
        (found.group(1), frozenset(filter(None, (found.group(2) or "").split(",")))) for found in _MARK.finditer(line)
    ]
    assert acts(_MARK.sub(r"\1", line)) == marks


def test_a_code_of_ours_stands_where_the_label_says_just_that() -> None:
    document = Document(path="note.txt", sha256="0" * 64, text="ECG. Échographie cardiaque. Scanner du genou.")
    engine.annotate(document)
    coded = [(fact.text, fact.system, fact.code) for fact in document.facts if fact.kind == "procedure"]
    assert coded == [
        ("ECG", "CCAM", "DEQP003"),
        ("Échographie cardiaque", "CCAM", "DZQM006"),
        ("Scanner du genou", None, None),
    ]
