"""`make fuzz`: the doors against damaged files, in workers that may die without costing the campaign.

    python benchmarks/fuzz.py [--files 20000] [--seed 1] [--workers 2] [--also FOLDER ...]

Seeds are files of the synthetic feed, every format of it; `--also` adds files of your own. The same seed damages the
same files the same way, whatever the number of workers. Writes docs/fuzz.md. Exit 1 when a worker died, or when a door
raised what it should not have.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from limpide.errors import LIMITS, Reason

PAGE = Path(__file__).resolve().parent.parent / "docs" / "fuzz.md"


@dataclass(slots=True)
class Tally:
    """What a batch of damaged files gave: outcomes by kind of seed, the slowest, the peak memory of the worker."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    peak_mb: float = 0.0


class Fuzzing:
    """A worker's work (`limpide.runtime.workers.Work`): damage a seed as its number says, read it, tell the outcome."""

    def __init__(self, seeds: list[tuple[str, bytes]], seed: int) -> None:
        self._seeds, self._seed, self._tally = seeds, seed, Tally()
        # libtiff says what it thinks of every damaged picture.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

    def take(self, number: int) -> None:
        """Read the damaged file of that number."""
        from limpide.readers.registry import read
        from limpide.synth.mutations import mutate

        name, data = self._seeds[number % len(self._seeds)]
        damaged = damage(data, Random(f"{self._seed}/{number}"), mutate)
        begun = time.perf_counter()
        documents = read(damaged, name)
        spent = time.perf_counter() - begun
        for document in documents:
            self._tally.outcomes[name.rsplit(".", 1)[-1].lower(), document.reason or "read"] += 1
        if spent > self._tally.slowest[0]:
            self._tally.slowest = (spent, f"{name}#{number}")

    def hand_over(self) -> Tally:
        """The tally since the last time."""
        tally, self._tally = self._tally, Tally()
        tally.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
            1024 * (1024 if sys.platform == "darwin" else 1)
        )
        return tally


def damage(data: bytes, rng: Random, mutate: Callable[[bytes, Random], bytes]) -> bytes:
    """The file damaged; half of the archives in one of their members, or their inside would hardly ever be reached."""
    if rng.random() < 0.5:
        if data.startswith(b"\x1f\x8b"):
            return gzip.compress(mutate(gzip.decompress(data), rng), mtime=0)
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = {info.filename: archive.read(info) for info in archive.infolist()}
            chosen = rng.choice(sorted(members))
            members[chosen] = mutate(members[chosen], rng)
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in members.items():
                    archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
            return buffer.getvalue()
    return mutate(data, rng)


def seeds_of(folders: list[Path], each: int = 12, largest: int = 400_000) -> list[tuple[str, bytes]]:
    """Some files of every extension, small enough to be damaged by the thousand."""
    by_kind: dict[str, list[tuple[str, bytes]]] = {}
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size <= largest):
            kept = by_kind.setdefault(path.suffix.lower(), [])
            if len(kept) < each:
                kept.append((path.name, path.read_bytes()))
    return [seed for kind in sorted(by_kind) for seed in by_kind[kind]]


def campaign(seeds: list[tuple[str, bytes]], files: int, seed: int, workers: int) -> tuple[Tally, list[str]]:
    """Damage and read `files` files; the tally, and a line for each one that cost a worker its life."""
    from limpide.runtime.workers import run

    total, dead = Tally(), []
    for done in run(partial(Fuzzing, seeds, seed), range(files), workers=workers, batch=32):
        if done.results is not None:
            total.outcomes += done.results.outcomes
            total.slowest = max(total.slowest, done.results.slowest)
            total.peak_mb = max(total.peak_mb, done.results.peak_mb)
        for lost in done.lost:
            total.outcomes["worker", str(lost.reason)] += 1
            dead.append(f"{seeds[lost.item % len(seeds)][0]}#{lost.item}: {lost.reason} ({lost.detail})")
    return total, dead


def page(total: Tally, dead: list[str], files: int, seed: int, seconds: float) -> Iterator[str]:
    """docs/fuzz.md, line by line."""
    reasons: Counter[str] = Counter()
    for (_, reason), count in total.outcomes.items():
        reasons[reason] += count
    yield "# Fuzzing the doors"
    yield ""
    yield "Written by `make fuzz`. Each file is a sound synthetic file damaged by one to three mutations, then read"
    yield f"in a guarded worker (bounds: {LIMITS.seconds:g} s and {LIMITS.memory_bytes // 2**20} MB a document)."
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| files tried (seed {seed}) | {files:,} |"
    yield f"| workers that died or were stopped | {len(dead)} |"
    yield f"| defects caught by the registry (`{Reason.READER_CRASHED}`) | {reasons[Reason.READER_CRASHED]} |"
    yield f"| longest file | {total.slowest[0]:.2f} s (`{total.slowest[1]}`) |"
    yield f"| peak memory of a worker | {total.peak_mb:.0f} MB |"
    yield f"| rate | {files / seconds:.0f} files/s |"
    yield ""
    yield "| outcome | documents |"
    yield "|---|---|"
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {reason} | {count:,} |"
    for line in dead:
        yield f"\n- {line}"


def main() -> None:
    """Run a campaign and write its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    parser.add_argument("--ocr", action="store_true", help="read pictures too, where Tesseract is (hours)")
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    if not asked.ocr:
        os.environ["LIMPIDE_OCR"] = "off"
    from limpide.synth.feed import generate
    from limpide.synth.further_carriers import EVERY_FORMAT

    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), documents=800, nights=2, seed=asked.seed, menu=EVERY_FORMAT)
        seeds = seeds_of([Path(folder) / "landing", *asked.also])
    begun = time.perf_counter()
    total, dead = campaign(seeds, asked.files, asked.seed, asked.workers)
    lines = list(page(total, dead, asked.files, asked.seed, time.perf_counter() - begun))
    asked.page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    crashed = sum(n for (_, reason), n in total.outcomes.items() if reason == Reason.READER_CRASHED)
    sys.exit(1 if dead or crashed else 0)


if __name__ == "__main__":
    main()
