"""What can happen to a document on its way: replaced, deleted, sent twice, spoiled, scanned, mislabelled.

Belongs here: one function a way, each with its share of the feed. A way that finds nothing to work on returns None and
a fresh document is sent instead. Does not belong here: sound documents (recipes.py, doors.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from limpide.document import Format
from limpide.errors import Reason
from limpide.synth import broken, recipes
from limpide.synth.cases import french
from limpide.synth.envelope import CONSULTATION, identities, patient_truth
from limpide.synth.formats import cda, hl7v2
from limpide.synth.population import SITES
from limpide.synth.recipes import Made
from limpide.synth.sending import STEMS, Sender, Sent

Way = Callable[[Sender, date, int, Random], Sent | None]


def replacement(sender: Sender, night: date, slot: int, rng: Random) -> Sent | None:
    """A new version of a document already sent, by the same source and in the same format."""
    able = [sent for sent in sender.pool if sent.head is not None]
    if not able:
        return None
    old = rng.choice(able)
    assert old.head is not None
    case = replace(old.case, day=night - timedelta(days=1))
    moment = datetime.combine(night, datetime.min.time()) - timedelta(minutes=rng.randrange(30, 700))
    moment = max(moment, old.head.moment + timedelta(minutes=5))
    made = old.recipe.make(old.recipe.kind, case, rng, old.head.next_version(rng, moment))
    sent = sender.sent(night, slot, rng, old.recipe, case, made)
    sender.pool[sender.pool.index(old)] = sent
    sent.changes.append((old.lines[0], "superseded"))
    return sent


def deletion(sender: Sender, night: date, slot: int, rng: Random) -> Sent | None:
    """An MDM T04: the document named must leave. The message is itself a document received, and deleted."""
    able = [sent for sent in sender.pool if sent.recipe.name.startswith("mdm") and sent.night < night]
    if not able:
        return None
    old = rng.choice(able)
    assert old.head is not None
    made = recipes.cda_n1(old.recipe.kind, old.case, rng, old.head)
    assert made.head is not None
    data = hl7v2.message(made.head, [made.data], rng, event="delete")
    made = replace(made, data=data, extension="hl7", format=Format.HL7V2, inner="cda-n1", facts=[], sections=[])
    made.status = "deleted"
    sent = sender.sent(night, slot, rng, old.recipe, old.case, made, "SUPPRESSION")
    sender.pool.remove(old)
    sent.changes.append((old.lines[0], "deleted"))
    return sent


def duplicate(sender: Sender, night: date, slot: int, rng: Random) -> Sent | None:
    """The same bytes again: from an earlier night by any source, or tonight by the same."""
    if not sender.pool:
        return None
    old = rng.choice(sender.pool)
    source = old.source
    if old.night < night and rng.random() < 0.5:
        source = rng.choice([site.source for site in SITES])
    path = sender.path(night, source, slot, STEMS[old.recipe.kind.key], old.extension, rng)
    lines = [
        {
            **line,
            "path": path,
            "source": source,
            "night": night.isoformat(),
            "status": "duplicated",
            "duplicate_of": old.path,
        }
        for line in old.lines
    ]
    return replace(old, path=path, source=source, night=night, lines=lines, changes=[])


def spoiled(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """A file that was sound once, or never."""
    name, spoil, base, reason, others = rng.choice(broken.BREAKAGES)
    recipe = sender.recipe(rng, {"n1": "n1-c", "n3": "n3-"}.get(base or "n1", "n1-c"))
    case = sender.case(night, rng.choice(recipe.sources), rng)
    sound = recipe.make(recipe.kind, case, rng, None)
    made = replace(sound, data=spoil(sound.data, rng), facts=[], sections=[])
    if base is None:
        extension, kind = broken.SHAPES[name]
        made = replace(made, words="", head=None, title=None, inner=None, extension=extension, format=kind)
    return sender.refused(night, slot, rng, recipe, case, made, reason, *others, breakage=name)


def scanned(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """A page without a text layer, as PDF, TIFF, JPEG or PNG, alone or in a CDA N1: waits for OCR."""
    from limpide.synth import scan

    recipe = sender.recipe(rng, "pdf")
    case = sender.case(night, rng.choice(recipe.sources), rng)
    made = recipe.make(recipe.kind, case, rng, None)
    dpi = rng.choice((150, 200))
    drawn = scan.picture(made.data, dpi=dpi, turn=rng.choice((0, 0, 0, 90, 180, 270)))
    form = rng.choice(("pdf", "pdf", "tiff", "jpeg", "png", "n1-tiff", "n1-pdf"))
    # OCR reads the first page only: it is the only one scanned, and its facts cannot be told apart here.
    made = replace(made, facts=[], sections=[])
    pack = {
        "pdf": (scan.image_pdf, "pdf", Format.PDF),
        "tiff": (lambda image: scan.tiff([image], dpi), "tif", Format.TIFF),
        "jpeg": (lambda image: scan.jpeg(image, dpi), "jpg", Format.JPEG),
        "png": (lambda image: scan.png(image, dpi), "png", Format.PNG),
    }
    write, extension, kind = pack[form.removeprefix("n1-")]
    made = replace(made, data=write(drawn), extension=extension, format=kind)
    if form.startswith("n1-"):
        media = "image/tiff" if kind == Format.TIFF else "application/pdf"
        head = recipes.fresh_head(recipe.kind, case, made.title or "", rng)
        text = cda.n1(head, made.data, media)
        made = replace(made, data=text.encode(), extension="xml", format=Format.CDA_N1, head=head, inner=str(kind))
        made.words = text.partition("<nonXMLBody>")[0] + "\f" + made.words
    sent = sender.refused(night, slot, rng, recipe, case, made, Reason.NEEDS_OCR, Reason.NO_READER)
    sent.lines[0]["status_with_ocr"] = "published"
    return sent


def wrong_patient(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """The header names one patient, the PDF inside another."""
    recipe = sender.recipe(rng, "n1-c")
    case = sender.case(night, rng.choice(recipe.sources), rng)
    other = sender.other(case.patient)
    made = recipes.cda_n1(recipe.kind, case, rng, None)
    foreign = recipes.cda_n1(recipe.kind, replace(case, patient=other), rng, made.head)
    mixed = replace(made, data=_graft(made.data, foreign.data), facts=[], sections=[])
    mixed.words = made.words.partition("\f")[0] + "\f" + foreign.words.partition("\f")[2]
    sent = sender.refused(night, slot, rng, recipe, case, mixed, Reason.IDENTITY_CONFLICT)
    sent.lines[0]["other_patient"] = patient_truth(other)
    sent.lines[0]["identities"] += [each for each in identities(other) if each["value"] in mixed.words]
    return sent


def anonymous(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """A text that names nobody."""
    recipe = sender.recipe(rng, "text")
    case = sender.case(night, rng.choice(recipe.sources), rng)
    nobody = (
        f"{case.site.name}\nProtocole de service du {french(case.day)}\n\n"
        "Conduite à tenir devant une fièvre au retour à domicile : contrôle clinique, bilan biologique.\n"
        f"Version {rng.randrange(1, 99)}.{rng.randrange(1, 99)}.\n"
    )
    made = Made(nobody.encode(), "txt", Format.TEXT, None, None, [], [], nobody)
    return sender.refused(night, slot, rng, recipe, case, made, Reason.NO_PATIENT, stem="PROTOCOLE")


def orphan(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """A replacement whose first version never came: it must be published all the same."""
    recipe = sender.recipe(rng, "n1", "n3")
    case = sender.case(night, rng.choice(recipe.sources), rng)
    first = recipe.make(recipe.kind, case, rng, None)
    assert first.head is not None
    follower = first.head.next_version(rng, first.head.moment + timedelta(minutes=9))
    sent = sender.sent(night, slot, rng, recipe, case, recipe.make(recipe.kind, case, rng, follower))
    sender.keep(sent, rng)
    return sent


def reused_id(sender: Sender, night: date, slot: int, rng: Random) -> Sent | None:
    """The id of a document already sent, on another patient's: a conflict to raise."""
    able = [
        sent for sent in sender.pool if sent.head is not None and sent.night < night and sent.recipe.name[:2] == "n3"
    ]
    if not able:
        return None
    old = rng.choice(able)
    assert old.head is not None
    case = sender.case(night, old.source, rng)
    if case.patient == old.case.patient:
        return None
    head = replace(old.head, case=case, set_root=None, set_extension=None, version=None, replaces=())
    made = recipes.cda_n3(old.recipe.kind, case, rng, head)
    return sender.refused(night, slot, rng, old.recipe, case, made, Reason.ID_CONFLICT)


