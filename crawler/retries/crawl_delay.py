"""The delay between two requests that a robots.txt asks for (Crawl-delay, Request-rate)."""

from protego import Protego
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle

from crawler.components.allowed_hosts import DOWNLOAD_SLOT
from crawler.components.exceptions import CrawlEnded
from crawler.components.session import Session
from crawler.permission.optouts import ROBOT
from store.errors import SiteRefuses

_DAY = 24 * 3600.0


def slow_down(crawler: Crawler, session: Session, rules: Protego, host: str) -> None:
    """Raise the delay between requests to what robots.txt asks for, and say so; it never lowers it.

    Args:
        crawler: the running crawl.
        session: its session.
        rules: the file's rules for us.
        host: scheme and host of the file.

    Raises:
        CrawlEnded: it asks for over a day.
    """
    rate = rules.request_rate(ROBOT)
    delay = max(rules.crawl_delay(ROBOT) or 0, rate.seconds / max(rate.requests, 1) if rate else 0)
    downloader = crawler.engine.downloader
    slot = downloader.slots.get(DOWNLOAD_SLOT)
    before = slot.delay if slot else session.job.options.delay
    if delay > _DAY:
        session.fail(
            SiteRefuses(
                f"{host}/robots.txt asks for {delay:,g} seconds between two requests, over a day: that "
                f"means no. Ask the site's owner; once it is less: {session.job.command}"
            )
        )
        raise CrawlEnded
    if delay > before:
        session.warn(
            f"{host}/robots.txt asks for {delay:,g} seconds between two requests, where crawl.delay is "
            f"{before:,g}. So at most {_DAY / delay:,.0f} pages and photos come in a day"
        )
        # Both: Scrapy drops a slot that is idle for a minute, in a pause, say, and makes it anew.
        downloader.per_slot_settings.setdefault(DOWNLOAD_SLOT, {})["delay"] = delay
        if slot:
            slot.delay = delay
        if throttle := crawler.get_extension(AutoThrottle):
            throttle.mindelay, throttle.maxdelay = delay, max(delay, throttle.maxdelay)
