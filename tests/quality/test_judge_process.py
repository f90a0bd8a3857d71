"""The judge's own process: what it is when it falls, dies, or is left in the middle of a question."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from limpide.runtime.workers import WorkerFault
from quality import judge_process
from quality.validation import judged
from tests.quality.a_candidate import good_rows, written


def falls(value: str) -> None:
    """Asked of the judge: a fault whose message holds what it must not tell."""
    raise ValueError(value)


def process() -> int:
    """Asked of the judge: which process it is."""
    return os.getpid()


def dies() -> None:
    """Asked of the judge: killed in the middle of its work, as by the system when memory is out."""
    os.kill(os.getpid(), signal.SIGKILL)


def answered(question, *arguments):
    with judge_process.judge() as judge:
        judge.ask(question, *arguments)
        return judge.answer()


def test_a_judge_serves_again_and_is_another_process():
    first = answered(process)
    assert first != os.getpid()
    assert answered(process) == first


def test_a_fall_is_told_without_its_message_and_is_no_verdict():
    with pytest.raises(judge_process.NotJudged) as caught:
        answered(falls, "Mme DUPONT")
    assert str(caught.value).startswith("the judge fell: ValueError at test_judge_process.py:")
    assert "DUPONT" not in str(caught.value)


def test_a_judge_that_dies_is_a_transient_fault_and_another_takes_its_place():
    from assets.failures import transient

    before = answered(process)
    with pytest.raises(WorkerFault) as caught:
        answered(dies)
    assert transient(caught.value)
    assert answered(process) != before


def test_a_judge_killed_while_it_waits_is_replaced():
    before = answered(process)
    os.kill(before, signal.SIGKILL)
    judge_process._waiting[0]._process.join()
    assert answered(process) != before


def test_no_answer_is_taken_for_that_of_another_question():
    before = answered(process)
    with pytest.raises(KeyError), judge_process.judge() as judge:
        judge.ask(process)
        raise KeyError("the program fell before it heard the answer")
    assert answered(process) != before


def test_a_rule_that_was_asked_and_not_answered_is_a_fault(layout, monkeypatch):
    monkeypatch.setattr("quality.validation.judge_process.counts", silent)
    with pytest.raises(judge_process.NotJudged, match="said nothing of columns_and_types on person"):
        judged(layout, written(layout, good_rows()), ("person",))


def silent(so_far: bytes, failing: object) -> tuple[judge_process.Said, bytes]:
    """Asked of the judge: says nothing."""
    return {}, pickle.dumps({})


def test_pages_are_drawn_meanwhile_and_waited_for_when_looked_at(layout):
    outcomes, pages = judged(layout, written(layout, good_rows()), ("person",))
    assert not judge_process._waiting[0].free()
    assert {outcome.status for outcome in outcomes} <= {"passed", "not_applicable"}
    assert list(pages) == ["person"] and pages["person"].startswith("<!DOCTYPE html>")
    assert judge_process._waiting[0].free()


def test_pages_nobody_looked_at_are_lost_with_a_judge_that_is_asked_again(layout):
    _, pages = judged(layout, written(layout, good_rows()), ("person",))
    judged(layout, written(layout, good_rows()), ("person",))
    with pytest.raises(WorkerFault):
        len(pages)


def started(code: str) -> subprocess.Popen[str]:
    """A program of its own that can import ours and these tests."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)


def ended(code: str) -> str:
    """What such a program says, once it has ended well."""
    with started(code) as program:
        try:
            said, _ = program.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            program.kill()
            raise
    assert program.returncode == 0
    return said.strip()


def test_the_program_itself_never_imports_great_expectations(tmp_path):
    code = (
        "import sys; from pathlib import Path; from limpide.warehouse.layout import Layout;"
        "from quality.validation import judged; from tests.quality.a_candidate import good_rows, written\n"
        "if __name__ == '__main__':\n"
        f"    layout = Layout(Path({str(tmp_path)!r}) / 'warehouse', Path({str(tmp_path)!r}) / 'vault')\n"
        "    outcomes, pages = judged(layout, written(layout, good_rows()), ['person'])\n"
        "    print({o.status for o in outcomes} <= {'passed', 'not_applicable'}, list(pages),\n"
        "          'great_expectations' in sys.modules)"
    )
    assert ended(code) == "True ['person'] False"


def test_a_judge_ends_with_its_program():
    code = (
        "import time\nfrom quality import judge_process\n"
        "if __name__ == '__main__':\n"
        "    judge_process.prepare(); print(judge_process._waiting[0]._process.pid, flush=True); time.sleep(60)"
    )
    program = started(code)
    assert program.stdout is not None
    judge = int(program.stdout.readline())
    time.sleep(1)
    program.kill()
    program.wait()
    program.stdout.close()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{judge}").exists() and _state(judge) != "Z" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not Path(f"/proc/{judge}").exists() or _state(judge) == "Z"


def test_a_program_told_to_ignore_the_signal_of_its_end_ends_all_the_same():
    code = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nfrom quality import judge_process\n"
        "if __name__ == '__main__':\n"
        "    with judge_process.judge() as judge: judge.ask(len, 'four'); print(judge.answer())"
    )
    assert ended(code) == "4"


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
