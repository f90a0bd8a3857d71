"""The vault: everything that identifies, encrypted at rest, in a directory of its own.

Belongs here: raw bytes by content, the way to the identity map (identity_map.py), rights of the directory.
Does not belong here: ciphers and keys (keys.py), what the warehouse may see.

    vault/                0700, files 0600
      master.key          unless the key comes from the environment or a secret manager
      vault.json          format, fingerprint of the master key, secrets kept from earlier ones (wrapped)
      rekey.json          only while a rotation of keys is under way (rotation.py)
      raw/ab/abcd...      sealed original bytes, named by the sha256 of their plain content
      identity.sqlite     the identity map: blind indexes and sealed fields

One writer and any number of readers, in any number of processes. A process killed at any moment leaves either the old
or the new state: files are written beside, synced and renamed; the map is an SQLite transaction.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.identity.pseudonym import person_key, renamed
from limpide.identity.vault.keys import Keys, Purpose, VaultError, file_key, outside_key

if TYPE_CHECKING:
    from limpide.document import Patient
    from limpide.identity.vault.identity_map import IdentityMap

__all__ = ["PLAN", "Purpose", "Vault", "VaultError"]

PLAN = "rekey.json"
READERS = (Purpose.RAW, Purpose.LOOKUP, Purpose.PSEUDONYM, Purpose.DATES)

_BATCH_FILES = 2_000  # files written before they are synced together
_SYNCS = 16  # files being synced at a time


class Vault:
    """The vault in `path`, created on first use. Cheap to open; may be pickled to worker processes (no key travels).

    `keys`: those of a rotation under way, which alone may open the vault then (rotation.py).
    Raises VaultError when others than the owner may enter the directory, or when the key is not the vault's.
    """

    def __init__(self, path: Path | str, create: bool = True, *, keys: Keys | None = None) -> None:
        self.path = Path(path)
        self._for_readers = False
        self._map: IdentityMap | None = None
        if keys is not None:
            self.keys, self._links = keys, keys.links()
            return
        made = False
        if not self.path.exists():
            if not create:
                raise VaultError("there is no vault here")
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = True
        if self.path.stat().st_mode & 0o077:
            raise VaultError("the vault is open to others than its owner: chmod 700 it")
        if (self.path / PLAN).exists():
            raise VaultError("a rotation of the vault's keys is under way: finish it with `limpide vault rekey`")
        described = self.path / "vault.json"
        if not described.exists() and not create and not made:
            raise VaultError("this directory is not a vault")
        fresh = not described.exists()
        raw = self.path / "raw"
        if fresh and raw.exists() and any(raw.iterdir()):
            raise VaultError("the vault lost its description (vault.json): restore it from its backup")
        master = outside_key() or file_key(self.path, create=fresh)
        if fresh:
            keys = Keys(master)
            raw.mkdir(mode=0o700, exist_ok=True)
            self.describe(keys)
        description = json.loads(described.read_text("utf-8"))
        if description.get("format") != 1:
            raise VaultError("this vault was made by a later version of Limpide")
        self.keys = Keys(master, description.get("kept"))
        if self.keys.fingerprint() != description["fingerprint"]:
            raise VaultError("the key given is not the key of this vault")
        self._links = self.keys.links()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._for_readers:
            return (_for_readers, (self.path, self.keys))
        return (Vault, (self.path, False))

    def for_readers(self) -> Vault:
        """The same vault for the processes that parse what strangers sent: it opens originals and makes pseudonyms, and
        has neither the master key nor what seals identities, audits, or names genetic data. May be pickled."""
        return _for_readers(self.path, self.keys.only(*READERS))

    def secret(self, purpose: Purpose) -> bytes:
        """The 32-byte derived secret of a purpose (Purpose.PSEUDONYM for person keys)."""
        return self.keys.secret(purpose)

    def describe(self, keys: Keys) -> None:
        """Write down which master the vault has, durably."""
        said = {"format": 1, "fingerprint": keys.fingerprint(), "kept": keys.kept}
        self.replace(self.path / "vault.json", json.dumps(said, sort_keys=True).encode())

    @property
    def generation(self) -> int:
        """How often pseudonyms were given, first time included."""
        return len(self._links) + 1

    def person_key(self, patient: Patient) -> str | None:
        """The pseudonym of a patient as it stands; None when nothing identifies (pseudonym.py)."""
        key = person_key(patient, self.secret(Purpose.PSEUDONYM))
        return self.renamed(key) if key else None

    def renamed(self, name: str) -> str:
        """A pseudonym made with the first secret, as rotations left it."""
        return renamed(name, self._links) if self._links else name

    def former_names(self, person: str) -> set[str]:
        """Every name that a person had, from the first rotation on, and has: what old lines of the audit log say."""
        out = {person}
        for seen in self.identities.seen(person):
            name = person_key(seen.patient, self.secret(Purpose.PSEUDONYM))
            for turn in range(self.generation if name else 0):
                out.add(renamed(name or "", self._links[:turn]))
        return out

    @property
    def identities(self) -> IdentityMap:
        """The identity map, opened on first use."""
        from limpide.identity.vault.identity_map import IdentityMap

        if self._map is None:
            self._map = IdentityMap(self.path / "identity.sqlite", self.keys)
        return self._map

    def close(self) -> None:
        """Close the identity map. The vault may be used again afterwards."""
        if self._map is not None:
            self._map.close()
            self._map = None

    # Raw bytes

    def put(self, data: bytes) -> str:
        """Keep bytes; their sha256. Durable on return. Keeping the same bytes twice writes once."""
        return self.put_many([data])[0]

    def put_many(self, items: Iterable[bytes]) -> list[str]:
        """Keep many; their sha256, in order. Durable on return, and much cheaper than as many `put`.

        Files of a batch are all written before the first is synced: the file system then flushes them together.
        """
        digests: list[str] = []
        waiting: dict[str, Path] = {}
        try:
            for data in items:
                digest = sha256(data).hexdigest()
                digests.append(digest)
                target = self._place(digest)
                if digest in waiting or target.exists():
                    continue
                target.parent.mkdir(mode=0o700, exist_ok=True)
                draft = target.with_name(f".{digest}.{os.getpid()}")
                waiting[digest] = draft
                _write(draft, self.keys.seal(Purpose.RAW, data, digest.encode()))
                if len(waiting) >= _BATCH_FILES:
                    self.settle(waiting)
            self.settle(waiting)
        finally:
            for draft in waiting.values():
                draft.unlink(missing_ok=True)
        return digests

    def get(self, digest: str) -> bytes:
        """The bytes of a sha256. Raises KeyError when absent, VaultError when altered."""
        try:
            sealed = self._place(digest).read_bytes()
        except FileNotFoundError:
            raise KeyError(digest) from None
        data = self.keys.open(Purpose.RAW, sealed, digest.encode())
        if sha256(data).hexdigest() != digest:
            raise VaultError("content does not match its name")
        return data

    def __contains__(self, digest: str) -> bool:
        return self._place(digest).exists()

    def digests(self) -> Iterator[str]:
        """Every sha256 kept, sorted."""
        for shard in sorted((self.path / "raw").iterdir()):
            yield from sorted(p.name for p in shard.iterdir() if not p.name.startswith("."))

    def delete(self, digest: str) -> bool:
        """Forget bytes; whether they were there. Durable on return."""
        target = self._place(digest)
        try:
            target.unlink()
        except FileNotFoundError:
            return False
        _sync(target.parent)
        return True

    def sweep(self) -> int:
        """Remove drafts left by a killed writer; how many. Only for the writer, before it writes."""
        removed = 0
        for draft in (self.path / "raw").glob("*/.*"):
            draft.unlink()
            removed += 1
        return removed

    def _place(self, digest: str) -> Path:
        if len(digest) != 64 or not digest.isalnum() or not digest.isascii():
            raise ValueError("not a sha256")
        return self.path / "raw" / digest[:2] / digest

    def settle(self, waiting: dict[str, Path]) -> None:
        """Give drafts of sealed bytes their place, durably; `waiting` is empty afterwards."""
        with ThreadPoolExecutor(_SYNCS) as pool:  # the file system commits together what is asked together
            list(pool.map(_sync, waiting.values()))
        folders = set()
        for digest in list(waiting):
            target = self._place(digest)
            waiting.pop(digest).rename(target)
            folders.add(target.parent)
        with ThreadPoolExecutor(_SYNCS) as pool:
            list(pool.map(_sync, folders))
        if folders:
            _sync(self.path / "raw")

    def replace(self, target: Path, content: bytes) -> None:
        """Write a file of the vault: the old content or the new one, never less."""
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        _write(draft, content)
        self.settle_file(draft, target)

    def settle_file(self, draft: Path, target: Path) -> None:
        """Give one draft its place, durably."""
        _sync(draft)
        draft.rename(target)
        _sync(target.parent)


def _for_readers(path: Path, keys: Keys) -> Vault:
    vault = Vault(path, create=False, keys=keys)
    vault._for_readers = True
    return vault


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _sync(path: Path) -> None:
    """Force a file's content, or a folder's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
