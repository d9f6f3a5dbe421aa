"""Scrapy's settings in a crawl: a project and `-s` say much, but switch off nothing that keeps it polite."""

from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.scrapy_project.guarded_settings import check
from store.errors import UsageError

REAL = Job(CrawlOptions(site="https://bokete.example", contact="me@example.org"), Path("data/p/crawl"))
LOCAL = Job(CrawlOptions(delay=0), Path("data/p/crawl"))


def settings(**given: Any) -> Settings:
    """Return the project's settings with some by `-s`, all text as they come from there."""
    found = Settings()
    found.setmodule("crawler.settings", priority="project")
    found.setdict(given, priority="cmdline")
    return found


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ROBOTSTXT_OBEY", "False", "obeys robots.txt"),
        ("ROBOTSTXT_OBEY", "0", "obeys robots.txt"),
        ("ROBOTSTXT_OBEY", "never", "obeys robots.txt"),
        ("ROBOTSTXT_PARSER", "scrapy.robotstxt.ProtegoRobotParser", "reads all"),
        ("DOWNLOAD_VERIFY_CERTIFICATES", "False", "in the site's name"),
        ("TWISTED_DNS_RESOLVER", "scrapy.resolver.CachingThreadedResolver", "private networks"),
        ("HTTPPROXY_ENABLED", "True", "proxy from the environment"),
        ("DOWNLOAD_DELAY_JITTER", "0.5", "before the delay is over"),
        ("DOWNLOAD_SLOTS", '{"crawl": {"delay": 0}}', "crawl.delay"),
        ("JOBDIR", "jobs", "goes on from them"),
        ("STATS_CLASS", "scrapy.statscollectors.DummyStatsCollector", "goes wrong"),
        ("USER_AGENT", "Mozilla/5.0", "who crawls it"),
        ("DOWNLOAD_DELAY", "0.1", "crawl.delay is 3"),
        ("CONCURRENT_REQUESTS", "16", "crawl.concurrency is 1"),
    ],
)
def test_what_makes_a_crawl_less_careful_is_refused(name: str, value: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        check(settings(**{name: value}), REAL)
    assert name in str(error.value)
    assert "by -s" in str(error.value)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROBOTSTXT_OBEY", "True"),
        ("ROBOTSTXT_OBEY", "1"),
        ("DOWNLOAD_DELAY", "10"),
        ("CONCURRENT_REQUESTS", "1"),
        ("DOWNLOAD_TIMEOUT", "20"),
        ("LOG_LEVEL", "INFO"),
        ("CLOSESPIDER_PAGECOUNT", "10"),
        ("USER_AGENT", REAL.scrapy_settings()["USER_AGENT"]),
    ],
)
def test_all_else_is_taken_as_scrapy_does(name: str, value: str) -> None:
    check(settings(**{name: value}), REAL)


def test_a_site_of_ones_own_is_crawled_at_any_speed() -> None:
    check(settings(DOWNLOAD_DELAY="0", CONCURRENT_REQUESTS="16"), LOCAL)
    with pytest.raises(UsageError, match="ROBOTSTXT_OBEY"):
        check(settings(ROBOTSTXT_OBEY="False"), LOCAL)


def test_a_project_that_leaves_our_settings_out_learns_where_they_are() -> None:
    """Scrapy's own default is not to obey robots.txt."""
    with pytest.raises(UsageError, match=r"in the project's settings.*crawler/settings.py"):
        check(Settings(), REAL)
