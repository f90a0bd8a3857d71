"""What was handed to projects, and about whom: so that an erasure names the deliveries to recall.

Belongs here: the register in the vault. Does not belong here: extracting (extract.py), recalling, which people do.

    vault/deliveries/<at>-<project>.json    project, approval, end, folder, snapshot, counts, and the persons as the
                                            vault's blind terms: a person is found there, nobody is read there
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from limpide.identity.vault.vault import Vault
from limpide.rights.project import Project
from limpide.warehouse.lake.files import write_json

_KEPT = 50  # characters of a person key that OMOP's column holds


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: to which project, under which approval, when, into which folder, until when."""

    project: str
    approval: str
    at: str
    folder: str
    ends: str


def record(vault: Vault, project: Project, folder: Path, snapshot: int, persons: Iterable[str]) -> Path:
    """Remember a delivery. `persons`: published person keys (or what OMOP keeps of them)."""
    at = datetime.now(UTC).isoformat(timespec="microseconds").replace(":", "")
    path = _folder(vault) / f"{at}-{project.name}.json"
    terms = sorted(_term(vault, key) for key in persons)
    write_json(
        path,
        {
            "project": project.name, "approval": project.approval, "ends": str(project.ends), "at": at,
            "folder": str(folder), "snapshot": snapshot, "persons": terms,
        },
    )  # fmt: skip
    path.chmod(0o600)
    return path


def to_recall(vault: Vault, keys: Iterable[str]) -> list[Delivery]:
    """Deliveries that hold a person, by any of the keys they had; oldest first."""
    wanted = {_term(vault, name) for key in keys for name in vault.former_names(key)}
    return [_delivery(said) for _, said in _all(vault) if wanted & set(said["persons"])]


def forget(vault: Vault, keys: Iterable[str]) -> None:
    """Strike a person out of the register, once the deliveries that hold them were named."""
    wanted = {_term(vault, name) for key in keys for name in vault.former_names(key)}
    for path, said in _all(vault):
        if wanted & set(said["persons"]):
            write_json(path, said | {"persons": [term for term in said["persons"] if term not in wanted]})
            path.chmod(0o600)


def _term(vault: Vault, key: str) -> str:
    return vault.keys.blind(f"delivery\x1f{key[:_KEPT]}").hex()


def _folder(vault: Vault) -> Path:
    folder = vault.path / "deliveries"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _all(vault: Vault) -> list[tuple[Path, dict[str, Any]]]:
    return [(path, json.loads(path.read_bytes())) for path in sorted((vault.path / "deliveries").glob("*.json"))]


def _delivery(said: dict[str, Any]) -> Delivery:
    return Delivery(said["project"], said["approval"], said["at"], said["folder"], said["ends"])
