"""The identity that a text states by itself."""

from __future__ import annotations

from limpide.document import Header, Patient


def stated_identity(text: str) -> Patient:
    return Patient()


def stated_header(text: str) -> Header:
    return Header(patient=stated_identity(text))
