"""Scrapy extension: tells somebody of a pause that is long, while the crawl goes on.

The end of a crawl is told by the command that started it (`commands/stages/notices.py`), which also sees what
becomes of a crawl that was killed.
"""

import asyncio
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.components.session import Session, session_of
from crawler.reports.counts import Pause
from store.notify.notice import Notice, send


class PauseNotices:
    """Sends notices in threads: one that hangs holds up nothing, but for its time limit at the end."""

    def __init__(self, session: Session) -> None:
        self._session, self._options = session, session.job.notify
        self._sending: set[asyncio.Task[None]] = set()
        session.on_pause = self.paused

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl, if somebody wants to know of pauses."""
        session = session_of(crawler)
        if not session.job.notify.wants("pause"):
            raise NotConfigured
        notices = cls(session)
        crawler.signals.connect(notices.spider_closed, signals.spider_closed)
        return notices

    def paused(self, pause: Pause) -> None:
        """Tell of a pause if it is as long as `notify.pause_minutes`."""
        if pause.seconds < self._options.pause_minutes * 60:
            return
        job = self._session.job
        notice = Notice(
            "pause",
            "crawl",
            job.pipeline,
            f"{pause.host} is left alone for {pause.seconds / 60:,.3g} minutes: {pause.reason}",
            job.command,
            report=self._session.running_report().to_json(),
        )
        task = asyncio.ensure_future(asyncio.to_thread(send, notice, self._options))
        self._sending.add(task)  # the event loop keeps only weak references to tasks
        task.add_done_callback(self._sending.discard)

    async def spider_closed(self) -> None:
        """Wait for the notices that are being sent, each of which has its time limit."""
        if self._sending:
            await asyncio.wait(self._sending)
