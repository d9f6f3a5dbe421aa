"""The history's file: what is usual, accepted, damaged, of other settings, and how long runs are compared."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from commands.main import main
from crawler.history.accept import accept
from crawler.history.history import History, load_history, scope, usual_runs
from crawler.history.show import show
from crawler.job import Job
from crawler.options import CrawlOptions
from store.errors import Unexpected, UserError
from store.processes.lock import locked
from store.register.crawl_runs import NAME
from store.register.small_table import write_rows
from store.schema import FIGURES, HISTORY
from tests.commands.commandline import write_config
from tests.crawler.history.test_deviation import page

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(CrawlOptions(), tmp_path / "demo" / "crawl", pipeline="demo")


def run(job: Job, number: int, bokes: float = 8.0, **changes: Any) -> dict[str, Any]:
    """Return a run of 300 pages with so many boke on each, a day after the one before."""
    started = BEGAN + timedelta(days=number)
    figures = {column.name: bokes if column.name == "bokes_per_odai" else None for column in FIGURES}
    stretches = [{"pages": pages, **figures} for pages in (100, 100, 100)]
    known = {"started": started, "ended": started + timedelta(hours=1), "status": 0, "scope": scope(job)}
    counts = {"pages": {"ok": 300}, "photos": {}, "bokes": 2400, "bytes": 10**7, "accepted": False}
    return {**dict.fromkeys(HISTORY.names), **known, **counts, **figures, "stretches": stretches, **changes}


def write(job: Job, *runs: dict[str, Any]) -> None:
    write_rows(job.directory / NAME, HISTORY, runs)


def added(job: Job, *bokes: int) -> Unexpected | None:
    """Return the alarm that pages with so many boke raise, one after another."""
    history = History(job)
    for count in bokes:
        if failure := history.add(page(count)):
            return failure
    return history.end()


def test_the_alarm_comes_with_the_end_of_a_stretch_or_of_the_run(job: Job) -> None:
    write(job, *(run(job, number) for number in range(3)))
    assert added(job, *[8] * 100) is None
    assert added(job, *[4] * 99) is not None, "the last stretch has at least fifty pages"
    assert added(job, *[4] * 49) is None
    assert added(job, *[8] * 100, *[4] * 100) is not None, "a site may change while a crawl runs"
    assert added(job, *[8] * 300, *[4] * 100) is None, "as far no earlier run came"


def test_the_message_names_the_figure_and_what_to_do(job: Job) -> None:
    write(job, *(run(job, number) for number in range(3)))
    message = str(added(job, *[4] * 100))
    assert "boke a page of an odai: 4.00 on 100 pages, where the median of 3 earlier runs is 8.00" in message
    assert f"bokeru history --pipeline demo --data {job.directory.parents[1]} --accept" in message


def test_two_hundred_runs_and_a_first_one_without_any(job: Job) -> None:
    assert added(job, *[4] * 100) is None
    write(job, *(run(job, number, 8 + number % 3 / 10) for number in range(200)))
    assert added(job, *[8] * 100) is None
    assert added(job, *[4] * 100) is not None


def test_what_is_usual_begins_with_what_was_accepted(job: Job) -> None:
    before = [run(job, number) for number in range(3)]
    after = [run(job, number, 4.0) for number in range(4, 6)]
    alarm = run(job, 3, 4.0, status=5, alarm="boke a page of an odai: 4.00")
    write(job, *before, alarm)
    assert added(job, *[4] * 100) is not None
    found = accept(job)
    assert found is not None
    assert found["started"] == alarm["started"]
    assert accept(job) is None
    assert added(job, *[4] * 100) is None
    write(job, *load_history(job), *after)
    assert added(job, *[8] * 100) is not None, "the old state is unusual now"


def test_failed_runs_and_runs_of_other_settings_are_not_usual(job: Job) -> None:
    kept = [run(job, n, status=status) for n, status in enumerate((0, 1, 3, 6, 129, 130, 143))]
    others = [run(job, 9, status=5), run(job, 10, status=4), run(job, 11, scope="00000000")]
    assert usual_runs([*kept, *others], scope(job)) == kept


def test_the_scope_is_what_says_which_pages_are_fetched(job: Job) -> None:
    same = CrawlOptions(max_pages=7, delay=9.0, contact="me@example.org", mirror="file:///elsewhere")
    assert scope(Job(same, job.directory)) == scope(job)
    for other in (
        CrawlOptions(min_stars=9),
        CrawlOptions(order="oldest"),
        CrawlOptions(start=("/boke/hot",)),
    ):
        assert scope(Job(other, job.directory)) != scope(job)


def test_an_alarm_that_a_later_run_outlived_is_none(job: Job) -> None:
    write(job, run(job, 0), run(job, 1, status=5, alarm="half"), run(job, 2))
    assert accept(job) is None
    write(job, run(job, 0), run(job, 1, status=5, alarm="half"), run(job, 2, status=1, failure="no answer"))
    assert accept(job) is not None


def test_nothing_is_accepted_while_a_crawl_runs(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.processes.lock.PATIENCE", 0.1)
    write(job, run(job, 0, alarm="half"))
    with locked(job.directory / ".lock", "is crawling"), pytest.raises(UserError, match="is crawling"):
        accept(job)


def test_a_terminal_gets_the_newest_last_and_a_bar_a_run(job: Job) -> None:
    runs = [run(job, n) for n in range(199)]
    runs.append(run(job, 199, 4.0, status=5, alarm="half", failure="half\x1b[31m"))
    console = Console(file=StringIO(), width=80)
    show(runs, 3, console)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line[:8] for line in lines[1:4]] == ["26-07-17", "26-07-18", "26-07-19"]
    assert "The 3 newest of 200 runs" in "\n".join(lines)
    (chart,) = (line for line in lines if line.startswith("boke a page of an odai"))
    assert chart.count("█") == 59
    assert chart.endswith("▅  4.00 (median before: 8.00)")
    assert lines[-1] == "2026-07-19 00:00 alarm: half"
    assert max(len(line) for line in lines if "█" not in line) <= 80


def test_a_run_without_anything_is_shown(job: Job) -> None:
    empty = {**dict.fromkeys(HISTORY.names), "started": BEGAN}
    console = Console(file=StringIO(), width=80)
    show([empty], 20, console)
    assert "26-01-01 00:00    ?    ?" in console.file.getvalue()  # type: ignore[attr-defined]


def called(job: Job, *words: str) -> int:
    config = write_config(job.directory.parents[1] / "pipelines.yaml")
    data = str(job.directory.parents[1])
    return main(["history", "--pipeline", "demo", "--config", str(config), "--data", data, *words])


def test_a_crawl_of_0_1_has_no_history_and_no_crawl_has_none(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(job) == 1
    assert "bokeru crawl" in capsys.readouterr().err
    job.directory.mkdir(parents=True)
    assert called(job) == called(job, "--accept") == called(job, "--json") == 0
    assert capsys.readouterr().out.splitlines() == [
        "history: no run yet; it begins with the next crawl, since 0.1 kept none",
        "history: no alarm",
        "[]",
    ]


def test_a_damaged_history_ends_the_command_with_5(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    write(job, run(job, 0))
    path = job.directory / NAME
    path.write_bytes(path.read_bytes()[:-20])
    assert called(job) == called(job, "--accept") == called(job, "--json") == 5
    assert capsys.readouterr().err.count("history.parquet is damaged") == 3
