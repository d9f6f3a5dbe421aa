"""Killed at any moment, the same command finishes the work, and never says so while something is left.

Moments are drawn; a failure names the seed, and BOKERU_SEED repeats its moments.
"""

import os
import random
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.store.forget.outcome import assert_gone, left
from tests.store.forget.whole_pipeline import Everything, Wanted, wanted

KILLED_AT = """
import os, signal, sys
seen, last = 0, int(sys.argv[1])
def watch(event, arguments):
    global seen
    if event in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from commands.main import main
status = main(sys.argv[2:])
print(seen)
sys.exit(status)
"""
"""Kills itself before it changes a folder for the n-th time; with 0 it prints how often it does."""
MOMENTS, CHANGES = 10, 20


@pytest.fixture
def moments() -> random.Random:
    seed = os.environ.get("BOKERU_SEED") or str(random.randrange(10**6))
    print(f"BOKERU_SEED={seed}")
    return random.Random(seed)


def start(whole: Everything, one: Wanted) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "commands.main", "forget", *whole.where, *one.options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(whole: Everything, one: Wanted, when: str) -> None:
    """Run the command to its end: it must find what is left and say 0, and nothing may be left."""
    process = start(whole, one)
    said = process.communicate(timeout=200)[0]
    assert (process.returncode, left(whole, one.traces)) == (0, {}), f"{when}: {said}"
    assert_gone(whole, one)


def kill_after(whole: Everything, one: Wanted, seconds: float) -> None:
    process = start(whole, one)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.communicate(timeout=20)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["unnumbered", "near", "odai", "boke"])
def test_at_ten_random_moments(made: Everything, moments: random.Random, name: str) -> None:
    one, began = wanted(made)[name], time.monotonic()
    finish(made.restore(), one, "undisturbed")
    span = time.monotonic() - began
    for _ in range(MOMENTS):
        made.restore()
        stops = [moments.uniform(0.2 * span, span) for _ in range(moments.choice((1, 1, 2)))]
        for stop in stops:
            kill_after(made, one, stop)
        finish(made, one, f"killed after {stops} s of {span}")


def run_until(whole: Everything, one: Wanted, change: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", KILLED_AT, str(change), "forget", *whole.where, *one.options]
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["unnumbered", "near"])
def test_before_any_change(made: Everything, moments: random.Random, name: str) -> None:
    """Some of the hundreds of moments before a file gets its name or goes."""
    one = wanted(made)[name]
    changes = int(run_until(made.restore(), one, 0).stdout.splitlines()[-1])
    for change in sorted(moments.sample(range(1, changes + 1), CHANGES)):
        killed = run_until(made.restore(), one, change)
        assert killed.returncode == -9
        finish(made, one, f"killed before change {change} of {changes}")
