"""Heads of tables of results: the words by which they are looked for."""

from __future__ import annotations

import re

import pytest

from limpide.semantics.lab import headings


@pytest.mark.parametrize("word", [*headings._HELD_BY_COLUMNS, *headings._HELD_BY_SPECIMENS])
def test_what_a_table_is_looked_for_by_is_plain_words(word: str) -> None:
    """They are read off the patterns: a group or a class in one of these would never be found in a line."""
    assert re.fullmatch(r"[a-z0-9 '/%-]+", word)
