"""E-mails: each file attached is a document; words are one where they are long or alone."""

from __future__ import annotations

from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from limpide.readers.registry import read

NOTE = b"Patient : COLIN Rose\nConclusion : examen normal.\n"


def mail(words: str = "Veuillez trouver ci-joint le document.", **attached: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Docteur Luc MARCHAL <luc@hopital.mssante.fr>"
    message["To"] = "secretariat@cabinet.mssante.fr"
    message["Subject"] = "Compte rendu"
    message["Date"] = "Tue, 03 Mar 2026 08:00:00 +0100"
    message["Message-ID"] = "<1@hopital>"
    message.set_content(words)
    for name, content in attached.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def test_each_attachment_is_a_document_and_the_cover_is_said_to_be_left_out() -> None:
    first, second = read(mail(a=NOTE, b=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").as_bytes(), "m.eml")
    assert (first.format, first.text) == ("text", NOTE.decode())
    assert first.warnings == ["the words of the e-mail (38 characters) are not read"]
    assert (second.status, second.reason) == ("quarantined", "no_reader")
    assert first.header.people == ["Docteur Luc MARCHAL"]


def test_words_alone_are_the_document() -> None:
    (document,) = read(mail("Patiente revue ce jour, évolution favorable.").as_bytes(), "m.eml")
    assert (document.format, document.text.strip()) == ("mail", "Patiente revue ce jour, évolution favorable.")
    assert document.header.effective_time == "2026-03-03T08:00:00+01:00"


def test_long_words_are_a_document_beside_what_is_attached() -> None:
    words, note = read(mail("Évolution favorable. " * 40, a=NOTE).as_bytes(), "m.eml")
    assert (words.format, note.format) == ("mail", "text")
    assert words.sha256 != note.sha256 and words.container_sha256 == note.container_sha256


def test_html_words_and_logos() -> None:
    message = mail("Texte")
    message.add_alternative("<p>Texte</p>", subtype="html")
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", disposition="inline", cid="<l>")
    (document,) = read(message.as_bytes(), "m.eml")
    assert document.text.strip() == "Texte"
    assert document.warnings == ["1 pictures of the e-mail are not read"]


def test_a_message_in_a_message_is_opened() -> None:
    outer = mail()
    outer.add_attachment(mail(a=NOTE))
    (document,) = read(outer.as_bytes(), "m.eml")
    assert document.text == NOTE.decode()


def test_an_encrypted_message_says_so() -> None:
    message = mail()
    message.replace_header("Content-Type", 'application/pkcs7-mime; smime-type="enveloped-data"')
    (document,) = read(message.as_bytes(), "m.eml")
    assert (document.reason, document.detail) == ("encrypted", "an encrypted e-mail (S/MIME or PGP)")


@given(st.binary(max_size=300))
def test_no_bytes_after_the_headers_ever_raise(junk: bytes) -> None:
    head = b'From: a@b.fr\nTo: c@d.fr\nSubject: x\nContent-Type: multipart/mixed; boundary="z"\n\n--z\n'
    assert all(d.status in ("ok", "quarantined") for d in read(head + junk, "m.eml"))
