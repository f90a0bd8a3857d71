"""Rights: what a person, a project or the law may ask of the warehouse, and what it answers.

Belongs here: opposition, erasure, access, retention, extraction for projects, re-identification. Each ends in the audit
log. Does not belong here: the vault itself (limpide/identity), the files of the warehouse (limpide/warehouse).
"""
