"""What a process that parses hostile files is denied: the vault's keys in its environment, the network, its neighbours.

Belongs here: what the system offers without privileges. Does not belong here: memory and time (workers.py), the keys
that a reader does need (identity/vault/vault.py, `for_readers`).

On Linux (x86-64, arm64) a seccomp filter refuses every socket but those between processes of this machine, io_uring,
which would go round it, and looking into other processes; Tesseract inherits it. Elsewhere nothing is refused. The
account is the same in all: a reader may still open the files that the account may open, the vault's among them.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

SECRETS = (
    "LIMPIDE_VAULT_KEY", "LIMPIDE_VAULT_KEY_COMMAND", "LIMPIDE_VAULT_NEW_KEY", "LIMPIDE_VAULT_NEW_KEY_COMMAND",
)  # fmt: skip
_AF_UNIX = 1
# By machine: its audit architecture, and the numbers of socket, io_uring_setup, ptrace, process_vm_readv, -writev.
_MACHINES = {
    "x86_64": (0xC000003E, 41, 425, 101, 310, 311),
    "aarch64": (0xC00000B7, 198, 425, 117, 270, 271),
}
_X32 = 0x40000000  # the other numbering of x86-64's calls
_NR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_environment = RLock()


def secret_in_environment(name: str) -> str | None:
    """One of SECRETS as this process was given it, whoever is starting something meanwhile."""
    with _environment:
        return os.environ.get(name)


def without_secrets() -> dict[str, str]:
    """The environment of this process, less the vault's keys."""
    return {name: value for name, value in os.environ.items() if name not in SECRETS}


@contextmanager
def secrets_put_away() -> Iterator[None]:
    """While this lasts, what is started inherits no key: the first environment of a process can be read ever after."""
    with _environment:
        kept = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
        try:
            yield
        finally:
            os.environ.update(kept)


def deny_network() -> bool:
    """Refuse the network to this process and to what it starts, for good; whether the system does."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    code = _filter(*_MACHINES[platform.machine()])
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.create_string_buffer(program, len(program)), 0, 0)


def _filter(machine: int, socket: int, *others: int) -> bytes:
    """A BPF program: calls of another machine, of x32 and of `others` are refused, sockets too but Unix ones."""
    steps: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in others:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    steps += [
        (_EQUAL, 1, 0, socket),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, 16),  # the low half of the first argument: the family
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
