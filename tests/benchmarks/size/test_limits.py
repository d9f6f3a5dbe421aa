"""The limits of size: every command has some, and what breaks one is named with value, limit and reason."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from benchmarks.size import commands, pages
from benchmarks.size.limits import COMMANDS, SERVED, Row
from benchmarks.size.measuring import Cost, measured
from benchmarks.size.report import Run, growth, judged, table
from benchmarks.size.yardsticks import MEANINGS
from commands.main import parser
from web.app import create

YARDSTICKS = dict.fromkeys(MEANINGS, 1.0)
START = Cost(1.0, 0.5, 50_000_000)


def run(costs: Mapping[str, Cost], photos: int = 1000) -> Run:
    return Run(photos, 16_384 * photos, {"start": START, **costs}, YARDSTICKS)


def missed(full: Run, tenth: Run | None = None) -> dict[str, tuple[str, ...]]:
    return {line.name: line.missed for line in judged(full, tenth) if line.missed}


def test_every_command_has_a_row() -> None:
    [actions] = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    rows = {row.line.split()[0] for row in COMMANDS}
    assert rows | set(SERVED) == set(actions.choices), "a row in benchmarks/size/limits.py for each command"


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_a_rows_line_is_one_that_bokeru_takes(row: Row) -> None:
    assert row.of in MEANINGS
    parser().parse_args(commands.line(row, commands.values(Path("made"))))


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in COMMANDS}) == len(COMMANDS)


def test_every_kind_of_page_is_asked_for(tmp_path: Path) -> None:
    asked = [path.split("?")[0] for path in (pages.PAGES | pages.POSTED).values()]
    found = routes(create(tmp_path, "size"))
    assert len(found) > 40
    for path in found:
        shown = path.replace("{pipeline}", "size")
        assert shown in asked or shown.partition("/size/")[2] in UNASKED or shown == "/api", path


ANSWERS = (
    *("status", "listing", "comparison", "diff", "history"),
    *("inspection/{stage}", "why", "contains", "find"),
)
OF_RUNS = ("runs/{run}", "runs/{run}/progress", "runs/{run}/evaluation", "runs/{run}/inspection")
OF_CONTESTS = ("contests", "contests/{name}", "judge/{name}", "judge/{name}/photos/{pair}.jpg")
UNASKED = {
    *ANSWERS,  # what commands print: their rows are among COMMANDS
    *OF_RUNS,  # a run's name differs
    *OF_CONTESTS,  # the pipeline has none
    *("photos/{sha256}/neighbours", "photos/{sha256}/rows"),  # the API is asked for the same
    *("map/photos.jpg", "map/atlas.parquet"),  # files of the map that has been made
}
"""Kinds of page below a pipeline's address, or that of its API, that are not measured, and why."""


def routes(app: FastAPI) -> list[str]:
    """Return the paths of all routes: the app holds routers, and these the routes."""
    routers = [route.original_router for route in app.routes if hasattr(route, "original_router")]
    return [route.path for router in routers for route in router.routes if isinstance(route, APIRoute)]


def test_what_is_within_its_limits_is_not_named() -> None:
    costs = {row.name: Cost(1.0, 1.0, 10**8, row.status) for row in COMMANDS}
    costs |= {"photo: first": Cost(1.0), "photo: later": Cost(0.1), "web": Cost(1.0, 0, 10**9)}
    assert missed(run(costs), run(costs, 100)) == {}


@pytest.mark.parametrize(
    ("name", "cost", "said"),
    [
        ("train", Cost(8.0, 8.0, 10**8), "took 8.00 s, 7.00 are allowed"),  # 4 gemm and 3 starts of 1 s
        (
            "train",
            Cost(1.0, 1.0, 1_030_000_000),
            "1.03 GB in memory, 1.02 are allowed",
        ),  # 1 GB and 1.5 × 16 MB
        ("train", Cost(1.0, 1.0, 10**8, 1, "no room"), "ended with 1, not 0: 'no room'"),
        ("photo: first", Cost(3.1), "took 3.10 s, 3.00 are allowed"),
        ("photo: later", Cost(0.4), "took 0.40 s, 0.30 are allowed"),
        ("web", Cost(1.0, 0, 2 * 10**9), "2.00 GB in memory, 1.52 are allowed"),
        ("web", Cost(8.1, 0, 10**9), "took 8.10 s, 8.00 are allowed"),
        ("index and vectors", Cost(13.1, 13.1), "took 13.10 s, 13.00 are allowed"),
    ],
)
def test_what_breaks_a_limit_is_named(name: str, cost: Cost, said: str) -> None:
    found = missed(run({name: cost}))
    assert said in found[name][0]
    assert said in table(judged(run({name: cost}), None))


def test_time_that_other_work_took_does_not_count() -> None:
    assert missed(run({"train": Cost(60.0, 4.0, 10**8)})) == {}


def test_growth_out_of_proportion_is_named() -> None:
    small, even = run({"verify": Cost(2.5, 2.5, 300_000_000)}, 100), Cost(25, 20.5, 2_550_000_000)
    assert list(growth("verify", run({"verify": even}), small)) == []
    # Beyond the start: from 2 s to 27, from 0.25 GB to 3.3, for ten times the photos.
    steep = run({"verify": Cost(30, 27.5, 3_350_000_000)})
    time, memory = growth("verify", steep, small)
    assert "processor time grew 13.5 times, from 2.00 to 27.00 s" in time
    assert "memory grew 13.2 times, from 0.25 to 3.30 GB" in memory


def test_work_that_does_not_grow_with_the_photos_alone_has_a_measure_of_its_own() -> None:
    small = run({name: Cost(2.5, 2.5, 300_000_000) for name in ("train", "leaks")}, 100)
    # Twenty times the multiplications: the vocabulary grows with the captions. Beyond the start: 2 s.
    full = Run(1000, 1, run({"train": Cost(0, 52.4)}).costs, {**YARDSTICKS, "gemm": 20.0})
    assert list(growth("train", full, small)) == []
    [said] = growth("train", full._replace(costs={"start": START, "train": Cost(0, 52.6)}), small)
    assert said.startswith("processor time grew 26.1 times")
    assert said.endswith("26 are allowed")
    # Each of a hundred times as many pairs.
    assert list(growth("leaks", run({"leaks": Cost(0, 250.0)}), small)) == []
    assert len(list(growth("leaks", run({"leaks": Cost(0, 270.0)}), small))) == 1


def test_a_command_is_measured_with_all_that_it_starts(tmp_path: Path) -> None:
    work = "x = bytearray(60_000_000)\nimport time\nwhile time.process_time() < 0.2: 0"
    child = f"subprocess.call([sys.executable, '-c', {work!r}])"
    code = f"import subprocess, sys; x = bytearray(60_000_000); sys.exit({child} + 3)"
    cost = measured([sys.executable, "-c", code], tmp_path / "log", {})
    assert cost.status == 3
    assert 0.2 < cost.processor < 2
    assert cost.memory > 120_000_000
    assert cost.seconds > 0.2


@pytest.mark.long
def test_growth_at_a_tenth_of_the_size(tmp_path: Path) -> None:
    """Stages on 10,000 photos: no more than 1.3 times what ten times 1,000 photos take."""
    stages = [row.name for row in COMMANDS if row.is_stage]
    command = [
        sys.executable,
        "-m",
        "benchmarks.size",
        "--photos",
        "10000",
        "--growth",
        "--directory",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, "--rows", *stages],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "dataset" in done.stdout
