"""Somebody is told how crawls, features and training end: once, whatever the end, and at no cost to it."""

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.commands import commandline
from tests.crawler.answering import Answer, answering

NOTE = (
    "import json, os, pathlib, sys; "
    "pathlib.Path(sys.argv[1], f'{os.getpid()}.json').write_text(sys.stdin.read())"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notices").mkdir()
    return tmp_path


def config(folder: Path, crawl: dict[str, Any] | None = None, **notify: object) -> list[str]:
    """Return the arguments for a pipeline whose notices are files of the folder `notices`."""
    settings = {"command": [sys.executable, "-c", NOTE, str(folder / "notices")], **notify}
    path = commandline.write_config(folder / "c.yaml", crawl=crawl or {})
    path.write_text(path.read_text() + f"    notify: {json.dumps(settings)}\n")
    return ["--pipeline", "demo", "--config", str(path)]


def notices(folder: Path) -> list[dict[str, Any]]:
    """Return the notices that came, the oldest first."""
    paths = sorted((folder / "notices").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [json.loads(path.read_text()) for path in paths]


def await_report(folder: Path) -> None:
    """Wait until the crawl fetches."""
    until = time.monotonic() + 60
    while not (folder / "data/demo/crawl/report.json").exists() and time.monotonic() < until:
        time.sleep(0.05)


@pytest.mark.long
def test_each_stage_tells_once_and_again_only_once_there_was_something_to_do(folder: Path) -> None:
    arguments = config(folder)
    verbose = commandline.run(folder, "run", "-v", *arguments)
    assert verbose.returncode == 0
    assert " INFO crawler.memory.row_writer: committed " in verbose.stderr
    assert verbose.stderr.count(" INFO store.notify.notice: notice of end sent: ") == 3
    told = notices(folder)
    assert [(one["stage"], one["event"], one["status"]) for one in told] == [
        ("crawl", "end", 0),
        ("features", "end", 0),
        ("train", "end", 0),
    ]
    crawl, features, train = (one["report"] for one in told)
    assert crawl["photos"] == {"ok": 8}
    assert features["shards"] == 1
    assert train["epochs"] == 1
    assert "demo" in told[0]["command"]
    quiet = commandline.run(folder, "run", *arguments)
    assert quiet.returncode == 0
    assert " INFO " not in quiet.stderr
    assert len(notices(folder)) == 3, "all was up to date"
    assert commandline.run(folder, "sweep", *arguments, "--seeds", "2").returncode == 0
    *_, told_last = notices(folder)
    assert (len(notices(folder)), told_last["stage"], told_last["event"]) == (4, "sweep", "end")
    assert told_last["command"].endswith(" --seeds 2")


def test_a_failure_is_an_alarm_with_the_message_and_the_status_that_the_command_has(folder: Path) -> None:
    arguments = config(folder, {"site": "http://127.0.0.1:9", "start": ["/boke/recent"], "patience": 1})
    done = commandline.run(folder, "crawl", *arguments)
    (told,) = notices(folder)
    assert (told["event"], told["status"]) == ("alarm", 1)
    assert done.returncode == 1
    assert told["message"] in done.stderr
    assert told["report"]["failure"] == told["message"]


def test_settings_that_forbid_to_start_are_an_alarm_without_a_report(folder: Path) -> None:
    done = commandline.run(folder, "crawl", *config(folder, {"site": "https://bokete.jp"}))
    (told,) = notices(folder)
    assert (told["event"], told["status"], told["report"]) == ("alarm", 2, None)
    assert "crawl.contact is empty" in told["message"]
    assert done.returncode == 2


@pytest.mark.long
def test_a_long_pause_is_told_while_the_crawl_waits(folder: Path) -> None:
    with answering(lambda path, _: Answer("", 404 if path == "/robots.txt" else 429)) as site:
        crawl = {"site": site.address, "start": ["/boke/recent"], "pause": 0.3, "patience": 2}
        arguments = config(folder, crawl, pause_minutes=0.001)
        assert commandline.run(folder, "crawl", *arguments).returncode == 4
    pause, alarm = notices(folder)
    assert (pause["event"], pause["status"]) == ("pause", None)
    assert "is left alone for 0.005 minutes: it answers 429" in pause["message"]
    assert pause["report"]["state"] == "running"
    assert (alarm["event"], alarm["status"]) == ("alarm", 4)


@pytest.mark.long
def test_a_signal_is_an_end_and_no_alarm(folder: Path) -> None:
    arguments = config(folder, {"delay": 0.3, "concurrency": 1})
    process = commandline.start(folder, "crawl", *arguments)
    await_report(folder)
    commandline.send(process, signal.SIGTERM)
    (told,) = notices(folder)
    assert (told["event"], told["status"]) == ("end", 143)
    assert process.returncode == 143
    assert told["report"]["state"] == "stopped"


@pytest.mark.long
def test_a_crawl_whose_process_is_killed_is_an_alarm_and_its_report_no_longer_runs(folder: Path) -> None:
    arguments = config(folder, {"delay": 0.3, "concurrency": 1})
    with commandline.start(folder, "crawl", *arguments) as process:
        await_report(folder)
        for child in psutil.Process(process.pid).children(recursive=True):
            if "crawler.run" in child.cmdline():
                child.kill()
        errors = process.communicate(timeout=60)[1]
    (told,) = notices(folder)
    assert (told["event"], told["status"], process.returncode) == ("alarm", 1, 1)
    assert "was killed (SIGKILL)" in errors
    assert (told["report"]["state"], told["report"]["exit_status"]) == ("failed", 1)
    assert told["report"]["failure"] == told["message"]


@pytest.mark.long
def test_a_notice_that_fails_changes_no_end_and_is_in_the_log(folder: Path) -> None:
    arguments = config(folder, command=["no-such-program-here"])
    done = commandline.run(folder, "crawl", *arguments)
    assert done.returncode == 0
    assert (
        "WARNING store.notify.notice: notice of end not sent: notify.command (no-such-program" in done.stderr
    )


@pytest.mark.long
def test_scrapy_crawl_tells_as_bokeru_crawl_does(folder: Path) -> None:
    config(folder)
    (folder / "c.yaml").rename(folder / "pipelines.yaml")
    with commandline.scrapy(folder, "pipeline=demo") as process:
        process.communicate(timeout=100)
    assert [(one["stage"], one["event"]) for one in notices(folder)] == [("crawl", "end")]
