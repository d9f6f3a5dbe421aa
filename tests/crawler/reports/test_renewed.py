"""report.json and metrics.prom while a crawl runs, and at each kind of end."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.options import CrawlOptions, EmbeddedSite
from demo.site import running
from store.errors import SiteRefuses
from tests.crawler.stage import crawl

PHOTOS, CAPTIONS, SEED = 12, 3, 5
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0.02,
    pause=0.01,
    patience=2,
    report_seconds=0.05,
)


class Watcher(threading.Thread):
    """Reads both files again and again, as a person or node_exporter does; both must be whole each time."""

    def __init__(self, directory: Path) -> None:
        super().__init__(daemon=True)
        self.directory, self.over = directory, threading.Event()
        self.reports: list[dict[str, Any]] = []
        self.names: set[str] = set()
        self.errors: list[Exception] = []

    def run(self) -> None:
        while not self.over.wait(0.01):
            try:
                self.reports.append(json.loads((self.directory / "report.json").read_text()))
                for path in self.directory.iterdir():
                    if path.name.endswith(".prom"):  # as node_exporter finds them, whatever they begin with
                        list(text_string_to_metric_families(path.read_text()))
                        self.names.add(path.name)
            except FileNotFoundError:
                continue
            except Exception as error:
                self.errors.append(error)


def test_both_are_renewed_while_it_runs_and_whole_whenever_they_are_read(site: str, tmp_path: Path) -> None:
    watcher = Watcher(tmp_path)
    watcher.start()
    report = crawl(OPTIONS, tmp_path, address=site, pipeline="demo")
    watcher.over.set()
    watcher.join()
    assert watcher.errors == []
    assert watcher.names == {"metrics.prom"}
    seen = [one["new_pages"].get("ok", 0) for one in watcher.reports if one["state"] == "running"]
    assert len(set(seen)) >= 3
    assert seen == sorted(seen)
    last = json.loads((tmp_path / "report.json").read_text())
    assert (last["state"], last["exit_status"], last["failure"]) == ("done", 0, None)
    assert last["bokes"] == report.bokes == PHOTOS * CAPTIONS
    assert last["answers"]["photos"]["statuses"] == {"200": PHOTOS}
    assert last["answers"]["photos"]["bytes"] > 1000 * PHOTOS
    assert 0 < last["answers"]["pages"]["seconds"]["p50"] <= last["answers"]["pages"]["seconds"]["max"] < 60
    assert last["answers"]["rules"]["statuses"]["200"] >= 2
    assert f"({sum(report.new_pages.values()) * 60 / report.seconds:,.0f} pages a minute, " in str(report)


def test_a_crawl_that_is_refused_says_so_in_both(tmp_path: Path) -> None:
    with running(PHOTOS, 1, SEED, faults=["blocked-429"]) as address, pytest.raises(SiteRefuses) as refused:
        crawl(OPTIONS, tmp_path, address=address, pipeline="demo")
    last = json.loads((tmp_path / "report.json").read_text())
    assert (last["state"], last["exit_status"], last["failure"]) == ("failed", 4, str(refused.value))
    assert 'bokeru_crawl_exit_status{pipeline="demo"} 4\n' in (tmp_path / "metrics.prom").read_text()


@pytest.mark.long
def test_what_cannot_be_renewed_stops_nothing_and_is_told_once(
    site: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "metrics.prom").mkdir()
    few = OPTIONS.model_copy(update={"max_pages": 2})
    report = crawl(few, tmp_path, address=site, pipeline="demo")
    assert report.exit_status == 0
    assert (tmp_path / "metrics.prom").is_dir()
    assert capfd.readouterr().err.count("metrics.prom cannot be renewed: Is a directory") == 1
