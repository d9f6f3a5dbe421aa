"""Scrapy add-on: the settings of a crawl of a pipeline, on top of whatever settings a project or `-s` has."""

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from crawler import settings as ours
from crawler.components.browser_requests import abort_request
from crawler.components.session import Session, session_of

_COMPONENTS: dict[str, dict[str, int | None]] = {
    "ITEM_PIPELINES": {"crawler.components.item_pipeline.RowPipeline": 300},
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # AllowedHostsMiddleware does it
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
        "crawler.components.redirects.RefererKeptMiddleware": 600,
        # In this order: nothing is asked for before a known boke was compared, a host that is not allowed is
        # not even asked for its robots.txt, and what that forbids does not wait while its host is left alone.
        "crawler.extensions.canaries.CanaryGate": 40,
        "crawler.components.allowed_hosts.AllowedHostsMiddleware": 50,
        "crawler.components.robots.RobotsMiddleware": 100,
        "crawler.components.politeness.PolitenessMiddleware": 110,
        "crawler.extensions.hours.HoursMiddleware": 120,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # RobotsMiddleware is one
        # Nearer to the network than Scrapy's own for compression, which is 590.
        "crawler.components.whole_body.WholeBodyMiddleware": 595,
        "crawler.network.proxy_middleware.ProxyMiddleware": 700,  # the first that sees an answer
    },
    "EXTENSIONS": {
        "scrapy.extensions.feedexport.FeedExporter": None,  # Feeds is one
        "crawler.extensions.feeds.Feeds": 0,
    },
}
"""What a crawl is made of. A project's own components stand beside these, and take none of them away."""
_OF_SETTINGS: dict[str, dict[str, Any]] = {
    "SPIDER_MIDDLEWARES": ours.SPIDER_MIDDLEWARES,
    "EXTENSIONS": ours.EXTENSIONS,
}
"""What crawler/settings.py has, for a project whose own settings replace it. Of Scrapy's components that it
turns on or off, the project's word counts."""


class PipelineAddon:
    """Adds what follows from a pipeline's settings, and the components of a crawl.

    The spider brings it (BoketeSpider.update_settings). Without a session, as in `scrapy shell`, Scrapy
    leaves it out: then Scrapy's own components do their work, its own for robots.txt among them.
    """

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the add-on of a crawl."""
        return cls(crawler, session_of(crawler))

    def update_settings(self, settings: BaseSettings) -> None:
        """Set a pipeline's own settings above those of a project, and below those of `-s`."""
        values: dict[str, Any] = self._session.job.scrapy_settings()
        values["PLAYWRIGHT_ABORT_REQUEST"] = abort_request(self._crawler, self._session)
        settings.setdict(values, priority="spider")
        settings.set("SCHEDULER", "crawler.components.scheduler.FrontierScheduler", priority="cmdline")
        for name, components in _COMPONENTS.items():
            for path, place in components.items():
                settings.set_in_component_priority_dict(name, load_object(path), place)
        for name, components in _OF_SETTINGS.items():
            for path, place in components.items():
                if path.startswith("crawler."):
                    settings.set_in_component_priority_dict(name, load_object(path), place)
                else:
                    settings.setdefault_in_component_priority_dict(name, load_object(path), place)
