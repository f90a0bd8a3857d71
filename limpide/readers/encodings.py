"""Which characters bytes stand for: by their content first, by what is declared where content does not tell.

Belongs here: UTF-8, UTF-16 and the eight-bit encodings of French senders; text encoded twice. Does not belong here: any
format.
"""

from __future__ import annotations

import codecs
import re
from functools import partial

from limpide.errors import Reason, Refused

# What French clinical text is made of beyond ASCII, in any of the encodings below.
_EXPECTED = frozenset("àâäáãçéèêëîïíìñôöóòùûüúÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ«»°€’‘“”…²³µ·•–—±×½¼¾§®™ \u00ad†‰")
_LETTERS = frozenset("àâäáãçéèêëîïíìñôöóòùûüúÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ")
# In order of likelihood: Windows, the euro Latin-1 of Unix hosts, then DOS and Macintosh, still met in old exports.
_EIGHT_BITS = ("cp1252", "iso8859_15", "cp850", "mac_roman")
_C1 = frozenset(map(chr, range(0x80, 0xA0)))  # bytes that Windows-1252 leaves undefined come as these


def _as(codec: str, low: int, high: int) -> str:
    signs = {bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in range(low, high)}
    if codec == "cp1252":  # Latin-1 reads the same bytes as controls
        signs |= set(map(chr, range(low, high)))
    return "[" + "".join(map(re.escape, sorted(signs))) + "]"


# Two bytes from U+00A0 to U+017F, three for the punctuation and the euro.
_TWICE = tuple(
    (
        codec,
        re.compile(
            f"{_as(codec, 0xC2, 0xC6)}{_as(codec, 0x80, 0xC0)}|{_as(codec, 0xE2, 0xE3)}{_as(codec, 0x80, 0xC0)}{{2}}"
        ),
    )
    for codec in ("cp1252", "cp850", "mac_roman")
)
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(data: bytes) -> tuple[str, list[str]]:
    """The text of these bytes and what was doubtful about it. Raises `Refused(MALFORMED)`.

    UTF-8 (a byte-order mark is a signature, not text), UTF-16 with its mark, else the eight-bit encoding whose
    characters are those of French. A file that is UTF-8 but for a few broken bytes keeps U+FFFD in their place.
    """
    for mark, name in _UTF16:
        if data.startswith(mark):
            try:
                return mended(_without_nul(data[len(mark) :].decode(name)))
            except UnicodeDecodeError:
                raise Refused(Reason.MALFORMED, "broken UTF-16") from None
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return mended(_without_nul(data.decode("utf-8")))
    except UnicodeDecodeError:
        pass
    lenient = data.decode("utf-8", errors="replace")
    broken = lenient.count("\ufffd")
    if sum(c in _LETTERS for c in lenient) >= 5 * broken:
        return _without_nul(lenient), [f"{broken} bytes are not UTF-8"]
    return mended(_without_nul(_eight_bit(data)))


def mended(text: str) -> tuple[str, list[str]]:
    """Text whose UTF-8 was read as another encoding and written again ('HÃ©patite'), put right, and that it was.

    Only runs whose bytes are UTF-8 of a character of French are mended, each by itself: a file may hold both kinds,
    and no French word holds the signs of such runs ('Ã©', 'â€™', '├®').
    """
    if text.isascii():
        return text, []
    found = text
    for codec, pattern in _TWICE:
        found = pattern.sub(partial(_once, codec), found)
    if found != text:
        found = found.replace("Ã ", "à ")  # its second half is a no-break space, which many programs make a space
    return (found, ["text encoded twice in UTF-8, mended"]) if found != text else (text, [])


def _once(codec: str, run: re.Match[str]) -> str:
    try:
        held = b"".join(c.encode(codec) if c not in _C1 else c.encode("latin-1") for c in run[0])
        character = held.decode("utf-8")
    except UnicodeError:
        return run[0]
    return character if all(c in _EXPECTED for c in character) else run[0]


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise Refused(Reason.MALFORMED, "NUL in text")
    return text


def _eight_bit(data: bytes) -> str:
    best, best_score = "", 0.0
    high = sum(byte >= 0x80 for byte in data)
    for name in _EIGHT_BITS:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        score = _score(text) / high
        if score > best_score:
            best, best_score = text, score
    if best_score < 0.5:
        raise Refused(Reason.MALFORMED, "text in an encoding that nobody recognises")
    return best


def _score(text: str) -> float:
    """How many of the characters beyond ASCII are where French puts them: letters beside letters, signs elsewhere."""
    score = 0.0
    for at, character in enumerate(text):
        if character < "\x80":
            continue
        if character in _LETTERS:
            beside = text[at - 1 : at].isalpha() or text[at + 1 : at + 2].isalpha() or _alone(text, at)
            score += 1.0 if beside else 0.2
        elif character in _EXPECTED:
            inside = text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha() and character not in "’‘\u00ad·"
            score += 0.3 if inside else 0.9
    return score


def _alone(text: str, at: int) -> bool:
    """'à' is a word of one letter."""
    return text[at] in "àÀ" and not text[at - 1 : at].isalnum() and not text[at + 1 : at + 2].isalnum()
