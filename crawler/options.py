"""The settings of the crawl stage."""

import re
from typing import Literal, Self
from urllib.parse import urljoin, urlsplit

from pydantic import Field, field_validator, model_validator

from crawler.network.proxy import Proxy
from crawler.opening_hours import OpeningHours
from crawler.revisit_options import NEVER, RevisitOptions, Revisits
from store.addresses import authority, is_same_site, own_name, without_password
from store.options import Options, duration, odai_range
from store.stand_ins import StandInRule

SHORTEST_DELAY = 1.0
"""Seconds between two requests: less on a real site needs `impolite`."""
EMBEDDED_SITE = "http://bokete.test"
"""The embedded site's address, whatever port it is served on: requests reach it through its proxy."""

EMBEDDED_VERSION = 2
"""Counts up when the same settings of the embedded site would show other photos, captions or stars."""

EMBEDDED_LICENCE = "MIT"
"""What the embedded site shows, Bokeru has drawn and written: it is under Bokeru's own licence."""

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d+)?", re.ASCII)


class EmbeddedSite(Options):
    """The site that Bokeru draws itself, where `crawl.site` is `embedded`."""

    photos: int = Field(600, ge=1, le=100_000)
    """How many distinct photos the site has."""
    captions_per_photo: int = Field(5, ge=1, le=200)
    """How many captions each photo has."""
    seed: int = 0
    """Another seed draws another site."""
    day: float | None = Field(None, ge=0, le=36_500)
    """How many days the site has grown: a later day has more odai, boke and stars. null: it never grows."""
    dependence: float = Field(1.0, ge=0, le=1)
    """The share of captions that are written for their photo; the others are for photos drawn at random."""
    evaluation_photos: int = Field(0, ge=0, le=10_000)
    """So many photos more, always in dev: the same for every seed, number of photos and of their captions."""
    evaluation_captions: int = Field(5, ge=1, le=200)
    """How many captions each of those has; `dependence` holds for them, too."""

    @model_validator(mode="after")
    def _grow_or_evaluate(self) -> Self:
        if self.evaluation_photos and self.day is not None:
            raise ValueError(
                f"a site that grows (day: {self.day:g}) has no photos for evaluation, and "
                f"evaluation_photos is {self.evaluation_photos}. Leave out one of the two"
            )
        return self


