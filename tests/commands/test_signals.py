"""SIGHUP, SIGINT and SIGTERM in the midst of each command: one line, its status, nothing lost, no traceback.

Signals go to the whole process group, as a terminal and a supervisor send them.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.commands.commandline import BOKERU, run, scrapy, send, start, write_config
from tests.crawl_tables import crawl as write_crawl
from tests.crawl_tables import rows

HANG_UP, INTERRUPT, TERMINATE = signal.SIGHUP, signal.SIGINT, signal.SIGTERM


@pytest.fixture(autouse=True)
def nothing_ignored() -> Iterator[None]:
    """Let commands start as from a shell: who ignores a signal, as `nohup` does, passes that on."""
    before = {number: signal.getsignal(number) for number in (HANG_UP, INTERRUPT, TERMINATE)}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def wait_for(condition: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def assert_wound_down(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    errors = send(process, number)
    assert process.returncode == 128 + number, errors
    assert "Traceback" not in errors
    (line,) = (line for line in errors.splitlines() if line.startswith("bokeru: "))
    assert line.startswith(f"bokeru: stopped ({number.name}). Nothing that was whole is lost")


LONG = pytest.mark.long  # what each signal does is tried on other commands below


@pytest.mark.parametrize(
    "number", [pytest.param(HANG_UP, marks=LONG), INTERRUPT, pytest.param(TERMINATE, marks=LONG)]
)
def test_a_crawl_commits_what_it_has_and_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    slow = {"delay": 0.15, "shard_rows": 2, "shard_seconds": 600, "max_photos": 6}
    write_config(tmp_path / "pipelines.yaml", crawl=slow)
    pages = tmp_path / "data/demo/crawl/pages"
    process = start(tmp_path, "crawl", "--pipeline", "demo")
    wait_for(lambda: any(pages.glob("*.parquet")), process)
    assert_wound_down(process, number)
    kept = {(row["url"], row["fetched_at"]) for row in rows(pages.parent, "pages")}
    assert not list(pages.glob(".tmp-*"))
    crawl = pages.parent
    assert json.loads((crawl / "report.json").read_text())["exit_status"] == 128 + number
    assert pq.read_table(crawl / "history.parquet")["status"].to_pylist() == [128 + number]
    assert (
        f'bokeru_crawl_exit_status{{pipeline="demo"}} {128 + number}\n'
        in (crawl / "metrics.prom").read_text()
    )
    if number == INTERRUPT:
        result = run(tmp_path, "crawl", "--pipeline", "demo", "--set", "crawl.delay=0")
        assert result.returncode == 0, result.stderr
        # Not the same files: the second crawl merges small ones.
        assert kept < {(row["url"], row["fetched_at"]) for row in rows(pages.parent, "pages")}


@pytest.mark.parametrize("is_starting", [True, False], ids=["starting", "running"])
def test_a_signal_to_the_crawl_s_process_alone_ends_the_command(is_starting: bool, tmp_path: Path) -> None:
    write_config(tmp_path / "pipelines.yaml", crawl={"delay": 0.15, "shard_rows": 2, "shard_seconds": 600})
    process = start(tmp_path, "crawl", "--pipeline", "demo")
    wait_for(lambda: crawlers(process), process)
    if not is_starting:
        wait_for(lambda: any((tmp_path / "data/demo/crawl/pages").glob("*.parquet")), process)
    (crawler,) = crawlers(process)
    os.kill(crawler, TERMINATE)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 143, errors
    assert "Traceback" not in errors
    assert "bokeru: stopped (SIGTERM). Nothing that was whole is lost" in errors


def crawlers(process: "subprocess.Popen[str]") -> list[int]:
    """Return the crawl's processes that a command has started so far."""
    command = ["pgrep", "--parent", str(process.pid), "--full", "crawler.run"]
    return [int(word) for word in subprocess.run(command, capture_output=True, text=True).stdout.split()]


@pytest.mark.long
def test_scrapy_stops_as_bokeru_does(tmp_path: Path) -> None:
    write_config(tmp_path / "pipelines.yaml", crawl={"delay": 0.15, "shard_rows": 2, "shard_seconds": 600})
    process = scrapy(tmp_path, "pipeline=demo")
    wait_for(lambda: any((tmp_path / "data/demo/crawl/pages").glob("*.parquet")), process)
    assert_wound_down(process, INTERRUPT)


@pytest.mark.long
def test_the_demo_stops_with_all_that_it_started(tmp_path: Path) -> None:
    write_config(tmp_path / "pipelines.yaml", crawl={"delay": 0.15, "shard_rows": 2})
    process = start(tmp_path, "demo")
    wait_for(lambda: any((tmp_path / "data/demo/crawl/pages").glob("*.parquet")), process)
    assert_wound_down(process, INTERRUPT)


@pytest.mark.long
def test_the_stages_behind_the_crawl_stop_and_go_on(tmp_path: Path) -> None:
    write_config(tmp_path / "pipelines.yaml", train={"epochs": 10_000})
    write_crawl(tmp_path / "data/demo/crawl", photos=300, captions=30)
    pipeline = tmp_path / "data/demo"
    process = start(tmp_path, "dataset", "--pipeline", "demo")
    wait_for(lambda: any(pipeline.glob(".dataset.new-*")), process)
    assert_wound_down(process, HANG_UP)
    assert not (pipeline / "dataset").exists()
    assert not list(pipeline.glob(".dataset.new-*"))
    result = run(tmp_path, "dataset", "--pipeline", "demo")
    assert result.returncode == 0, result.stderr
    process = start(tmp_path, "features", "--pipeline", "demo")
    assert process.stdout
    assert process.stdout.readline().startswith("features: ")
    assert_wound_down(process, TERMINATE)
    assert run(tmp_path, "features", "--pipeline", "demo").returncode == 0
    process = start(tmp_path, "train", "--pipeline", "demo")
    wait_for(lambda: any((pipeline / "runs").glob("*/log.jsonl")), process)
    assert_wound_down(process, INTERRUPT)
    assert run(tmp_path, "verify", "data").returncode == 0


@pytest.mark.parametrize(
    ("command", "number"),
    [
        (["site"], INTERRUPT),
        (["web", "--pipeline", "demo"], HANG_UP),
        (["web", "--pipeline", "demo"], TERMINATE),
    ],
    ids=["site", "web-hung-up", "web"],
)
def test_a_server_closes(command: list[str], number: signal.Signals, tmp_path: Path) -> None:
    write_config(tmp_path / "pipelines.yaml")
    process = start(tmp_path, *command, "--port", "0")
    assert process.stdout
    assert "http://127.0.0.1:" in process.stdout.readline()
    assert_wound_down(process, number)


def test_what_was_started_to_ignore_a_hang_up_goes_on(tmp_path: Path) -> None:
    write_config(tmp_path / "pipelines.yaml")
    command = ["sh", "-c", "trap '' HUP; exec \"$0\" site --port 0", BOKERU]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, process_group=0) as process:
        assert process.stdout
        assert "http://127.0.0.1:" in process.stdout.readline()
        os.killpg(process.pid, HANG_UP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        assert_wound_down(process, TERMINATE)
