"""metrics.prom, read back by Prometheus' own parser of the format."""

from math import inf
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.reports.counts import Counts, Pause
from crawler.reports.exposition import exposition
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from store.errors import SiteRefuses

STATS = {
    "bokeru/responses/pages/200": 3,
    "bokeru/responses/pages/503": 1,
    "bokeru/bytes/pages": 4321,
    "bokeru/retries/pages": 1,
    "downloader/exception_type_count/twisted.internet.error.TimeoutError": 2,
    "log_count/WARNING": 4,
}
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def traffic() -> Traffic:
    traffic = Traffic(STATS)
    for seconds in (0.1, 0.2, 0.2, 90.0):
        traffic.latencies["pages"].add(seconds)
    return traffic


@pytest.fixture
def report(traffic: Traffic) -> CrawlReport:
    counts = Counts()
    counts.pages.update(ok=10, error=1)
    counts.new_pages.update(ok=3)
    counts.new_bokes = 36
    counts.paused(Pause("2026-01-01T00:00:00+00:00", "bokete.jp", 60.5, "it answers 429"))
    return CrawlReport.running(Job(CrawlOptions(), Path("crawl")), counts, traffic, 60.0, 7)


def series(text: str) -> Series:
    """Return every sample, by name and labels other than the pipeline's, which it must have."""
    found: Series = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("pipeline") == "demo"
            key = sample.name, frozenset(labels.items())
            assert key not in found
            found[key] = sample.value
    return found


def test_every_figure_is_read_back_as_it_was_written(report: CrawlReport, traffic: Traffic) -> None:
    text = exposition(report, traffic, "demo")
    found = {name: value for (name, labels), value in series(text).items() if not labels}
    assert found["bokeru_crawl_running"] == 1
    assert found["bokeru_crawl_boke_total"] == 36
    assert found["bokeru_crawl_pause_seconds_total"] == 60.5
    assert found["bokeru_crawl_waiting_addresses"] == 7
    labelled = {(name, *sorted(labels)): value for (name, labels), value in series(text).items()}
    assert labelled["bokeru_crawl_rows", ("outcome", "ok"), ("table", "pages")] == 10
    assert labelled["bokeru_crawl_fetched_total", ("outcome", "ok"), ("table", "pages")] == 3
    assert labelled["bokeru_crawl_responses_total", ("kind", "pages"), ("status", "503")] == 1
    assert labelled["bokeru_crawl_response_bytes_total", ("kind", "pages")] == 4321
    assert labelled["bokeru_crawl_log_messages_total", ("level", "WARNING")] == 4
    assert "bokeru_crawl_exit_status" not in found


def test_the_histogram_is_one_to_prometheus(report: CrawlReport, traffic: Traffic) -> None:
    """Buckets rise to the last, +Inf, which is the count."""
    (family,) = (
        family
        for family in text_string_to_metric_families(exposition(report, traffic, "demo"))
        if family.type == "histogram"
    )
    assert family.name == "bokeru_crawl_response_latency_seconds"
    buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
    bounds = [float(sample.labels["le"]) for sample in buckets]
    assert bounds == sorted(bounds)
    assert bounds[-1] == inf
    values = [sample.value for sample in buckets]
    assert values == sorted(values)
    rest = {sample.name.rpartition("_")[2]: sample.value for sample in family.samples[-2:]}
    assert rest == {"sum": pytest.approx(90.5), "count": 4}
    assert values[-2:] == [3, 4]


def test_what_ended_says_how(report: CrawlReport, traffic: Traffic) -> None:
    ended = report.ended(SiteRefuses("no"))
    found = series(exposition(ended, traffic, "demo"))
    assert found["bokeru_crawl_exit_status", frozenset()] == 4
    assert found["bokeru_crawl_running", frozenset()] == 0
    assert found["bokeru_crawl_end_time_seconds", frozenset()] > 1.7e9


def test_labels_may_hold_anything(report: CrawlReport) -> None:
    hostile = 'a"b\\c\nbokeru_crawl_running{pipeline="demo"} 0\x1b'
    text = exposition(
        CrawlReport.running(
            Job(CrawlOptions(), Path("crawl")),
            Counts(),
            Traffic({f"downloader/exception_type_count/{hostile}": 1}),
            1,
            0,
        ),
        Traffic(),
        "demo",
    )
    assert series(text)["bokeru_crawl_exceptions_total", frozenset([("type", hostile)])] == 1
    assert series(text)["bokeru_crawl_running", frozenset()] == 1


def test_each_line_is_of_the_format(report: CrawlReport, traffic: Traffic) -> None:
    """HELP and TYPE once a family, right before its samples; line feeds at every line's end."""
    text = exposition(report, traffic, "demo")
    assert text.endswith("\n")
    assert "\n\n" not in text
    assert "\r" not in text
    helped = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP ")]
    typed = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert helped == typed == list(dict.fromkeys(helped))
    for line in text.splitlines():
        if not line.startswith("#"):
            name = line.partition("{")[0]
            assert any(name.removesuffix(end) == helped_name for helped_name in typed for end in
                       ("", "_bucket", "_sum", "_count")), name  # fmt: skip
