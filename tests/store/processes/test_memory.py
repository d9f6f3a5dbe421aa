"""A command that gets no memory says so, whatever ends it."""

import resource
import signal
import subprocess
import sys
import time

import pytest

from store.processes.child import ROOT

RUN = """
import os, resource, signal, sys, time
from store.processes.ending import exit_status
from store.processes.memory import told_of
resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
sys.exit(told_of(lambda: exit_status(lambda: {work})))
"""


def run(work: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", RUN.format(work=work)], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_library_that_dies_is_told_in_a_sentence(number: int) -> None:
    ended = run(f"(resource.setrlimit(resource.RLIMIT_CORE, (0, 0)), os.kill(os.getpid(), {int(number)}))")
    assert ended.returncode == 1
    assert ended.stderr.startswith("bokeru: this process got no more memory. ")
    assert f"`ulimit -v` is 8388608; signal {int(number)}" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_memory_error_is_told_in_a_sentence() -> None:
    ended = run("bytearray(2**34)")
    assert ended.returncode == 1
    assert ended.stderr.startswith("bokeru: this process got no more memory. ")
    assert "Traceback" not in ended.stderr


def test_an_error_that_a_library_has_of_its_own_is_told_with_it() -> None:
    ended = run("[].pop()")
    assert ended.returncode == 1
    assert ended.stderr.startswith("bokeru: this process got no more memory. ")
    assert "`ulimit -v` is 8388608; IndexError: pop from empty list" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("work", "status"), [("None", 0), ("sys.exit(3)", 3)])
def test_other_endings_are_what_they_are(work: str, status: int) -> None:
    assert run(work).returncode == status


@pytest.mark.parametrize(("work", "status"), [("None", 0), ("sys.exit(3)", 3), ("[].pop()", 1)])
def test_who_called_goes_on_once(work: str, status: int) -> None:
    """The child ends with the work: else all that follows would be done twice."""
    code = RUN.format(work=work).replace("sys.exit(told_of", "print('back with', told_of", 1)
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout == f"back with {status}\n"


def test_signals_reach_the_work() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN.format(work="(print('works', flush=True), time.sleep(60))")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "works\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        assert time.monotonic() - began < 20


def test_without_a_limit_nothing_is_started() -> None:
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        pytest.skip("this machine limits the addresses of its processes")
    code = RUN.format(work="print(os.getpid())").replace("resource.setrlimit", "(lambda *_: None)")
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert int(process.stdout.readline()) == process.pid
