"""docs/crawling.md names every field of a crawl's report and of a notice, and metrics that are written."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.reports.counts import Counts
from crawler.reports.exposition import exposition
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from store.errors import UserError
from store.notify.notice import Notice

TEXT = (Path(__file__).parents[2] / "docs" / "crawling.md").read_text()


def named(heading: str) -> set[str]:
    """Return what stands between backticks in the first column of the tables below a heading."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {
        name for line in re.findall(r"^\| (`.*?) \|", section, re.M) for name in re.findall(r"`(\w+)`", line)
    }


@pytest.mark.parametrize(("heading", "kind"), [("What to watch", CrawlReport), ("To be told", Notice)])
def test_every_field_is_explained(heading: str, kind: type[CrawlReport] | type[Notice]) -> None:
    assert {field.name for field in fields(kind)} - named(heading) == set()


def test_the_metrics_that_rules_use_are_written() -> None:
    counts, traffic = Counts(), Traffic()
    counts.new_pages["ok"] = 1
    traffic.latencies["pages"].add(1)
    report = CrawlReport.running(Job(CrawlOptions(), Path("crawl")), counts, traffic, 1, 0)
    written = exposition(report.ended(UserError("x")), traffic, "demo")
    used = set(re.findall(r"bokeru_crawl_\w+", TEXT))
    assert len(used) >= 6
    assert [name for name in used if f"\n{name}{{" not in written] == []
