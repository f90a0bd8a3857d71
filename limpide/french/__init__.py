"""The ground that every reader of French stands on: tokens, phrases, word forms, numbers, units, dates.

Belongs here: what is true of the language, whatever the document says. Does not belong here: medicine (semantics/),
identities (deidentification/), word lists of the engine (lexicon/).
"""
