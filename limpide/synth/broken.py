"""What goes wrong with files between a hospital and us, each with the reason it must be set aside for.

Belongs here: spoiling a sound file, or making one that never was. Does not belong here: sound files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from limpide.document import Format
from limpide.errors import Reason
from limpide.synth.pdf import assemble


def truncated_base64(n1: bytes, rng: Random) -> bytes:
    """A transfer cut the payload short: the XML is whole, the PDF inside is not."""
    start = n1.index(b'representation="B64">') + len(b'representation="B64">')
    end = n1.index(b"</text>", start)
    cut = start + 4 * ((end - start) // 4 * rng.randrange(30, 70) // 100) + 1
    return n1[:cut] + n1[end:]


def broken_xml(xml: bytes, rng: Random) -> bytes:
    """The file stops before its end."""
    return xml[: len(xml) * rng.randrange(40, 90) // 100]


def crossed_tags(xml: bytes, rng: Random) -> bytes:
    """A closing tag is missing."""
    return xml.replace(b"</recordTarget>", b"", 1)


def external_entity(xml: bytes, rng: Random) -> bytes:
    """A DTD that asks for a local file (XXE)."""
    dtd = b'<!DOCTYPE ClinicalDocument [<!ENTITY lecture SYSTEM "file:///etc/hostname">]>\n<ClinicalDocument '
    spoiled = xml.replace(b"<ClinicalDocument ", dtd, 1)
    return re.sub(rb"<title>[^<]*</title>", b"<title>&lecture;</title>", spoiled, count=1)


def entity_bomb(xml: bytes, rng: Random) -> bytes:
    """Entities that swell (billion laughs)."""
    swell = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10))
    dtd = b'<!DOCTYPE ClinicalDocument [<!ENTITY e0 "ha">' + swell + b"]>\n<ClinicalDocument "
    spoiled = xml.replace(b"<ClinicalDocument ", dtd, 1)
    return re.sub(rb"<title>[^<]*</title>", b"<title>&e9;</title>", spoiled, count=1)


def encrypted_pdf(_: bytes, rng: Random) -> bytes:
    """A PDF that asks for a password that nobody has."""
    secret = rng.randbytes(32).hex().encode()
    other = rng.randbytes(32).hex().encode()
    page = rng.randbytes(900)
    locked = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (secret, other)
    ident = rng.randbytes(16).hex().encode()
    # Catalogue, pages and two fonts are objects 1 to 4, the page and its content 5 and 6: the dictionary is the 7th.
    return assemble([page], objects=(locked,), trailer=b"/Encrypt 7 0 R/ID[<%s><%s>]" % (ident, ident))


def empty(_: bytes, rng: Random) -> bytes:
    """Nothing at all."""
    return b""


def binary(_: bytes, rng: Random) -> bytes:
    """Bytes of nothing known."""
    return b"\x00\x01LMP" + rng.randbytes(rng.randrange(200, 3000))


Spoil = Callable[[bytes, Random], bytes]

# How to spoil, what to start from ('n1', 'n3' or nothing), the reason expected first and others that are as true.
BREAKAGES: tuple[tuple[str, Spoil, str | None, Reason, tuple[Reason, ...]], ...] = (
    ("truncated_base64", truncated_base64, "n1", Reason.TRUNCATED, (Reason.MALFORMED,)),
    ("broken_xml", broken_xml, "n3", Reason.MALFORMED, (Reason.TRUNCATED,)),
    ("crossed_tags", crossed_tags, "n3", Reason.MALFORMED, ()),
    ("external_entity", external_entity, "n3", Reason.FORBIDDEN_CONSTRUCT, ()),
    ("entity_bomb", entity_bomb, "n1", Reason.FORBIDDEN_CONSTRUCT, ()),
    ("encrypted_pdf", encrypted_pdf, None, Reason.ENCRYPTED, ()),
    ("empty", empty, None, Reason.EMPTY, ()),
    ("binary", binary, None, Reason.UNKNOWN_FORMAT, ()),
)

# Extension and format of those that start from nothing.
SHAPES = {
    "encrypted_pdf": ("pdf", Format.PDF),
    "empty": ("xml", Format.UNKNOWN),
    "binary": ("bin", Format.UNKNOWN),
}
