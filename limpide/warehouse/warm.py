"""What every worker of a night needs, loaded by importing this module: the fork server does so once (workers.py).

Belongs here: which modules and dictionaries. Does not belong here: any of them.
"""

import gc

import limpide.readers.cda  # a door is opened on first use: these two are used every night
import limpide.readers.pdf
import limpide.warehouse.reading  # noqa: F401
from limpide.semantics.abbreviations import detector
from limpide.semantics.engine import load_engine

load_engine()
detector()
gc.collect()
gc.freeze()  # for life: no collector need walk them, and no worker copies their pages
