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
SPIDERMON_MIN_ITEMS = 1000
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


def test_a_suite_runs_when_the_spider_closes_and_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(PROJECT)
    with running(4, 2, 1) as site:
        write_config(tmp_path / "pipelines.yaml", crawl={"site": site})
        command = ("crawl", "bokete", "-a", "pipeline=demo", "-L", "INFO")
        with start(tmp_path, *command, settings="theirs") as process:
            output, errors = process.communicate(timeout=100)
    assert (process.returncode, "their monitor has looked" in output) == (0, True), errors
    assert "4 monitors in" in errors
    assert "FAILED (failures=1)" in errors, "of which the others hold"
    assert "Expecting 'item_scraped_count' to be '>=' to '1000.0'" in errors
