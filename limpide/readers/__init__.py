"""One door per format: bytes in, `Document` out.

Does not belong here: semantics, identity, storage.
"""
