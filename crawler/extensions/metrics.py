"""Scrapy extension: counts in `crawler.stats`, under `bokeru/`, what Scrapy's own statistics do not have.

Every `crawl.report_seconds` it writes them to report.json and metrics.prom.

| name | what it counts |
| --- | --- |
| `bokeru/pages/OUTCOME`, `bokeru/photos/OUTCOME` | rows of this run, by outcome |
| `bokeru/bokes` | boke on the pages of this run |
| `bokeru/left_out/pages`, `bokeru/left_out/images` | addresses that a rule kept from being fetched |
| `bokeru/responses/KIND/STATUS` | answers by HTTP status, each try by itself; KIND as below |
| `bokeru/retries/KIND` | those of them to requests that were made again, at once or after others |
| `bokeru/bytes/KIND` | bytes of their bodies, as they came (compressed, where the site does that) |
| `bokeru/latency/KIND/p50` (`p90`, `p99`, `max`) | seconds from a request to the answer's head; at the end |

KIND is `pages`, `photos`, or `rules` for robots.txt and tdmrep.json. Requests without an answer are in
Scrapy's own `downloader/exception_type_count/…`.
"""

from typing import Any, Literal, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.task import LoopingCall

from crawler.components.session import Session, session_of
from crawler.items import LeftOutRow, PhotoRow, Row
from crawler.retries.again import was_tried

Kind = Literal["pages", "photos", "rules"]


class Metrics:
    """Counts answers and rows, which costs a few microseconds for each; renews the report, which costs files.

    What is renewed comes from memory: no table is read.
    """

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._stats, self._session = crawler.stats, session
        self._traffic = session.traffic
        self._traffic.stats = crawler.stats.get_stats()
        self._clock = LoopingCall(self.renew)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl, and connect it to Scrapy's signals."""
        metrics = cls(crawler, session_of(crawler))
        crawler.signals.connect(metrics.spider_opened, signals.spider_opened)
        crawler.signals.connect(metrics.response_downloaded, signals.response_downloaded)
        crawler.signals.connect(metrics.item_scraped, signals.item_scraped)
        crawler.signals.connect(metrics.spider_closed, signals.spider_closed)
        return metrics

    def spider_opened(self) -> None:
        """Start the clock that renews the report; at once, so that the last run's is not taken for ours."""
        self._clock.start(self._session.job.options.report_seconds, now=True)

    def renew(self) -> None:
        """Write the report of the running crawl."""
        self._session.publisher.renew(self._session.running_report())

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Count an answer, before any middleware unpacks it or asks for it again."""
        kind = kind_of(request)
        self._stats.inc_value(f"bokeru/responses/{kind}/{response.status}")
        self._stats.inc_value(f"bokeru/bytes/{kind}", len(response.body))
        if was_tried(request):
            self._stats.inc_value(f"bokeru/retries/{kind}")
        seconds = request.meta.get("download_latency")
        if seconds is not None:
            self._traffic.latencies[kind].add(seconds)

    def item_scraped(self, item: Row) -> None:
        """Count a row, as it was written."""
        if isinstance(item, LeftOutRow):
            self._stats.inc_value(f"bokeru/left_out/{item['table']}")
        elif isinstance(item, PhotoRow):
            self._stats.inc_value(f"bokeru/photos/{item['outcome']}")
        else:
            bokes: Any = item["bokes"]
            self._stats.inc_value(f"bokeru/pages/{item['outcome']}")
            self._stats.inc_value("bokeru/bokes", len(bokes))

    def spider_closed(self) -> None:
        """Stop the clock; put the quantiles of latency among the statistics. The session writes the rest."""
        if self._clock.running:
            self._clock.stop()
        for kind in self._traffic.latencies:
            for name, seconds in self._traffic.quantiles(kind).items():
                self._stats.set_value(f"bokeru/latency/{kind}/{name}", seconds)


def kind_of(request: Request) -> Kind:
    """Return what a request is for."""
    if "robots" in request.meta:
        return "rules"
    return "photos" if "photo" in request.meta else "pages"
