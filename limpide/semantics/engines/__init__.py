"""Engines of others behind our protocol, for `limpide arena` and for teams that bring their own.

Belongs here: one module an engine, with `build() -> Engine`; what they share to turn spans into facts (spans.py).
Does not belong here: our rules (limpide/semantics/rule_engine.py), measuring engines (arena.py).
"""
