"""Documents that wait for OCR, taken up by themselves once it is there.

Belongs here: which nights of a source hold scans set aside as `needs_ocr`, and how many are taken up at once. Does not
belong here: reading them (structuring.py), finding Tesseract (limpide/readers/ocr.py).
"""

from __future__ import annotations

from datetime import date

from limpide.errors import Reason
from limpide.readers import ocr
from limpide.warehouse.ledger.ledger import Ledger

# Scans taken up beside the documents of a night: at some seconds of processor each, half an hour on two cores. Whole
# nights are taken up, the oldest first, and at least one: a backlog goes over several nights, none of them late.
AT_ONCE = 500


def nights(ledger: Ledger, source: str) -> list[date]:
    """Nights of this source to read again now, the oldest first; none where OCR is (still) missing."""
    rows = ledger.db.execute(
        "SELECT night, count(*) FROM documents WHERE source = ? AND outcome = 'quarantined' AND outcome_reason = ? "
        "GROUP BY 1 ORDER BY 1",
        (source, str(Reason.NEEDS_OCR)),
    ).fetchall()
    if not rows or not ocr.available():
        return []
    out: list[date] = []
    taken = 0
    for night, count in rows:
        if out and taken + count > AT_ONCE:
            break
        taken += count
        out.append(date.fromisoformat(night))
    return out
