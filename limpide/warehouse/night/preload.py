"""What every worker of a night needs, loaded by importing this module: the fork server does so once (workers.py).

Belongs here: which modules and dictionaries, and a letter that goes through every step so that each step loads its own
on its first document here, not on the first document of every worker (1.2 s of processor each). Does not belong here:
any of them; a vault, a warehouse.
"""

from __future__ import annotations

import gc
from datetime import date

import limpide.readers.cda  # a door is opened on first use: these two are used every night
import limpide.readers.pdf  # noqa: F401
from limpide.deidentification import identity_doubts
from limpide.deidentification.masking import masked
from limpide.errors import LIMITS
from limpide.french.abbreviations import detector
from limpide.omop import mapping
from limpide.readers.registry import read
from limpide.runtime.workers import spare_addresses
from limpide.semantics.engine import load_engine
from limpide.warehouse.lake.staged import OUTCOMES, stage_schema
from patches.arrow_pandas import without_pandas

# One of each: label of identity, sections, disease, denial, relative, drug and dosage, result, row, scores, word badly
# spelt. Whose it is does not matter: nothing of it is kept.
_LETTER = """Madame Jeanne MARTIN
Née le 12/03/1950    12 rue des Lilas 38000 Grenoble    Tél. 06 12 34 56 78

Antécédents :
Insuffisance rénale chronique (IRC) depuis 2015. Sa mère avait un diabète. Pas d'hypertenssion artérielle.
Tabac : 20 paquets-années. Allergie à la pénicilline.
Traitement :
Paracétamol 1 g, un comprimé matin et soir pendant 3 jours.
Biologie du 02/01/2024 :
Analyse\tRésultat\tUnité\tValeurs de référence
Créatinine\t95\tµmol/L\t45 - 84
TA 14/8, poids 62 kg. Adénocarcinome du côlon T2N0M0, score de Glasgow à 15.
Conclusion : probable pneumopathie, contrôle prévu le 10 mars 2024.
"""


def _load() -> None:
    engine = load_engine()
    detector()
    (document,) = read(_LETTER.encode(), "", LIMITS)
    engine.annotate(document)
    key = bytes(32)
    clean = masked(document, key)
    identity_doubts.of_text(document)
    identity_doubts.of_masked(clean)
    rows = mapping.rows(clean, mapping.Context("", date(2024, 1, 3), "", "", key))
    for table in (OUTCOMES, *rows):
        stage_schema(table)


_load()
spare_addresses()
without_pandas()
gc.collect()
gc.freeze()  # for life: no collector need walk them, and no worker copies their pages
