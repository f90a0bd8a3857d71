"""The e-mail door (RFC 5322, MSSanté): each file attached is a document; the words of the message where they are one.

Belongs here: MIME parts. Does not belong here: what is attached (its own door reads it), .msg files of Outlook.

The words beside attachments are most often "please find enclosed": short ones are left out, and that is said.
"""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

from limpide.document import Document, Format, Header
from limpide.errors import Limits, Reason, Refused
from limpide.formats import formats_of
from limpide.readers.carried import aside, open_carried
from limpide.readers.html import text_of
from limpide.readers.origin import Origin
from limpide.readers.recognise import recognise

_COVER = 600  # characters; longer words are a document of their own
_PARTS = 200
_ENCRYPTED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
_VAGUE = ("text/plain", "application/zip", "text/xml", "application/xml", "application/octet-stream")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """Every document of a message. Raises `Refused` (ENCRYPTED, TOO_LARGE, NO_DOCUMENT, MALFORMED)."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"From "):
        start = start.partition(b"\n")[2]
    message = email.message_from_bytes(start, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    words: list[tuple[str, str]] = []
    documents: list[Document] = []
    pictures = 0
    waiting, seen = [message], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > _PARTS:
            raise Refused(Reason.TOO_LARGE, f"over {_PARTS} parts")
        kind = part.get_content_type()
        if kind in _ENCRYPTED and part.get_param("smime-type", "") != "signed-data":
            raise Refused(Reason.ENCRYPTED, "an encrypted e-mail (S/MIME or PGP)")
        if kind == "message/rfc822":
            documents += _enclosed(part, origin, limits)
        elif part.is_multipart():
            waiting = [child for child in part.get_payload() if isinstance(child, EmailMessage)] + waiting
        elif kind in _SIGNATURES:
            continue
        elif kind in ("text/plain", "text/html") and not _is_attached(part):
            words.append((kind, _words(part, limits)))
        elif kind.startswith("image/") and not _is_attached(part):
            pictures += 1  # logos of signatures, shown in the words
        else:
            documents += _attached(part, origin, limits)
    return _with_words(message, words, documents, pictures, origin)


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or (
        part.get_filename() is not None and part.get_content_disposition() != "inline"
    )


def _bytes(part: EmailMessage) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, AssertionError, LookupError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def _attached(part: EmailMessage, origin: Origin, limits: Limits) -> list[Document]:
    payload = _bytes(part)
    if not payload:
        return [aside(origin, Header(), Format.MAIL, Reason.EMPTY, "an attachment that holds nothing")]
    documents = open_carried(payload, origin, limits, Header(), Format.MAIL)
    declared = part.get_content_type()
    promised = formats_of(declared) if declared not in _VAGUE else frozenset()
    kind = recognise(payload)
    if promised and kind not in promised:
        documents[0].warnings.append(f"declared {declared}, read as {kind}")
    return documents


def _enclosed(part: EmailMessage, origin: Origin, limits: Limits) -> list[Document]:
    inner = [child for child in part.get_payload() if isinstance(child, EmailMessage)]
    payload = inner[0].as_bytes() if inner else _bytes(part)
    return open_carried(payload, origin, limits, Header(), Format.MAIL) if payload else []


def _words(part: EmailMessage, limits: Limits) -> str:
    """The words of a part: its charset where that holds, else by content."""
    from limpide.readers.encodings import decoded, mended

    payload = _bytes(part)
    if not payload:
        return ""
    try:
        text = mended(payload.decode(part.get_content_charset() or "utf-8"))[0]
    except (LookupError, UnicodeDecodeError):
        try:
            text = decoded(payload)[0]
        except Refused:
            text = payload.decode("cp1252", "replace")
    text = text.replace("\x00", "").replace("\r\n", "\n")
    if part.get_content_type() != "text/html":
        return text
    try:
        return text_of(text, limits)[0]
    except Refused:
        return ""


def _with_words(
    message: EmailMessage, words: list[tuple[str, str]], documents: list[Document], pictures: int, origin: Origin
) -> list[Document]:
    """The documents attached, and the words as one more where they are long, or all that there is."""
    from limpide.readers.stated_identity import stated_header

    plain = [text for kind, text in words if kind == "text/plain" and text.strip()]
    text = "\n".join(plain or [text for _, text in words if text.strip()])
    if len(text.strip()) >= _COVER or (text.strip() and not documents):
        header = stated_header(text)
        header.title = header.title or _header(message, "Subject")
        header.effective_time = header.effective_time or _sent(message)
        document = Document(
            path=origin.path,
            sha256=origin.inner(text.encode()).sha256 if documents else origin.sha256,
            container_sha256=origin.sha256 if documents else origin.container_sha256,
            format=str(Format.MAIL),
            header=header,
            text=text,
        )
        documents.insert(0, document)
    elif text.strip():
        documents[0].warnings.append(f"the words of the e-mail ({len(text.strip())} characters) are not read")
    if not documents:
        raise Refused(Reason.NO_DOCUMENT, "the e-mail holds neither document nor words")
    if pictures:
        documents[0].warnings.append(f"{pictures} pictures of the e-mail are not read")
    people = [name for name, _ in getaddresses([_header(message, n) or "" for n in ("From", "To", "Cc")]) if name]
    for document in documents:
        document.header.people = list(dict.fromkeys([*document.header.people, *people]))
    return documents


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        written = message.get(name)
    except (ValueError, IndexError, AttributeError, TypeError, KeyError):  # headers that Python itself stumbles on
        return None
    return " ".join(str(written).split()) or None if written is not None else None


def _sent(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "Date") or "").isoformat()
    except (ValueError, TypeError, IndexError):
        return None
