"""DICOM: documents wrapped in it and structured reports are read, images are refused by name."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from limpide.document import Document
from limpide.readers.registry import read

pydicom = pytest.importorskip("pydicom")


def coded(value: str, scheme: str, meaning: str) -> Any:
    item = pydicom.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return pydicom.Sequence([item])


def dicom(kind: str, **more: Any) -> bytes:
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = kind
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID, dataset.IssuerOfPatientID = "ROCHE^Nadia", "4711", "1.2.250.1.77"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.ContentDate = "19680214", "F", "20260301"
    for name, value in more.items():
        setattr(dataset, name, value)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def only(data: bytes) -> Document:
    (document,) = read(data, "x.dcm")
    return document


def test_a_document_wrapped_in_dicom_is_read_with_its_patient() -> None:
    words = b"Compte rendu : examen normal.\n"
    document = only(
        dicom("1.2.840.10008.5.1.4.1.1.104.2", EncapsulatedDocument=words, MIMETypeOfEncapsulatedDocument="x")
    )
    assert (document.format, document.text) == ("text", words.decode())
    patient = document.header.patient
    assert (patient.family_birth, patient.given, patient.birth_date, patient.sex) == (
        "ROCHE", ["Nadia"], "1968-02-14", "F",
    )  # fmt: skip
    assert document.container_sha256 is not None


def test_a_structured_report_is_its_words_and_its_measurements() -> None:
    item, number, value = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    item.ValueType, item.TextValue, item.ConceptNameCodeSequence = (
        "TEXT",
        "Nodule stable.",
        coded("121071", "DCM", "Résultat"),
    )
    value.NumericValue, value.MeasurementUnitsCodeSequence = "12", coded("mm", "UCUM", "millimètre")
    number.ValueType, number.ConceptNameCodeSequence = "NUM", coded("33728-7", "LN", "Diamètre")
    number.MeasuredValueSequence = pydicom.Sequence([value])
    document = only(
        dicom(
            "1.2.840.10008.5.1.4.1.1.88.11",
            ConceptNameCodeSequence=coded("18748-4", "LN", "Compte rendu d'imagerie"),
            ContentSequence=pydicom.Sequence([item, number]),
        )
    )
    assert document.text == "Résultat : Nodule stable.\nDiamètre : 12 mm\n"
    (fact,) = document.facts
    assert (fact.code, fact.system, fact.value, fact.unit, fact.time_start) == (
        "33728-7",
        "LOINC",
        12.0,
        "mm",
        "2026-03-01",
    )
    assert document.header.title == "Compte rendu d'imagerie"


def test_an_image_is_refused_by_its_name() -> None:
    document = only(dicom("1.2.840.10008.5.1.4.1.1.2"))
    assert (document.reason, document.detail) == ("no_reader", "DICOM image without text")


@pytest.mark.parametrize("keep", [140, 200, 300])
def test_an_object_cut_off_is_set_aside(keep: int) -> None:
    assert only(dicom("1.2.840.10008.5.1.4.1.1.2")[:keep]).status == "quarantined"
