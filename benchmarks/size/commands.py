"""Runs every command of `bokeru` on a prepared pipeline, in the order of the table of limits."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.size.limits import COMMANDS, Row
from benchmarks.size.make import NAME
from benchmarks.size.measuring import Cost, measured
from benchmarks.size.prepare import Prepared
from benchmarks.size.yardsticks import yardsticks
from store.place import CONFIG
from tests.hub import TOKEN, serving

BOKERU = (sys.executable, "-m", "commands.main")
_ROOT = Path(__file__).resolve().parents[2]
_NO_PROXY = "http://127.0.0.1:9"
"""Nothing listens there: a command that asks the network is told at once that there is none."""
_SMALL = "crawl.embedded.photos=60 train.epochs=2"
_PAGE = "tests/crawler/pages/angular_2020.html"


def values(folder: Path, boke: int = 1, odai: int = 1) -> dict[str, str]:
    """Return what stands for the names in braces of a command line."""
    places = f"--config {folder}/{CONFIG} --data {folder}/data"
    return {
        "place": f"--pipeline {NAME} {places}",
        "places": places,
        "data": f"{folder}/data",
        "pipeline": f"{folder}/data/{NAME}",
        "few": f"--pipeline few {places} --set features.precision=float16",
        "demo": f"--config {_ROOT}/{CONFIG} --data {folder}/demo --set {_SMALL}",
        "out": f"{folder}/out",
        "photo": f"{folder}/photo.jpg",
        "can": f"{folder}/can",
        "page": f"{_ROOT}/{_PAGE}",
        "boke": str(boke),
        "odai": str(odai),
    }


def line(row: Row, names: dict[str, str]) -> list[str]:
    """Return what follows `bokeru` for a row; no folder has a blank in its name."""
    return row.line.format(**names).split()


def run(prepared: Prepared, rows: tuple[Row, ...] = COMMANDS) -> tuple[dict[str, Cost], dict[str, float]]:
    """Return the cost of each row by name, and the yardsticks' seconds."""
    folder = prepared.folder
    names, logs = values(folder, prepared.boke, prepared.odai), folder / "logs"
    for made in (logs, folder / "out"):
        made.mkdir()
    costs: dict[str, Cost] = {}
    with _environment() as environment:

        def cost(name: str, words: list[str]) -> Cost:
            found = measured([*BOKERU, *words], logs / f"{name.replace(' ', '_')}.log", environment)
            print(f"{prepared.photos:,} photos, {name}: {found}", file=sys.stderr, flush=True)
            return found

        starts = [cost("start", ["settings", *names["place"].split()]) for _ in range(3)]
        costs["start"] = min(starts, key=lambda start: start.processor)
        measures = {"start": costs["start"].time}
        for row in rows:
            if row.name == "features, few":
                cost("dataset, few", ["dataset", *f"--pipeline few {names['places']}".split()])
            costs[row.name] = cost(row.name, line(row, names))
            if row.name == "dataset":
                measures |= yardsticks(folder)
        # A machine is not always as quick: what was measured first may have met a better minute.
        again = yardsticks(folder)
    return costs, {name: max(value, again.get(name, 0.0)) for name, value in measures.items()}


@contextmanager
def _environment() -> Iterator[dict[str, str]]:
    """Yield what commands are told of the world outside: a Hub on loopback, and no way further."""
    with serving() as hub:
        yield {
            "HF_ENDPOINT": hub.endpoint,
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_XET": "1",
            "http_proxy": _NO_PROXY,
            "https_proxy": _NO_PROXY,
            "no_proxy": "127.0.0.1,localhost",
            "PYTHONPATH": str(_ROOT),
        }