class CrawlOptions(RevisitOptions):
    """`crawl:` in pipelines.yaml."""

    # What to fetch.
    site: str = "embedded"
    """The address a crawl starts from, or `embedded`: the site that Bokeru draws and serves itself."""
    embedded: EmbeddedSite = EmbeddedSite()
    """What the embedded site holds."""
    start: tuple[str, ...] = ("/boke/recent",)
    """Paths that the crawl starts from: lists (/boke/hot, /boke/category/バカ), /odai/N, /boke/N."""
    odai: tuple[str, ...] = ()
    """Odai to fetch by number: "17", or "1-9000000" for all of a range."""
    odai_file: str | None = None
    """A text file that names more odai to fetch, a number a line."""
    order: Literal["newest", "oldest"] = "newest"
    """Which odai of those known is fetched first, by its number."""
    min_stars: int = Field(0, ge=0)
    """Follow a list to an odai only for a boke of so many stars, and an odai's pages no further than that."""
    max_pages: int | None = Field(None, ge=1)
    """Stop after this many pages of this run; null means no limit."""
    max_photos: int | None = Field(None, ge=1)
    """Stop once the crawl has this many photos, those of earlier runs included; null means no limit."""
    max_hours: float | None = Field(None, gt=0)
    """Stop after so many hours, with exit status 6 where work is left; null means no limit."""
    hours: str | None = None
    """When requests may be made, by the clock in Tokyo: "01:00-06:00". At other times, the crawl waits."""
    max_page_number: int = Field(1000, ge=1)
    """Follow a list or an odai no further than its page of this number: some paginations never end."""
    stand_in_after: int = Field(8, ge=2)
    """A picture at so many photo addresses stands for photos that are not there: no dataset takes it."""
    not_stand_ins: tuple[str, ...] = ()
    """Pictures (sha256) that are photos all the same, however many addresses they have."""
    fresh: str = "7d"
    """How long after its end a crawl counts as fresh: 90m, 36h, 7d or 2w. It starts nothing by itself."""
    render: Literal["none", "chromium"] = "none"
    """`chromium` lets a browser press the "more" button of pages that need it (see `make install-scale`)."""
    layouts: tuple[str, ...] = ()
    """Layouts of other people's code, asked before ours: entry points, module:name or FILE.py:name."""
    max_drift: float = Field(0.05, ge=0, le=1)
    """The share of pages of unknown markup, of the last 100, past which the crawl fails."""
    max_errors: float = Field(0.5, ge=0, le=1)
    """The share of the last 100 pages, or photos, that may fail before the crawl does; 1 lets all fail."""

    # How politely.
    contact: str | None = None
    """An e-mail or web address for the User-Agent, so that the site can reach you. A real crawl needs it."""
    image_hosts: tuple[str, ...] = ("d2dcan0armyq93.cloudfront.net", "d13n9ry8xcpemi.cloudfront.net")
    """The hosts that keep the site's photos. Nothing is fetched from any other but the site's own."""
    delay: float = Field(3.0, ge=0)
    """Seconds between two requests; 0 on the embedded site unless set. robots.txt can only make it longer."""
    impolite: bool = False
    """Let `delay` be under a second on a site that is not on this machine: its owner has agreed."""
    concurrency: int = Field(1, ge=1, le=16)
    """Requests under way at one time."""
    timeout: float = Field(60, gt=0)
    """Seconds that one answer may take, from the request to its last byte."""
    pause: float = Field(60, gt=0)
    """Seconds to leave a host alone that refuses (403, 429, 503) or fails in a row; doubled each time."""
    patience: int = Field(5, ge=1)
    """How often in a row a host may refuse, fail or stay silent before the crawl ends."""
    max_page_megabytes: int = Field(16, ge=1)
    """Larger pages are not read."""
    max_photo_megabytes: int = Field(32, ge=1)
    """Larger photos are not read."""

    proxy: str | None = None
    """A proxy that all requests go through: http://host:port, or http://user:password@host:port."""
    obey_ai_rules: bool = False
    """Take rules of robots.txt that name robots which gather for AI (GPTBot, CCBot) as meant for us, too."""

    # How often to commit.
    shard_rows: int = Field(10_000, ge=1)
    """Rows after which a shard is committed."""
    shard_megabytes: int = Field(256, ge=1)
    """Size after which a shard is committed."""
    shard_seconds: float = Field(30, gt=0)
    """Seconds after which a shard is committed: what a kill can cost."""
    report_seconds: float = Field(15, gt=0)
    """Seconds after which report.json and metrics.prom are renewed while a crawl runs."""
    archive: Literal["all", "drift", "none"] = "all"
    """Which pages are kept as they were fetched, for `bokeru reparse`: all, those of unknown markup, none."""
    mirror: str | None = None
    """Where every whole shard is copied: s3://bucket/prefix, gs://bucket/prefix, file:///folder."""

    @field_validator("fresh")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        duration(text)
        return text.strip()

    @property
    def revisits(self) -> Revisits:
        """When pages are read again: by `revisit_after` alone on an embedded site that does not grow."""
        is_fixed = self.site == "embedded" and self.embedded.day is None and self.revisit_after is None
        return NEVER if is_fixed else super().revisits

    @field_validator("site")
    @classmethod
    def _is_address(cls, site: str) -> str:
        site = site.strip()
        if site != "embedded" and not _is_web(site):
            raise ValueError(
                f"{without_password(site)!r} is not a web address: write https://…, or `embedded`"
            )
        return site

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, hours: str | None) -> str | None:
        if hours is not None:
            OpeningHours.parse(hours)
        return hours

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None:
            Proxy.parse(proxy)
        return proxy

    @field_validator("image_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(host_name, hosts))

    @field_validator("not_stand_ins")
    @classmethod
    def _are_digests(cls, photos: tuple[str, ...]) -> tuple[str, ...]:
        photos = tuple(photo.strip().lower() for photo in photos)
        for photo in photos:
            if not re.fullmatch("[0-9a-f]{64}", photo):
                raise ValueError(f"{photo!r} is no sha256: write the 64 digits that the crawl's report gives")
        return photos

    @property
    def origin(self) -> dict[str, str | None]:
        """Where rows come from: the columns `source`, `licence` and `credit`; pages lack the last."""
        if self.site == "embedded":
            return {"source": "embedded", "licence": EMBEDDED_LICENCE, "credit": "Bokeru"}
        return {"source": own_name(authority(self.site)), "licence": None, "credit": None}

    @property
    def stand_ins(self) -> StandInRule:
        """What makes a picture a stand-in."""
        return StandInRule(self.stand_in_after, self.not_stand_ins)

    @field_validator("start")
    @classmethod
    def _are_paths(cls, start: tuple[str, ...]) -> tuple[str, ...]:
        start = tuple(path.strip() for path in start)
        for path in start:
            if not path.startswith("/") and not _is_web(path):
                raise ValueError(f"{path!r} is not a path on the site: write /boke/hot, /odai/N or /boke/N")
        return start

    @model_validator(mode="after")
    def _spares_others(self) -> Self:
        """Wait for the servers of others alone: the embedded site is this machine's own."""
        if self.site == "embedded" and "delay" not in self.model_fields_set:
            self.__dict__["delay"] = 0.0  # settings are frozen once they are read
        return self

    @model_validator(mode="after")
    def _needs_no_proxy(self) -> Self:
        if self.proxy is not None and self.site == "embedded":
            raise ValueError(
                "crawl.proxy is set, and the embedded site is on this machine: no proxy leads to it. "
                "Leave it out"
            )
        return self

    @model_validator(mode="after")
    def _are_on_the_site(self) -> Self:
        site = EMBEDDED_SITE if self.site == "embedded" else self.site
        for path in self.start:
            if not is_same_site(urljoin(site, path), site):
                raise ValueError(
                    f"crawl.start has {path!r}, which is not on crawl.site ({without_password(site)}), "
                    "and nothing is fetched from elsewhere. Write the path alone, such as /boke/hot"
                )
        return self

    @field_validator("odai")
    @classmethod
    def _are_ranges(cls, odai: tuple[str, ...]) -> tuple[str, ...]:
        for text in odai:
            odai_range(text)
        return odai


def host_name(text: str) -> str:
    """Return a host as requests name it, from what people write: `https://Photo.Example/` is photo.example.

    Raises:
        ValueError: the text is not one host, with or without a port.
    """
    address = text.strip() if "//" in text else f"//{text.strip()}"
    try:
        parts = urlsplit(address)
        host = authority(address)
        is_alone = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        host, is_alone = "", False
    if not is_alone or not _HOST.fullmatch(host):
        raise ValueError(
            f"{text!r} is not the name of a host: write it as in an address, such as photo.example.jp; "
            "each host by itself, without a path and without *"
        )
    return re.sub(":(?:80|443)$", "", host)  # requests leave the usual port out


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(authority(address))
    except ValueError:
        return False
