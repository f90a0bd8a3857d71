"""A fault ends in a French sentence that says what to do, never in a value, nor in "again" where that cannot cure."""

from __future__ import annotations

import errno
import re
import sqlite3
from pathlib import Path

import pytest

from limpide.identity.vault.keys import VaultError
from limpide.reports.faults import sentence
from limpide.runtime.workers import WorkerFault
from limpide.warehouse.layout import Busy, Damaged
from limpide.warehouse.snapshots.publication import NotValidated

ROOT = Path(__file__).parents[2] / "limpide"


def raised(kind: type[BaseException], *arguments: object) -> BaseException:
    try:
        raise kind(*arguments)
    except BaseException as fault:
        return fault


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (VaultError("the key given is not the key of this vault"), "LIMPIDE_VAULT_KEY"),
        (VaultError("the vault lost its description (vault.json): restore it from its backup"), "vault.json"),
        (VaultError("a rotation of the vault's keys is under way: finish it"), "`limpide vault rekey`"),
        (OSError(errno.ENOSPC, "No space left on device", "/landing/DUPONT.pdf"), "Le disque est plein"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Le disque est plein"),
        (sqlite3.OperationalError("database or disk is full"), "Le disque est plein"),
        (OSError(errno.EROFS, "Read-only file system"), "lecture seule"),
        (PermissionError(errno.EACCES, "Permission denied", "/landing/DUPONT"), "droits"),
        (sqlite3.DatabaseError("database disk image is malformed"), "ledger.sqlite"),
        (Damaged("snapshots/4.json"), "snapshots/4.json est abîmé ou tronqué"),
        (Busy("another load"), "Un autre chargement"),
        (NotValidated("there is no receipt for this data"), "aucun reçu de validation"),
        (NotValidated("blocking check failed: keys on person"), "keys on person"),
        (WorkerFault("limpide.identity.vault.keys.VaultError"), "`limpide verify`"),
        (WorkerFault("builtins.KeyError"), "`limpide verify`"),
    ],
)  # fmt: skip
def test_a_known_fault_says_what_to_do(fault: BaseException, told: str) -> None:
    said = sentence(fault)
    assert told in said
    assert "DUPONT" not in said and "Traceback" not in said


def test_an_unknown_fault_tells_its_kind_and_place_and_no_value() -> None:
    said = sentence(raised(ValueError, "Mme DUPONT née le 3 mars"))
    assert "ValueError at" in said and "DUPONT" not in said


def test_a_damaged_parquet_file_is_told_as_such(tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "a.parquet").write_bytes(b"PAR1 no more PAR1")
    with pytest.raises(duckdb.Error) as found:
        duckdb.execute(f"SELECT * FROM '{tmp_path}/a.parquet'")
    assert "Parquet" in sentence(found.value) and "`limpide verify`" in sentence(found.value)


def test_every_refusal_of_the_vault_has_its_sentence() -> None:
    """Those of one value of many (altered, of another key) share one; whoever adds a refusal adds its sentence."""
    found = set()
    for path in (ROOT / "identity" / "vault").glob("*.py"):
        found |= set(re.findall(r'raise VaultError\(\s*f?"([^"{]{12,})', path.read_text("utf-8")))
    untold = {one for one in found if sentence(VaultError(one)).startswith("Le coffre ne peut pas servir")}
    assert {one for one in untold if "not given" not in one} <= {
        "not a sealed value of this vault",
        "a secret of the vault's description was altered, or belongs to another key",
        "the new key is the key that the vault has already",
        "the key comes from the environment: give the next one in ",
    }
