"""The definitions of the house that the LIMPIDE_* variables name: loaded anew by each test, as a code server does."""

from pipelines.definitions import build
from pipelines.settings import settings

defs = build(settings())
