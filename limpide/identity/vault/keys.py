"""The vault's keys: where the master comes from, and one derived key for each purpose.

Belongs here: reading or creating the master key, HKDF, sealing and opening of small and large values (AES-256-GCM).
Does not belong here: files and tables of the vault (vault.py).

The master key is 32 bytes, from the first of: the environment LIMPIDE_VAULT_KEY (base64 or hexadecimal), the output of
the command in LIMPIDE_VAULT_KEY_COMMAND (a secret manager's client), the file `master.key` of the vault, which is
created with the vault when neither variable is set. It is never logged and never in an exception's text.

A rotation (rotation.py) brings a new master. What it encrypts is sealed again under keys derived from the new one; the
secrets that names and seals in force were made with are carried over, wrapped by the new master (`kept`).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import shlex
import subprocess
import zlib
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from limpide.runtime.confinement import secret_in_environment

KEY_FILE = "master.key"
ENV_KEY = "LIMPIDE_VAULT_KEY"
ENV_COMMAND = "LIMPIDE_VAULT_KEY_COMMAND"
ENV_NEW_KEY = "LIMPIDE_VAULT_NEW_KEY"
ENV_NEW_COMMAND = "LIMPIDE_VAULT_NEW_KEY_COMMAND"

_MAGIC = b"LV1"
_STORED, _DEFLATED = b"\x00", b"\x01"
_NONCE = 12
_COMPRESS_FROM = 256  # bytes; below, the header of zlib eats the gain


class Purpose(StrEnum):
    """What a derived key is for. Knowing one says nothing of the others."""

    RAW = "raw"  # original bytes
    IDENTITY = "identity"  # names, INS, paths: the fields of the identity map
    LOOKUP = "lookup"  # blind index of the identity map
    PSEUDONYM = "pseudonym"  # person keys and everything keyed in the warehouse
    DATES = "dates"  # the constant shift of dates of each patient
    GENETIC = "genetic"  # pseudonyms of extractions that hold genetic data: a class of its own
    AUDIT = "audit"  # seals of the audit chain and of receipts


# What a rotation seals again; all other purposes name or seal what stands, and keep their secret.
SEALING = (Purpose.RAW, Purpose.IDENTITY)
_LINKS = "links"  # of pseudonyms: one 32-byte secret a rotation of pseudonyms (pseudonym.renamed)


class VaultError(Exception):
    """The vault cannot be used as it is: wrong key, altered content, rights too wide. Never quotes what it holds."""


def parse_key(written: str) -> bytes:
    """32 bytes from base64 or hexadecimal. Raises VaultError for anything else."""
    text = "".join(written.split())
    try:
        key = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (ValueError, binascii.Error):
        raise VaultError("the vault key is neither base64 nor hexadecimal") from None
    if len(key) != 32:
        raise VaultError("the vault key is not 32 bytes long")
    return key


def outside_key(variable: str = ENV_KEY, command_variable: str = ENV_COMMAND) -> bytes | None:
    """The master key from the environment or from a secret manager's command; None when neither is configured.

    Raises VaultError when one is configured and does not give a key.
    """
    if written := secret_in_environment(variable):
        return parse_key(written)
    if command := secret_in_environment(command_variable):
        try:
            done = subprocess.run(shlex.split(command), capture_output=True, check=True, timeout=60, text=True)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            # The command's own output may hold the secret: only the class of the failure is told.
            raise VaultError(f"{command_variable} failed: {type(error).__name__}") from None
        return parse_key(done.stdout)
    return None


def file_key(folder: Path, create: bool, name: str = KEY_FILE) -> bytes:
    """The master key of `folder/master.key` (or another `name`); created (0600, atomically) when asked and absent.

    Raises VaultError when it is absent, unreadable as a key, or readable by others than its owner.
    """
    path = folder / name
    if not path.exists():
        if not create:
            raise VaultError("the vault has no key file, and no key is in the environment")
        draft = folder / f".{name}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, base64.b64encode(os.urandom(32)) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(draft, path)  # of two creators, one wins and both then read the same key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        raise VaultError("the vault's key file is readable by others: chmod 600 it, and change the key")
    return parse_key(path.read_text("ascii", "replace"))


class Keys:
    """The derived keys of one master. `kept`: secrets of earlier masters still in use, by purpose, wrapped (base64)."""

    def __init__(self, master: bytes, kept: Mapping[str, str] | None = None) -> None:
        self._master = master
        self._kept = kept or {}
        self._derived: dict[str, bytes] = {}
        self._ciphers: dict[Purpose, AESGCM] = {}

    def secret(self, purpose: Purpose) -> bytes:
        """32 bytes for one purpose: HKDF-SHA-256 of the master, or what an earlier master gave and was kept."""
        if purpose not in self._derived:
            self._derived[purpose] = self._unwrapped(purpose) or self._hkdf(f"limpide/{purpose}/1")
        return self._derived[purpose]

    def links(self) -> tuple[bytes, ...]:
        """The secrets of each rotation of pseudonyms, oldest first; empty before the first."""
        joined = self._unwrapped(_LINKS) or b""
        return tuple(joined[at : at + 32] for at in range(0, len(joined), 32))

    def successor(self, master: bytes, pseudonyms: bool) -> Keys:
        """The keys that follow under a new master: nothing but sealing changes; with `pseudonyms` one link more."""
        new = Keys(master)
        links = self.links()
        if pseudonyms:
            links = (*links, new._hkdf(f"limpide/{_LINKS}/{len(links) + 1}"))
        kept = {str(p): self.secret(p) for p in Purpose if p not in SEALING}
        kept |= {_LINKS: b"".join(links)} if links else {}
        return Keys(master, {name: new._wrapped(name, secret) for name, secret in kept.items()})

    @property
    def kept(self) -> dict[str, str]:
        """The wrapped secrets, for the vault's description: useless without the master."""
        return dict(self._kept)

    def _hkdf(self, info: str) -> bytes:
        return HKDF(SHA256(), 32, b"limpide-vault", info.encode()).derive(self._master)

    def _wrapped(self, name: str, secret: bytes) -> str:
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._hkdf("limpide/wrap/1")).encrypt(nonce, secret, name.encode())
        return base64.b64encode(nonce + sealed).decode()

    def _unwrapped(self, name: str) -> bytes | None:
        written = self._kept.get(name)
        if written is None:
            return None
        sealed = base64.b64decode(written)
        try:
            cipher = AESGCM(self._hkdf("limpide/wrap/1"))
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], str(name).encode())
        except (InvalidTag, ValueError):
            raise VaultError("a secret of the vault's description was altered, or belongs to another key") from None

    def only(self, *purposes: Purpose) -> Keys:
        """Keys of these purposes and of nothing else: no master, from which any other could be derived."""
        return _SomeKeys({str(purpose): self.secret(purpose) for purpose in purposes}, self.links())

    def fingerprint(self) -> str:
        """What the vault remembers of its master key to recognise a wrong one: an HMAC, which does not give it away."""
        return hmac.new(self._master, b"limpide/vault/fingerprint", sha256).hexdigest()

    def blind(self, value: str) -> bytes:
        """The blind-index form of a value: equal values are found without being readable. 16 bytes."""
        return hmac.new(self.secret(Purpose.LOOKUP), value.encode("utf-8", "surrogatepass"), sha256).digest()[:16]

    def seal(self, purpose: Purpose, data: bytes, bound: bytes) -> bytes:
        """Encrypt and authenticate. `bound` (what the value belongs to) must be given again to open it.

        Layout: 'LV1', one byte (0 stored, 1 deflated), nonce (12), ciphertext, tag (16).
        Compressed first where it saves a tenth.
        """
        how = _STORED
        if len(data) >= _COMPRESS_FROM:
            packed = zlib.compress(data, 1)
            if len(packed) < len(data) * 0.9:
                how, data = _DEFLATED, packed
        nonce = os.urandom(_NONCE)
        head = _MAGIC + how
        return head + nonce + self._cipher(purpose).encrypt(nonce, data, head + bound)

    def open(self, purpose: Purpose, sealed: bytes, bound: bytes) -> bytes:
        """The inverse of `seal`. Raises VaultError when a single bit, the key or `bound` differs."""
        head, nonce, body = sealed[:4], sealed[4 : 4 + _NONCE], sealed[4 + _NONCE :]
        if head not in (_MAGIC + _STORED, _MAGIC + _DEFLATED):
            raise VaultError("not a sealed value of this vault")
        try:
            data = self._cipher(purpose).decrypt(nonce, body, head + bound)
        except (InvalidTag, ValueError):
            raise VaultError("a sealed value was altered, or belongs to another key") from None
        return zlib.decompress(data) if head[3:] == _DEFLATED else data

    def _cipher(self, purpose: Purpose) -> AESGCM:
        if purpose not in self._ciphers:
            self._ciphers[purpose] = AESGCM(self.secret(purpose))
        return self._ciphers[purpose]


class _SomeKeys(Keys):
    """Derived secrets without their master, for a process that must not have it. May be pickled."""

    def __init__(self, secrets: Mapping[str, bytes], links: tuple[bytes, ...]) -> None:
        super().__init__(b"")
        self._given, self._joined = dict(secrets), links

    def __reduce__(self) -> tuple[type[_SomeKeys], tuple[dict[str, bytes], tuple[bytes, ...]]]:
        return (_SomeKeys, (self._given, self._joined))

    def secret(self, purpose: Purpose) -> bytes:
        if purpose not in self._given:
            raise VaultError("this process was not given the key of that purpose")
        return self._given[purpose]

    def links(self) -> tuple[bytes, ...]:
        return self._joined

    def successor(self, master: bytes, pseudonyms: bool) -> Keys:
        raise VaultError("this process was not given the master key")

    def fingerprint(self) -> str:
        raise VaultError("this process was not given the master key")
