"""The side of what a text names, in sentences of ours: [[mention|side]]; no side is expected where none is written."""

from __future__ import annotations

import re

import pytest

from limpide.document import Document
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")
_MARK = re.compile(r"\[\[([^\]|]+)(?:\|(\w+))?\]\]")
SENTENCES = """
[[Pneumothorax|left]] gauche.
[[Fracture déplacée|right]] du tiers moyen de la clavicule droite.
[[Sciatique|left]] S1 gche.
[[Thrombose veineuse|right]] poplitée D.
[[Cataracte|right]] OD.
[[Glaucome|bilateral]] des deux yeux.
[[Gonarthrose|bilateral]] bilatérale.
[[Otite|left]] moyenne aiguë à gauche.
[[Épanchement pleural|bilateral]] droit et gauche.
Hanche gauche : [[coxarthrose|left]] débutante.
À droite, [[nodule|right]] de 12 mm.
[[Contusion pulmonaire|right]] et [[pneumothorax|right]] à droite.
[[Nodule|right]] du LSD.
[[Carcinome|left]] du sein gauche.
[[Adénopathie|left]] axillaire G.
[[Méningiome|left]] de la convexité frontale gauche.
Insuffisance cardiaque droite.
Dysfonction du ventricule droit.
Bloc de branche gauche.
[[Pneumopathie|none]] ; œdème du bras droit.
Carence en vitamine D.
Épisode de [[colique néphrétique|right]] droite en 2019.
[[Arthrite|left]] du genou gauche, [[cervicalgie|none]].
"""


@pytest.mark.parametrize("line", [line for line in SENTENCES.splitlines() if line])
def test_the_side_of_a_mention(line: str) -> None:
    document = Document(path="note.txt", sha256="0" * 64, text=_MARK.sub(r"\1", line))
    engine.annotate(document)
    conditions = [fact for fact in document.facts if fact.kind == "condition"]
    for found in _MARK.finditer(line):
        said = next(fact.side for fact in conditions if (fact.text or "").startswith(found.group(1).split()[0]))
        assert said == (None if found.group(2) == "none" else found.group(2))
    if not _MARK.search(line):
        assert {fact.side for fact in conditions} <= {None}
