"""The web app beside visitors who mean harm, at a small scale: `benchmarks.web` is the large one."""

import argparse
import asyncio
from pathlib import Path

import pytest

from benchmarks.web import MAX_MEMORY, besieged, served, visitors, wait_until_ready
from tests.web import small_pipeline


@pytest.mark.long
def test_hostile_visitors_take_neither_memory_nor_turns(tmp_path: Path) -> None:
    place = small_pipeline.make(tmp_path)
    arguments = argparse.Namespace(pipeline="demo", visitors=6, seconds=20.0, uploads=30, forgers=12)
    with served(place.data, "demo") as (address, process):
        wait_until_ready(address, "demo")
        alone = asyncio.run(visitors(address, "demo", 4, 4.0, 0.5))
        siege = asyncio.run(besieged(address, arguments, process, 0.5))
    assert set(alone.endings) == {200}
    # 30 photos of 11.9 MB are 357 MB, and there is room for 100.
    assert siege.uploads["open"] <= 8
    assert siege.memory < MAX_MEMORY
    assert siege.refused == 0, siege.figures
    assert siege.figures.seconds["captions"], list(siege.lines(alone))
    assert siege.forgers[200] > 3, "they are visitors, too"
    assert set(siege.forgers) <= {200, 503}
