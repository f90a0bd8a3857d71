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
    """EDS-NLP: one term of two spellings, and its negation."""
    import edsnlp

    pipeline = edsnlp.blank("eds")
    pipeline.add_pipe("eds.normalizer")
    pipeline.add_pipe("eds.sentences")
    terms = {"I10": ["hypertension", "HTA"]}
    pipeline.add_pipe("eds.terminology", name="pression", config={"label": "problem", "terms": terms, "attr": "LOWER"})
    pipeline.add_pipe("eds.negation")
    pipeline.to_disk(folder)
    return folder