def consent(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """ADT A31 with the patient's consent to the DMP: no document, two events.

    Nobody opposes (IO) here: it would take away every document of the patient, of any night, and blur the other truths.
    """
    recipe = sender.recipe(rng, "n1-c")
    case = sender.case(night, rng.choice(recipe.sources), rng)
    feeding, consulting = rng.choice(("INO", "INO", "NA")), rng.choice(("IC", "IC", "INC"))
    head = recipes.fresh_head(CONSULTATION, case, "", rng)
    data = hl7v2.consent(case.patient, case.site, head.moment, feeding, consulting, rng)
    made = Made(data, "hl7", Format.HL7V2, None, None, [], [], data.decode())
    sent = sender.refused(night, slot, rng, recipe, case, made, Reason.NO_DOCUMENT, stem="ADT")
    sent.lines[0]["events"] = [
        {"kind": "opposition_feeding", "value": feeding},
        {"kind": "opposition_consultation", "value": consulting},
    ]
    return sent


def merge(sender: Sender, night: date, slot: int, rng: Random) -> Sent:
    """ADT A40: a local identifier, given at an admission in a hurry, disappears into the patient's own."""
    recipe = sender.recipe(rng, "n1-c")
    case = sender.case(night, rng.choice(recipe.sources), rng)
    head = recipes.fresh_head(CONSULTATION, case, "", rng)
    retired = f"PROV{rng.getrandbits(32):010d}"
    data = hl7v2.merge(case.patient, case.site, head.moment, retired, rng)
    made = Made(data, "hl7", Format.HL7V2, None, None, [], [], data.decode())
    sent = sender.refused(night, slot, rng, recipe, case, made, Reason.NO_DOCUMENT, stem="ADT")
    gone = {"value": retired, "system": case.site.ipp_root}
    sent.lines[0]["events"] = [{"kind": "merge", "value": None, "identifiers": [gone]}]
    return sent


def _graft(host: bytes, guest: bytes) -> bytes:
    """The header of one N1 with the payload of another."""
    mark = b'representation="B64">'
    return host.partition(mark)[0] + mark + guest.partition(mark)[2]


# Share of each way in thousandths; the rest is fresh and sound. Those of the second table need the other doors.
WAYS: tuple[tuple[int, Way], ...] = (
    (40, replacement),
    (25, duplicate),
    (20, spoiled),
    (7, scanned),
    (6, wrong_patient),
    (5, anonymous),
    (5, orphan),
)
CARRIED_WAYS: tuple[tuple[int, Way], ...] = ((6, deletion), (4, consent), (3, reused_id), (3, merge))
