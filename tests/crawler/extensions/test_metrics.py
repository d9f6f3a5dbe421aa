"""What is counted in Scrapy's statistics while a crawl runs."""

from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from crawler.components.session import Session
from crawler.extensions.metrics import Metrics
from crawler.items import LeftOutRow, PageRow, PhotoRow
from crawler.job import Job
from crawler.options import CrawlOptions


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    crawler = get_crawler()
    crawler.stats = MemoryStatsCollector(crawler)
    return Metrics(crawler, Session(Job(CrawlOptions(), tmp_path)))


def answer(metrics: Metrics, status: int, size: int, seconds: float, **meta: Any) -> None:
    request = Request("http://bokete.test/odai/1", meta={"download_latency": seconds, **meta})
    metrics.response_downloaded(Response(request.url, status, body=b"x" * size), request)


def test_answers_are_counted_by_kind_status_and_bytes(metrics: Metrics) -> None:
    answer(metrics, 200, 500, 0.1)
    answer(metrics, 503, 20, 0.3, retry_times=1)
    answer(metrics, 200, 9000, 0.2, photo=True)
    answer(metrics, 404, 7, 0.01, robots=True)
    metrics.spider_closed()
    stats = metrics._stats.get_stats()
    assert {name: value for name, value in stats.items() if "latency" not in name} == {
        "bokeru/responses/pages/200": 1,
        "bokeru/responses/pages/503": 1,
        "bokeru/retries/pages": 1,
        "bokeru/responses/photos/200": 1,
        "bokeru/responses/rules/404": 1,
        "bokeru/bytes/pages": 520,
        "bokeru/bytes/photos": 9000,
        "bokeru/bytes/rules": 7,
    }
    assert stats["bokeru/latency/pages/max"] == 0.3
    assert 0.1 <= stats["bokeru/latency/pages/p90"] <= 0.3
    assert 0.15 <= stats["bokeru/latency/photos/p50"] <= 0.2


def test_rows_are_counted_by_outcome(metrics: Metrics) -> None:
    for outcome, bokes in (("ok", 2), ("ok", 1), ("drift", 0)):
        metrics.item_scraped(PageRow(outcome=outcome, bokes=[{}] * bokes))
    metrics.item_scraped(PhotoRow(outcome="missing"))
    metrics.item_scraped(LeftOutRow(table="images"))
    assert metrics._stats.get_stats() == {
        "bokeru/pages/ok": 2,
        "bokeru/pages/drift": 1,
        "bokeru/bokes": 3,
        "bokeru/photos/missing": 1,
        "bokeru/left_out/images": 1,
    }
