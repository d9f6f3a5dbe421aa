"""Scrapy extension: ends a crawl that has gone wrong as a whole, by its last pages and photos.

In Spidermon's terms: a periodic suite, run with every row; a closing suite, run at the end; and the coverage
of fields. Among the statistics:

| name | what it says |
| --- | --- |
| `bokeru/coverage/boke/FIELD` | the share of this run's boke that have a field |
| `bokeru/coverage/page/FIELD` | the share of this run's pages of odai that have it |
| `bokeru/monitor/pages/OUTCOME`, `bokeru/monitor/photos/OUTCOME` | how many of the last 100 ended so |
| `bokeru/monitor/lists/nowhere` | how many of the last 100 lists lead to no odai |
| `bokeru/monitor/alarm` | the check that ended the crawl |
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from twisted.python.failure import Failure

from crawler.components.session import Session, session_of
from crawler.items import CLOSED, PHOTO_BROKEN, WITHDRAWN, LeftOutRow, PageRow, PhotoRow, Row
from crawler.layouts.next_2024 import TROUBLE
from crawler.monitoring.alarms import Alarm
from crawler.monitoring.closing import CLOSING
from crawler.monitoring.coverage import Coverage
from crawler.monitoring.periodic import PERIODIC
from crawler.monitoring.seen import ENOUGH, Check, Seen
from crawler.monitoring.window import SIZE, Fetched
from store.addresses import copies, numbered, photo_key
from store.errors import SiteRefuses, Unexpected, UserError
from store.schema import OUTCOMES

_FAILED = ("drift", "error", "elsewhere", "nowhere")
_OF_THE_SITE = (1, 4, 5)
"""Exit statuses of a crawl that ended because of what the site answers."""


class Monitor:
    """Looks at every row that is written."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._stats, self._session = crawler.stats, session
        self._seen = Seen(session.job, session.earlier["pages"], session.earlier["images"])
        self._coverage = Coverage()
        self._hosts: Counter[str] = Counter()  # those that are not allowed: pages since that show others
        self._with_moved: deque[Fetched] = deque(maxlen=SIZE)  # lists show photos, too
        self._half_tried: dict[str, Fetched] = {}  # photos that failed, with narrower copies to come
        self._alarm: Alarm | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl, and connect it to Scrapy's signals."""
        monitor = cls(crawler, session_of(crawler))
        crawler.signals.connect(monitor.item_scraped, signals.item_scraped)
        crawler.signals.connect(monitor.photo_broken, PHOTO_BROKEN)
        crawler.signals.connect(monitor.spider_closed, signals.spider_closed)
        return monitor

    def item_scraped(self, item: Row, response: object) -> None:
        """Look at a row; `response` is the failure that it comes from, where there was no answer."""
        if isinstance(item, PhotoRow):
            self._add_photo(item, response)
        elif isinstance(item, PageRow):
            self._add_page(item, response)
        # A row may be written just before the crawl fails, and be told of after that.
        if self._session.failure is None:
            self._run(PERIODIC)

    def photo_broken(self, row: PhotoRow) -> None:
        """Count an answer that was no photo; its row comes after the last try."""
        fetched = Fetched(str(row["url"]), "error", str(row["error"] or ""), Unexpected, is_photo=True)
        self._seen.photo_answers.add(fetched)
        if self._session.failure is None:
            self._run(PERIODIC)

    def spider_closed(self, reason: str) -> None:
        """Judge a crawl that fetched all that was due; withdraw what tells nothing, if a crawl failed."""
        if reason == "finished" and self._session.failure is None:
            self._run(CLOSING)
        failure = self._session.failure
        if failure is not None and failure.exit_status in _OF_THE_SITE and not self._session.job.retry_failed:
            self._session.withdraw(self._withdrawals(failure))
        elif failure is None:
            self._name_hosts()
        self._tell()

    def _add_page(self, row: PageRow, response: object) -> None:
        address, outcome = str(row["url"]), str(row["outcome"])
        fetched = Fetched(address, outcome, str(row["error"] or ""), _kind(row, response))
        self._seen.pages.add(fetched)
        if numbered(address) is None:
            nowhere = Fetched(address, "nowhere", "no boke with odai_id", Unexpected)
            self._seen.lists.add(nowhere if _leads_nowhere(row) else fetched)
        else:
            self._seen.numbered.add(fetched)
        if outcome == "ok":
            self._coverage.add(row)
            self._add_photo_host(row)

    def _add_photo_host(self, row: PageRow) -> None:
        """Remember whether a page's photos may be fetched from where they are."""
        bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
        shown = {str(boke["image_url"]) for boke in bokes if boke["image_url"]}.union(row.photos)
        elsewhere = sorted(photo for photo in shown if not self._session.job.is_allowed(photo))
        if elsewhere:
            reason = f"{urlsplit(elsewhere[0]).netloc}, as in {elsewhere[0]}"
            fetched = Fetched(str(row["url"]), "elsewhere", reason, Unexpected)
            self._with_moved.append(fetched)
        photos = [photo for photo in row.photos if photo not in elsewhere]
        for photo in set(row.photos) - set(photos):
            self._hosts.setdefault(urlsplit(photo).netloc, 0)
        if photos:
            self._seen.with_photo.add(Fetched(str(row["url"]), "ok"))
            self._hosts.update(list(self._hosts))
            self._name_hosts(ENOUGH)
        elif row.photos:
            self._seen.with_photo.add(fetched)

    def _name_hosts(self, since: int = 0) -> None:
        """Name hosts whose photos are not fetched; where all photos are on such hosts, the crawl fails.

        Args:
            since: how many pages with other photos have come since: these are not the first that have moved.
        """
        for host in [host for host, pages in self._hosts.items() if pages == since or not since]:
            self._session.warn(
                f"some pages show photos on {host}, which crawl.image_hosts lacks: they are not fetched. If "
                "the site keeps photos there, add it"
            )

    def _add_photo(self, row: PhotoRow, response: object) -> None:
        address, outcome = str(row["url"]), str(row["outcome"])
        if outcome == "ok":
            self._seen.photo_answers.add(Fetched(address, outcome, is_photo=True))
        fetched = Fetched(address, outcome, str(row["error"] or ""), _kind(row, response), is_photo=True)
        if row.next_copy is None:
            self._half_tried.pop(photo_key(address), None)
            self._seen.photos.add(fetched)
        elif outcome == "error":  # the narrower copy says what becomes of the photo
            self._half_tried[photo_key(address)] = fetched

    def _run(self, suite: Iterable[Check]) -> None:
        for check in suite:
            if alarm := check(self._seen):
                self._alarm = alarm
                self._stats.set_value("bokeru/monitor/alarm", check.__name__)
                self._session.fail(alarm.error)
                return

    def _withdrawals(self, failure: UserError) -> Iterator[LeftOutRow]:
        """Yield what withdraws the rows of this run's last failures, by the limit that was passed."""
        alarm, seen, now = self._alarm, self._seen, datetime.now(UTC)
        source, rule = WITHDRAWN, str(failure)
        if alarm is not None:
            # So many in a row are enough, whatever their share is.
            is_share = alarm.share > getattr(seen.job.options, alarm.setting)
            share = alarm.share if is_share else 1.0
            source, rule = f"{WITHDRAWN}.{alarm.setting}", f"{share:.4g} {failure}"
        windows = (seen.pages, seen.numbered, seen.lists, seen.with_photo, seen.photos)
        failed = dict.fromkeys(fetched for window in windows for fetched in window.of(*_FAILED))
        failed |= dict.fromkeys(() if alarm is None else alarm.failed)
        failed |= dict.fromkeys(self._half_tried.values())
        if seen.with_photo.count("elsewhere"):
            failed |= dict.fromkeys(self._with_moved)
        for fetched in failed:
            for url in copies(fetched.address) if fetched.is_photo else [fetched.address]:
                table = "images" if fetched.is_photo else "pages"
                yield LeftOutRow(url=url, table=table, source=source, rule=rule, left_out_at=now)

    def _tell(self) -> None:
        """Put coverage and windows among the statistics."""
        for name, share in self._coverage.shares().items():
            self._stats.set_value(f"bokeru/coverage/{name}", round(share, 4))
        for name, window in (("pages", self._seen.pages), ("photos", self._seen.photos)):
            for outcome in (*OUTCOMES, "elsewhere"):
                if count := window.count(outcome):
                    self._stats.set_value(f"bokeru/monitor/{name}/{outcome}", count)
        self._stats.set_value("bokeru/monitor/lists/nowhere", self._seen.lists.count("nowhere"))


def _leads_nowhere(row: PageRow) -> bool:
    """Tell whether a list shows boke, and none with its odai, or with a photo that could be fetched."""
    bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
    shown = [boke for boke in bokes if boke["odai_id"] is not None or boke["image_url"]]
    return row["outcome"] == "ok" and bool(bokes) and not shown


def _kind(row: PageRow | PhotoRow, response: object) -> type[UserError]:
    """Return the error, and so the exit status, of a crawl that ends since its pages fail so."""
    status = row["status"]
    if status in CLOSED:
        return SiteRefuses
    if isinstance(status, int):
        return UserError if status >= 500 or row["error"] == TROUBLE else Unexpected
    why = response.value if isinstance(response, Failure) else None
    # What was not even asked for, came without its end or is too large is an answer; silence is trouble.
    return Unexpected if isinstance(why, IgnoreRequest | DownloadCancelledError) else UserError
