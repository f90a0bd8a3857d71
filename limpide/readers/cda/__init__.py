"""The CDA door: R2 level 1 (a wrapped PDF, RTF, image or text) and level 3 (sections and coded entries).

Belongs here: everything that knows the shape of a CDA, in small files: `xml` (parsing), `values` and `oids` (data
types), `header`, `narrative`, `body` and the entries by family, `embedded`, `door`. Does not belong here: containers
(XDM, HL7 v2), the meaning of text, identity, OMOP.
"""

from limpide.readers.cda.door import read

__all__ = ["read"]
