"""Scrapy extension: counts in `crawler.stats`, under `bokeru/`, what Scrapy's own statistics do not have.

| name | what it counts |
| --- | --- |
| `bokeru/pages/OUTCOME`, `bokeru/photos/OUTCOME` | rows of this run, by outcome |
| `bokeru/bokes` | boke on the pages of this run |
| `bokeru/left_out/pages`, `bokeru/left_out/images` | addresses that a rule kept from being fetched |
| `bokeru/responses/KIND/STATUS` | answers by HTTP status, each try by itself; KIND as below |
| `bokeru/bytes/KIND` | bytes of their bodies, as they came (compressed, where the site does that) |
| `bokeru/latency/KIND/p50` (`p90`, `p99`, `max`) | seconds from a request to the answer's head; at the end |

KIND is `pages`, `photos`, or `rules` for robots.txt and tdmrep.json. Retries and exceptions are in Scrapy's
own `retry/…` and `downloader/exception_type_count/…`.
"""

from collections import defaultdict
from typing import Any, Literal, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.components.session import Session, session_of
from crawler.extensions.latency import Latency
from crawler.items import LeftOutRow, PhotoRow, Row

Kind = Literal["pages", "photos", "rules"]
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


class Metrics:
    """Counts answers and rows; costs a few microseconds for each."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._stats, self._session = crawler.stats, session
        self.latencies: dict[Kind, Latency] = defaultdict(Latency)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl, and connect it to Scrapy's signals."""
        metrics = cls(crawler, session_of(crawler))
        crawler.signals.connect(metrics.response_downloaded, signals.response_downloaded)
        crawler.signals.connect(metrics.item_scraped, signals.item_scraped)
        crawler.signals.connect(metrics.spider_closed, signals.spider_closed)
        return metrics

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Count an answer, before any middleware unpacks it or asks for it again."""
        kind = kind_of(request)
        self._stats.inc_value(f"bokeru/responses/{kind}/{response.status}")
        self._stats.inc_value(f"bokeru/bytes/{kind}", len(response.body))
        seconds = request.meta.get("download_latency")
        if seconds is not None:
            self.latencies[kind].add(seconds)

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
        """Put the quantiles of latency among the statistics."""
        for kind, latency in self.latencies.items():
            for name, share in QUANTILES.items():
                self._stats.set_value(f"bokeru/latency/{kind}/{name}", round(latency.quantile(share), 4))
            self._stats.set_value(f"bokeru/latency/{kind}/max", round(latency.max, 4))


def kind_of(request: Request) -> Kind:
    """Return what a request is for."""
    if "robots" in request.meta:
        return "rules"
    return "photos" if "photo" in request.meta else "pages"
