"""Forms with boxes, of ours: what is ticked holds, what is empty says nothing, an answer is of its question."""

from __future__ import annotations

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def conditions(text: str) -> list[tuple[str | None, bool]]:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    engine.annotate(document)
    return [(fact.text, fact.negated) for fact in document.facts if fact.kind == "condition"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[x] HTA [ ] diabète [X] asthme", [("HTA", False), ("asthme", False)]),
        ("☒ migraine   ☐ épilepsie   ☐ AVC", [("migraine", False)]),
        ("Neuro   ☒ migraine   ☐ épilepsie", [("migraine", False)]),
        ("HTA [x]  diabète [ ]  asthme [x]", [("HTA", False), ("asthme", False)]),
        ("Diabète : Oui □ Non ☒", [("Diabète", True)]),
        ("Diabète : Oui ☒ Non □", [("Diabète", False)]),
        ("Asthme ☐ oui ☒ non   Épilepsie ☒ oui ☐ non", [("Asthme", True), ("Épilepsie", False)]),
        ("Asthme ☐ oui ☐ non", []),
        ("☑ BPCO\n☐ cirrhose\n☑ lupus\n", [("BPCO", False), ("lupus", False)]),
        ("□ HTA\n□ asthme\n", [("HTA", False), ("asthme", False)]),
        ("Asthme (x) gonarthrose ( )", [("Asthme", False)]),
        ("Diabète (type 2), HTA.", [("Diabète", False), ("HTA", False)]),
    ],
)
def test_boxes(text: str, expected: list[tuple[str, bool]]) -> None:
    assert conditions(text) == expected
