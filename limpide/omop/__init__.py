"""OMOP CDM 5.4: schemas as data, facts to rows.

Does not belong here: files, snapshots, catalogues.
"""
