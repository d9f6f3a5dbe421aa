"""Somebody's Spidermon suite on our spider, in a process of its own: it calls what Scrapy has deprecated.

The suite is written by Spidermon's documentation (https://spidermon.readthedocs.io, "Getting started" and
"Field coverage"), without a look at ours.
"""

from pathlib import Path

from demo.site import running
from tests.commands.commandline import write_config
from tests.commands.test_scrapy import start

PROJECT = """
from crawler.settings import *
from spidermon import Monitor, MonitorSuite, monitors
from spidermon.contrib.scrapy.monitors import FieldCoverageMonitor, FinishReasonMonitor, ItemCountMonitor

SPIDERMON_ENABLED = True
EXTENSIONS = {"spidermon.contrib.scrapy.extensions.Spidermon": 500}
SPIDERMON_SPIDER_CLOSE_MONITORS = ("theirs.Suite",)
SPIDERMON_MIN_ITEMS = MIN_ITEMS
SPIDERMON_ADD_FIELD_COVERAGE = True
SPIDERMON_FIELD_COVERAGE_RULES = {"PageRow/odai_id": 0.5, "PhotoRow/sha256": 1.0}


class Own(Monitor):
    @monitors.name("every photo is there")
    def test_photos(self):
        assert self.data.stats["bokeru/photos/ok"] == 4
        print("their monitor has looked")


class Suite(MonitorSuite):
    monitors = [ItemCountMonitor, FinishReasonMonitor, FieldCoverageMonitor, Own]
"""


def run(folder: Path, site: str, min_items: int) -> tuple[int, str, str]:
    folder.mkdir()
    (folder / "theirs.py").write_text(PROJECT.replace("MIN_ITEMS\n", f"{min_items}\n"))
    write_config(folder / "pipelines.yaml", crawl={"site": site})
    with start(folder, "crawl", "bokete", "-a", "pipeline=demo", "-L", "INFO", settings="theirs") as process:
        output, errors = process.communicate(timeout=100)
    return process.returncode, output, errors


def test_a_suite_runs_when_the_spider_closes_and_finds_what_is_wrong(tmp_path: Path) -> None:
    with running(4, 2, 1) as site:
        status, output, errors = run(tmp_path / "good", site, 5)
        assert (status, "their monitor has looked" in output) == (0, True), errors
        assert "FAILED (" not in errors
        assert "4 monitors in" in errors
        errors = run(tmp_path / "bad", site, 1000)[2]
        assert "Expecting 'item_scraped_count' to be '>=' to '1000.0'" in errors
        assert "FAILED (failures=1)" in errors
