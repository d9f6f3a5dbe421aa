"""One crawl to run: its settings, its folder, and the hosts it may speak to."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

from crawler.network.proxy import Proxy, is_private_name
from crawler.odai_file import odai_numbers
from crawler.options import EMBEDDED_SITE, SHORTEST_DELAY, CrawlOptions
from store.addresses import authority, canonical_pattern, page_address
from store.errors import UsageError
from store.notify.options import NotifyOptions
from store.options import odai_range
from store.photo.options import Limits, PhotoOptions
from store.place import INVOCATION, Place
from store.processes.room import Room
from store.version import VERSION


@dataclass(frozen=True)
class Job:
    """What one run of the crawler is asked to do.

    Args:
        options: the pipeline's settings.
        directory: `data/<pipeline>/crawl`.
        address: the proxy through which the embedded site is reached; None for any other site.
        pipeline: its name, for messages.
        retry_failed: fetch again what ended as `error` or `drift` before `started`.
        started: when the run began.
        config: the file that holds its settings, for messages.
        photos: the limits on photos.
        verbosity: how often `-v` was given.
        notify: who is told of long pauses.
    """

    options: CrawlOptions
    directory: Path
    address: str | None = None
    pipeline: str = "NAME"
    retry_failed: bool = False
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    config: Path = field(default_factory=lambda: INVOCATION.config)
    photos: PhotoOptions = field(default_factory=lambda: Limits.options)
    verbosity: int = field(default_factory=lambda: INVOCATION.verbosity)
    notify: NotifyOptions = field(default_factory=NotifyOptions)

    @cached_property
    def site(self) -> str:
        """The address that paths are relative to: its host in ASCII, without user and password."""
        if self.options.site == "embedded":
            return EMBEDDED_SITE
        parts = urlsplit(self.options.site)
        return urlunsplit((parts.scheme, authority(self.options.site), parts.path, parts.query, ""))

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password for the site's own host, where `crawl.site` has them."""
        parts = urlsplit(self.options.site)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")

    @cached_property
    def proxy(self) -> Proxy | None:
        """What all requests go through: the embedded site's server, or the proxy of the settings."""
        address = self.address or self.options.proxy
        return Proxy.parse(address) if address else None

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The hosts (with their ports, if they are not the usual ones) that the crawl may speak to."""
        others = ["photo.bokete.test"] if self.options.site == "embedded" else []
        return frozenset([authority(self.site), *others, *self.options.image_hosts])

    def is_allowed(self, url: str) -> bool:
        """Tell whether the crawl may speak to an address's host."""
        try:
            return authority(url) in self.hosts
        except ValueError:
            return False

    def page_address(self, url: str) -> str:
        """Return the one address of a page of the site, however it is written."""
        return url if self._is_canonical(url) else page_address(url, self.site)

    @cached_property
    def _is_canonical(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(canonical_pattern(self.site), re.ASCII).match

    @property
    def command(self) -> str:
        """The command that continues this crawl."""
        return self.place.command("crawl")

    @property
    def place(self) -> Place:
        """The pipeline's folders."""
        return Place(self.directory.parent.parent, self.pipeline, self.config)

    @property
    def room(self) -> Room:
        """What the crawl leaves free on its disk."""
        return Room(self.directory, self.options, "crawl", self.place)

    def start_urls(self) -> list[str]:
        """Return the addresses that the crawl starts from."""
        return [self.page_address(safe_url_string(urljoin(self.site, path))) for path in self.options.start]

    @property
    def odai_prefix(self) -> str:
        """What comes before an odai's number in its address."""
        return urljoin(self.site, "/odai/")

    def odai_ranges(self) -> list[tuple[int, int]]:
        """Return the ranges of odai to fetch, first and last number of each; at least an empty one."""
        return [odai_range(text) for text in self.options.odai] or [(0, -1)]

    def odai_listed(self) -> list[int]:
        """Return the odai that `odai_file` names.

        Raises:
            UsageError: the file cannot be read, or a line names no odai of the site.
        """
        path = self.options.odai_file
        return [] if path is None else odai_numbers(Path(path), self.site)

    def check(self) -> None:
        """Refuse a real site where nobody could be reached, or at a pace that nobody can mean.

        Raises:
            UsageError: there is no `contact`, `delay` is too short, or there is no Chromium to render with.
        """
        if self.options.render == "chromium":
            from crawler.components.browser import executable

            executable()
        host, options = urlsplit(self.site).hostname, self.options
        if not self.is_local and not (options.contact or "").strip():
            raise UsageError(
                f"crawl.contact is empty, and {host} should be able to reach whoever crawls it. "
                f"Set it: {self.command} --set crawl.contact=you@example.org"
            )
        if not self.is_local:
            self._check_private(options)
        if not self.is_local and options.delay < SHORTEST_DELAY and not options.impolite:
            raise UsageError(
                f"crawl.delay is {options.delay:g} seconds, under {SHORTEST_DELAY:g}, and {host} is not on "
                f"this machine. Make it longer: {self.command} --set crawl.delay=3. If its owner agrees to "
                "more requests: crawl.impolite=true"
            )

    def _check_private(self, options: CrawlOptions) -> None:
        """Refuse hosts of a private network where a proxy looks names up, whose answers are not checked."""
        names = {name: urlsplit(f"//{name}").hostname or "" for name in sorted(self.hosts)}
        for name, host in names.items():
            if options.proxy and is_private_name(host):
                raise UsageError(
                    f"{name} is in a private network by its name, and nothing is fetched there through "
                    "crawl.proxy. Look at crawl.site and crawl.image_hosts"
                )

    @property
    def is_local(self) -> bool:
        """Whether the site is the embedded one, or served by this machine to itself."""
        host = urlsplit(self.site).hostname or ""
        return self.options.site == "embedded" or host in ("localhost", "127.0.0.1", "::1")

    @property
    def user_agent(self) -> str:
        """What the crawl calls itself, with whom to ask about it."""
        contact = f" (+{self.options.contact.strip()})" if self.options.contact else ""
        return f"bokeru/{VERSION}{contact}"

    def scrapy_settings(self) -> dict[str, Any]:
        """Return the Scrapy settings that follow from the pipeline's."""
        options = self.options
        rendering: dict[str, Any] = {}
        if options.render == "chromium":
            from crawler.components.browser import browser_settings

            rendering = browser_settings(self.hosts, self.proxy, options, is_local=self.is_local)
        return rendering | {
            "USER_AGENT": self.user_agent,
            "CONCURRENT_REQUESTS": options.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": options.concurrency,
            "DOWNLOAD_DELAY": options.delay,
            "DOWNLOAD_TIMEOUT": options.timeout,
            "AUTOTHROTTLE_ENABLED": not self.is_local,
            "AUTOTHROTTLE_START_DELAY": options.delay,
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` turns back into the job."""
        return {
            "options": self.options.model_dump(mode="json"),
            "directory": str(self.directory),
            "address": self.address,
            "pipeline": self.pipeline,
            "retry_failed": self.retry_failed,
            "started": self.started.isoformat(),
            "config": str(self.config),
            "photos": self.photos.model_dump(mode="json"),
            "verbosity": self.verbosity,
            "notify": self.notify.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the job that `to_json` was asked of."""
        return cls(
            options=CrawlOptions.model_validate(values["options"], strict=False),
            directory=Path(values["directory"]),
            address=values["address"],
            pipeline=values["pipeline"],
            retry_failed=values["retry_failed"],
            started=datetime.fromisoformat(values["started"]),
            config=Path(values["config"]),
            photos=PhotoOptions.model_validate(values["photos"]),
            verbosity=values["verbosity"],
            notify=NotifyOptions.model_validate(values["notify"], strict=False),
        )
