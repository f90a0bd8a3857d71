"""What every worker of a night needs, loaded by importing this module: the fork server does so once (workers.py).

Belongs here: which modules and dictionaries, and a letter of ours read to the end, so that what is built on first use
is built here, and not again by each worker of each source. Does not belong here: any of them.
"""

import gc

import pypdfium2  # noqa: F401  a door and its library are opened on first use: these are used every night

import limpide.readers.cda
import limpide.readers.pdf
import limpide.warehouse.reading  # noqa: F401
from limpide.identity.masking import masked
from limpide.readers.registry import read
from limpide.semantics.abbreviations import detector
from limpide.semantics.engine import load_engine

# A name, faults of spelling, a denial, a relative, dates, a quantity, a row of results, a posology: each wants a
# dictionary of its own.
_LETTER = """Nom de naissance : KERMADOUEC
Antécédents : hypertention artérielle et insuffizance rénale depuis mars 2012, pas de diabète.
Sa mère a eu un cancer du sein. Il ne présentait plus de toux il y a trois jours.
Poids : 70 kg. Allergie à la pénicilline.
Hémoglobbine\t13,2\tg/dL\t12 - 16
Traitement : PARACETAMOL 1 g matin et soir pendant 5 jours.
"""

for _document in read(_LETTER.encode(), ""):
    load_engine().annotate(_document)
    masked(_document, b"")
detector()
gc.collect()
gc.freeze()  # for life: no collector need walk them, and no worker copies their pages
