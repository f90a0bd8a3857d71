"""Who: INS, pseudonyms, the vault, text without names.

Does not belong here: clinical meaning, OMOP tables.
"""
