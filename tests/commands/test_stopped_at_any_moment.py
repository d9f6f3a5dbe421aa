"""Whatever signal ends a crawl at whatever moment: no process is left, nothing is lost, nothing comes twice.

Moments are drawn from 50 ms after the start on, when Python itself is still starting, to as long as a crawl
without a delay takes; a failure names the seed, and BOKERU_SEED repeats its moments. Half of the commands are
started again at once, while what was stopped may still wind down.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from store.processes.interruption import WIND_DOWN_SECONDS
from store.shards import shard_paths
from tests.commands.commandline import BOKERU, write_config

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
TARGETS = ("parent", "child", "group")
COMMANDS = {
    "crawl": [BOKERU, "crawl", "--pipeline", "demo"],
    "scrapy": [str(Path(sys.executable).with_name("scrapy")), "crawl", "bokete", "-a", "pipeline=demo"],
    "run": [BOKERU, "run", "--pipeline", "demo"],
}
MARK = "BOKERU_STARTED_BY"
"""A variable of the environment that all processes of a command inherit, wherever they put themselves."""
VARYING = {"fetched_at", "posted", "left_out_at"}
"""Columns that depend on the moment of fetching."""


@pytest.fixture(autouse=True)
def nothing_ignored() -> Iterator[None]:
    """Let commands start as from a shell: who ignores a signal, as `nohup` does, passes that on."""
    before = {number: signal.getsignal(number) for number in SIGNALS[1:]}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@dataclass
class Started:
    """A command that was started in a process group of its own, and what it says."""

    folder: Path
    command: str
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.mark = f"{self.folder.name}-{time.monotonic_ns()}"
        self.said = self.folder.with_name(f"{self.mark}.txt")
        settings = {MARK: self.mark, "PYTHONUNBUFFERED": "1", "SCRAPY_SETTINGS_MODULE": "crawler.settings"}
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                COMMANDS[self.command],
                cwd=self.folder,
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )

    def processes(self) -> list[psutil.Process]:
        """Return all that this command has started and that still run, itself included."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def send(self, number: signal.Signals, target: str) -> None:
        """Send a signal; to the command itself where it has no child that crawls."""
        if target == "group":
            return os.killpg(self.process.pid, number)
        children = [one for one in self.processes() if "crawler.run" in one.cmdline()]
        with suppress(psutil.NoSuchProcess):
            (children[0] if children and target == "child" else self.process).send_signal(number)

    def assert_gone(self, stopped: float) -> None:
        """Wait until nothing runs any more, for as long as a wind-down may take."""
        while left := self.processes():
            with suppress(psutil.Error):
                names = [" ".join(process.cmdline()) for process in left]
            assert time.monotonic() - stopped < WIND_DOWN_SECONDS + 5, names
            time.sleep(0.05)


def content(folder: Path) -> list[str]:
    """Return the rows of the crawl's tables, sorted, without what depends on the moment of fetching."""
    rows = []
    for path in shards(folder / "data/demo/crawl"):
        for row in pq.read_table(path).to_pylist():
            plain = {name: value for name, value in row.items() if name not in VARYING}
            for boke in plain.get("bokes") or ():
                del boke["posted"]
            rows.append(repr(plain))
    return sorted(rows)


def shards(crawl: Path) -> list[Path]:
    """Return the crawl's shards that count: a kill may have left such as were merged into others."""
    return [path for table in ("pages", "images", "left_out") for path in shard_paths(crawl / table)]


def write_settings(folder: Path, delay: float) -> Path:
    """Write the settings of a small crawl that is mirrored."""
    folder.mkdir(exist_ok=True)
    small = {"delay": delay, "shard_rows": 3, "shard_seconds": 0.5, "mirror": f"file://{folder}/mirror"}
    write_config(folder / "pipelines.yaml", crawl=small)
    return folder


