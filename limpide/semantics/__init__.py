"""Meaning: French text in, dated coded facts out.

Does not belong here: reading files, storing anything.
"""
