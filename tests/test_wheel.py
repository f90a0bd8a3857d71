"""The wheel holds all that reading needs: installed elsewhere, it reads a letter without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_a_wheel_installed_outside_the_checkout_reads_a_letter(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    source = tmp_path / "source"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not files:
        pytest.skip("not a git checkout: what belongs to the wheel cannot be told")
    for name in filter(None, files.split("\0")):
        if name.startswith(("tests/", "benchmarks/", "docs/")) or not (ROOT / name).is_file():
            continue
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    build = [
        *pip,
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(tmp_path / "wheel"),
        str(source),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").glob("limpide-*.whl")
    place = tmp_path / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(place), str(wheel)], check=True)
    letter = tmp_path / "letter.txt"
    letter.write_text("Antécédents : asthme.\nTraitement : paracétamol 1 g matin et soir.\n", "utf-8")
    answer = subprocess.run(
        [sys.executable, "-P", "-m", "pipelines.cli", "structure", str(letter)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place), "LIMPIDE_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = {(fact["kind"], fact["code"]) for fact in json.loads(answer.stdout)["facts"]}
    assert {("condition", "J45.9"), ("drug", "N02BE01")} <= found
