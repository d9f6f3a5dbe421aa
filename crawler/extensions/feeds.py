"""Scrapy's feeds (`-o`, `-O`, FEEDS) in a crawl: a file that cannot be written ends it, and says so.

Scrapy's own extension logs a traceback for each row, and the crawl goes on without its feed.
"""

import logging
from contextlib import suppress
from typing import Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.extensions.feedexport import FeedExporter

from crawler.components.session import Session, session_of
from crawler.items import Row
from store.errors import UsageError, UserError


class Feeds(FeedExporter):
    """Scrapy's own, which fails the session where it fails."""

    session: Session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl that has feeds."""
        session = session_of(crawler)
        try:
            feeds = super().from_crawler(crawler)
        except NotConfigured:
            if feeds := crawler.settings["FEEDS"]:
                session.fail(UsageError(f"{', '.join(feeds)} cannot be written: the log above says why"))
            raise
        feeds.session = session
        return feeds

    def open_spider(self, spider: Spider) -> None:
        """Open the files, before anything is fetched."""
        try:
            super().open_spider(spider)
            for slot in self.slots:
                if slot.store_empty:
                    slot.start_exporting()
        except OSError as error:
            self.session.fail(self._given_up(error))

    def item_scraped(self, item: Row, spider: Spider) -> None:
        """Write a row, as it was written to the tables."""
        try:
            super().item_scraped(item, spider)
        except OSError as error:
            self.session.fail(self._given_up(error))

    async def close_spider(self, spider: Spider) -> None:
        """Close the files, or send them to where they go.

        The spider is closing by now, so a failure is noted without asking for that.
        """
        try:
            for slot in self.slots:
                slot.finish_exporting()
                if slot.file:
                    slot.file.flush()
        except OSError as error:
            self.session.failure = self.session.failure or self._given_up(error)
        logger = logging.getLogger("scrapy.extensions.feedexport")
        logger.addFilter(self._note)
        try:
            await super().close_spider(spider)
        finally:
            logger.removeFilter(self._note)

    def _note(self, record: logging.LogRecord) -> bool:
        """Take the error of a feed that could not be stored from the log, where it has a traceback."""
        if not record.exc_info:
            return True
        lost = UserError(
            f"a feed could not be stored: {record.exc_info[1]}. What was fetched is in the tables"
        )
        self.session.failure = self.session.failure or lost
        return False

    def _given_up(self, error: OSError) -> UserError:
        """Let go of every file, and return what to say."""
        slots, self.slots = self.slots, []
        for slot in slots:
            with suppress(OSError):
                if slot.file:
                    slot.file.close()
        return UserError(
            f"the feed {', '.join(self.feeds)} cannot be written: {error.strerror or error}. "
            "What was fetched is in the tables; name another file with -O"
        )
