"""Small pipelines saved to a folder, as a team would save its own."""

from __future__ import annotations

from pathlib import Path


def saved_spacy(folder: Path) -> Path:
    """spaCy: a French entity ruler that knows diabetes, metformin and the foot."""
    import spacy
    from spacy.pipeline.factories import register_factories

    register_factories()
    pipeline = spacy.blank("fr")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "DISO", "pattern": "diabète", "id": "E149"},
            {"label": "CHEM", "pattern": "metformine", "id": "A10BA02"},
            {"label": "ANAT", "pattern": "pied"},
            {"label": "chose", "pattern": "domicile"},
        ]
    )
    pipeline.to_disk(folder)
    return folder


def saved_edsnlp(folder: Path) -> Path:
    """EDS-NLP: one disease, one longer name of it in a group that is not of entities, and its negation."""
    import edsnlp

    pipeline = edsnlp.blank("eds")
    pipeline.add_pipe("eds.normalizer")
    pipeline.add_pipe("eds.sentences")
    known = {"problem": {"I10": ["hypertension", "hta"]}, "cim10": {"I15": ["hta secondaire"]}}
    for label, terms in known.items():
        settings = {"label": label, "terms": terms, "attr": "LOWER", "span_setter": {"ents": True, label: True}}
        pipeline.add_pipe("eds.terminology", name=label, config=settings)
    pipeline.add_pipe("eds.negation")
    pipeline.to_disk(folder)
    return folder
