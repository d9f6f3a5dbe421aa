"""Signals as one exception, at once or once a block has wound down."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from store.processes import interruption
from store.processes.interruption import SIGNALS, Interrupted, deferred, install, received


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the handlers back that the tests run with."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    install()
    yield
    interruption._received.clear()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_is_an_exception_with_its_status(number: signal.Signals, status: int) -> None:
    with pytest.raises(Interrupted, match=number.name) as caught:
        signal.raise_signal(number)
    assert caught.value.exit_status == status


def test_the_first_signal_counts_also_where_a_library_hid_it() -> None:
    with pytest.raises(Interrupted, match="SIGTERM"):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)  # at once: the same wish
    interruption = received()
    assert interruption is not None
    assert interruption.exit_status == 143


TWICE = """
import signal, time
from store.processes.ending import exit_status

def work():
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        time.sleep(0.6)
        signal.raise_signal(signal.SIGTERM)
        print("wound down")

raise SystemExit(exit_status(work))
"""


def test_a_second_signal_while_it_winds_down_ends_it_at_once_without_a_traceback() -> None:
    result = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (130, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("bokeru: stopped (SIGINT). Nothing that was whole is lost")


def test_a_block_that_defers_signals_winds_down_first() -> None:
    steps: list[str] = []
    with pytest.raises(Interrupted, match="SIGHUP"), deferred(lambda: steps.append("wind down")):
        signal.raise_signal(signal.SIGHUP)
        steps.append("the rest of the block")
    assert steps == ["wind down", "the rest of the block"]
    assert signal.getsignal(signal.SIGINT) is interruption._interrupt
    signal.raise_signal(signal.SIGINT)  # at once: the same wish


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    install()
    signal.raise_signal(signal.SIGHUP)
    with deferred(lambda: pytest.fail("it was to be ignored")):
        signal.raise_signal(signal.SIGHUP)
    assert received() is None


def test_a_signal_that_came_before_stops_no_later_block() -> None:
    steps: list[str] = []
    for step in range(2):
        try:
            with deferred(lambda: steps.append("wind down")):
                if step == 0:
                    signal.raise_signal(signal.SIGTERM)
                steps.append(f"block {step}")
        except Interrupted:
            steps.append("stopped")
    assert steps == ["wind down", "block 0", "stopped", "block 1"]