def completed(folder: Path, command: str, seed: str = "") -> tuple[float, list[str]]:
    """Let a command do all that is left, without a delay; return the seconds that took, and the rows."""
    started = Started(write_settings(folder, 0), command)
    assert started.process.wait(300) == 0, f"{seed}: {started.said.read_text()}"
    seconds = time.monotonic() - started.began
    started.assert_gone(time.monotonic())
    crawl = folder / "data/demo/crawl"
    assert [path.name for path in shards(crawl)] == [path.name for path in shards(folder / "mirror")], seed
    assert not list(crawl.rglob(".tmp-*")), seed
    return seconds, content(folder)


def assert_ended_so(started: Started, number: signal.Signals, target: str, where: str) -> None:
    status, said = started.process.returncode, started.said.read_text()
    if number == signal.SIGINT and "Fatal Python error: init_import_site" in said:
        return  # Python's own end of a Ctrl-C so early that no program of ours ran yet: with 1
    is_told = target == "child" and number == signal.SIGKILL  # a message says what became of the child
    wanted = {1, -number} if is_told else {128 + number, -number}  # the latter while Python still starts
    assert status in wanted, f"{where}: {status} {said}"
    if status != -signal.SIGINT:  # Python's own traceback, where no program of ours ran yet
        assert "Traceback" not in said, f"{where}: {said}"


def stopped_once(folder: Path, command: str, moment: float, moments: random.Random, seed: str) -> Started:
    started = Started(folder, command)
    with suppress(subprocess.TimeoutExpired):
        started.process.wait(moment)
    kind, target = moments.choice(SIGNALS), moments.choice(TARGETS)
    where = f"{seed}, {kind.name} to {target} after {moment:.3f} s of {command}"
    assert started.process.poll() is None, f"{where}: it had ended: {started.said.read_text()}"
    started.send(kind, target)
    stopped = time.monotonic()
    try:
        started.process.wait(WIND_DOWN_SECONDS + 15)  # a crawl that went on would take longer
    except subprocess.TimeoutExpired:
        os.killpg(started.process.pid, signal.SIGKILL)
        started.process.wait()
        pytest.fail(f"{where}: it goes on: {started.said.read_text()}")
    assert_ended_so(started, kind, target, where)
    if moments.random() < 0.5:  # else the next one is started while this one may still wind down
        started.assert_gone(stopped)
    return started


def disturb(command: str, wanted: int, tmp_path: Path) -> None:
    """Stop a command at `wanted` moments, each time going on from there; then let it do the rest.

    The crawls that are stopped have so long a delay that one that went on would be seen.
    """
    number = os.environ.get("BOKERU_SEED") or str(random.randrange(10**6))
    moments, seed = random.Random(number), f"BOKERU_SEED={number}"
    print(seed)
    span, undisturbed = completed(tmp_path / "undisturbed", command)
    per_folder = 10
    for first in range(0, wanted, per_folder):
        folder = tmp_path / str(first)
        stopped = []
        for _ in range(first, min(first + per_folder, wanted)):
            write_settings(folder, 2.0)
            stopped.append(stopped_once(folder, command, moments.uniform(0.05, span), moments, seed))
        _, rows = completed(folder, command, seed)
        assert rows == undisturbed, seed
        for one in stopped:
            assert not one.processes(), seed


def test_a_crawl_that_is_stopped_at_any_moment_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    disturb("crawl", 10, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("command", "stops"), [("crawl", 40), ("scrapy", 20), ("run", 20)])
def test_any_command_that_crawls_is_stopped_at_any_moment(command: str, stops: int, tmp_path: Path) -> None:
    disturb(command, stops, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_crawl_whose_parent_ends_while_it_starts_does_not_crawl_alone(
    number: signal.Signals, tmp_path: Path
) -> None:
    started = Started(write_settings(tmp_path / "a", 5.0), "crawl")
    while not [one for one in started.processes() if "crawler.run" in one.cmdline()]:
        assert started.process.poll() is None
        time.sleep(0.01)
    time.sleep(0.3)
    started.send(number, "parent")
    stopped = time.monotonic()
    started.process.wait(WIND_DOWN_SECONDS)
    started.assert_gone(stopped)
