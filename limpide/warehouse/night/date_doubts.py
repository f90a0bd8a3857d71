"""Documents whose date forbids to publish them as they are: they wait, and nothing of them is lost.

Belongs here: the doubts on the date a document bears. Does not belong here: which dates can be (omop/dates.py), terms
(retention_terms.py), removing what was published for its term (limpide/rights/retention.py).
"""

from __future__ import annotations

from datetime import date

from limpide.deidentification.identity_doubts import CLEAN, DATED, HEADER, Doubt
from limpide.document import Document
from limpide.errors import Reason
from limpide.omop.dates import birth_day, implausible, parse
from limpide.warehouse.retention_terms import Terms


def of_date(document: Document, night: date, kept: Terms) -> list[Doubt]:
    """Why a document waits for its date. One past its term is never published: nobody may keep it so long."""
    head = document.header
    found = []
    if why := implausible(head, night):
        shown = {"kind": "date", "differs": ["effective_time"]}
        found.append(Doubt(Reason.IMPLAUSIBLE_DATE, why, (DATED, HEADER, CLEAN), shown))
    own = parse(head.effective_time)
    if own is not None and kept.past(head.type_code, own.day, night):
        term = kept.of(head.type_code)
        shown = {"kind": "term", "differs": ["effective_time"]}
        found.append(Doubt(Reason.PAST_TERM, f"kept {term.years} years, arrived later", (), shown))
    return found


def mend_birth(document: Document, night: date) -> None:
    """A date of birth that cannot be one (a filler, in the future, 125 years ago) is absent, and a warning says so."""
    patient = document.header.patient
    if patient.birth_date and birth_day(patient.birth_date, night) is None:
        patient.birth_date = None
        document.warnings.append("the birth date of the patient cannot be one: left out")
