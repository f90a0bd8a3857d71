"""The vault: keys, sealed originals, identities, merges, oppositions, the audit log.

Belongs here: whatever is stored apart under a key, and its rotation. Does not belong here: texts and their masking.
"""
