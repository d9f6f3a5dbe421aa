"""Many photos are computed in processes: in order, whatever ends one of these, and none outlives its use."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from store.errors import UserError
from store.photo import computed, spread
from store.photo.computed import Answer
from store.photo.options import PhotoOptions, limited
from store.processes import child
from tests.crawl_tables import photo
from tests.store.photo import computing

PHOTOS = 100


def contents(*special: bytes) -> list[bytes]:
    """Return texts that differ; the special ones come after the fiftieth."""
    plain = [b"%d" % n for n in range(PHOTOS)]
    return plain[:50] + list(special) + plain[50:]


def answers(photos: list[bytes | None] | list[bytes]) -> list[Answer | None]:
    with closing(spread.spread(computing.told, iter(enumerate(photos)), len(photos))) as found:
        keys, told = zip(*found, strict=True)
    assert keys == tuple(range(len(photos)))
    return list(told)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any work is worth two processes, as soon as one photo has been seen."""
    monkeypatch.setattr(spread, "WORTHWHILE", 1e-12)
    monkeypatch.setattr(spread, "TRIED", 1)
    monkeypatch.setattr(spread, "cores", lambda: 2)
    before = set(psutil.Process().children())
    yield
    assert set(psutil.Process().children()) <= before, "a process outlives its use"


@pytest.mark.parametrize("cores", [1, 8])
def test_few_photos_or_one_core_start_no_process(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "cores", lambda: cores)
    if cores == 1:
        monkeypatch.setattr(spread, "WORTHWHILE", 1e-12)
    monkeypatch.setattr(child, "conversing", None)
    assert {answer["process"] for answer in answers(contents()) if answer} == {os.getpid()}


def test_many_are_computed_in_order_by_two_processes(two: None) -> None:
    photos = contents()
    found = [answer for answer in answers(photos) if answer]
    assert [answer["text"].encode() for answer in found] == photos
    first, *others = [answer["process"] for answer in found]
    assert first == os.getpid()
    assert len(set(others) - {first}) == len(set(others)) == 2


def test_what_has_no_bytes_keeps_its_place(two: None) -> None:
    found = answers([b"a", None, *[None] * 40, b"b", *[b"c"] * 20, None])
    assert [answer and answer["text"] for answer in found] == ["a", *[None] * 41, "b", *["c"] * 20, None]


def test_a_photo_that_ends_its_process_costs_one_answer(two: None) -> None:
    photos = contents(b"crash", b"between", b"crash")
    reason = {"error": "the process that decoded it was ended by SIGSEGV"}
    expected = [reason if photo == b"crash" else photo.decode() for photo in photos]
    found = [answer and answer.get("text", answer) for answer in answers(photos)]
    assert found == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"killed", r"was killed \(SIGKILL\), as the system does where memory is short\. Run the same"),
        (b"raises", r"ended with status 1 \(ValueError: no such thing\)\. Run the same command again"),
    ],
)
def test_what_ends_a_process_for_another_reason_ends_the_work(content: bytes, words: str, two: None) -> None:
    with pytest.raises(UserError, match=f"a process that looks at photos {words}"):
        answers(contents(content))


def test_who_stops_early_waits_for_no_photo(two: None) -> None:
    photos = iter(enumerate(contents(b"hangs")))
    began = time.monotonic()
    with closing(spread.spread(computing.told, photos, PHOTOS)) as found:
        assert [next(found)[0] for _ in range(20)] == list(range(20))
    assert time.monotonic() - began < 60


PARENT = """
from store.photo import spread
from store.processes.ending import exit_status
from tests.store.photo import computing
spread.WORTHWHILE, spread.TRIED, spread.cores = 1e-12, 1, lambda: 2
photos = ((n, b"hangs" if n > 20 else b"%d" % n) for n in range(100))
def work():
    for _, answer in spread.spread(computing.told, photos, 100):
        print(answer["process"], flush=True)
raise SystemExit(exit_status(work))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_it_at_once_with_its_processes(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=child.environment()
    ) as parent:
        assert parent.stdout
        lines = [int(parent.stdout.readline()) for _ in range(8)]
        children = psutil.Process(parent.pid).children()
        assert lines[-1] in {process.pid for process in children}
        began = time.monotonic()
        parent.send_signal(number)
    assert parent.returncode == (-number if number == signal.SIGKILL else 128 + number)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
    assert time.monotonic() - began < 60


def test_the_limits_hold_in_the_processes(two: None) -> None:
    photos = [photo(n) for n in range(3)]
    with limited(PhotoOptions(min_side=97)):
        found = list(spread.spread(computed.description, iter(enumerate(photos)), 3))
    assert [answer and answer["limits"] for _, answer in found] == [True, True, True]


def test_processes_compute_what_is_computed_here(two: None) -> None:
    photos = [photo(n) for n in range(20)] + [b"no photo", photo(1)[:500]]
    found = [answer for _, answer in spread.spread(computed.kept, iter(enumerate(photos)), len(photos))]
    assert found == [computed.kept(content) for content in photos]
