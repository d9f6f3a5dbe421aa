"""The settings of the crawl stage."""

from pydantic import Field

from dataset.options import Options


class EmbeddedSite(Options):
    """The site that Bokeru draws itself, where `crawl.site` is `embedded`."""

    photos: int = Field(600, ge=1, le=100_000)
    """How many distinct photos the site has."""
    captions_per_photo: int = Field(5, ge=1, le=200)
    """How many captions each photo has."""
    seed: int = 0
    """Another seed draws another site."""


class CrawlOptions(Options):
    """`crawl:` in pipelines.yaml."""

    site: str = "embedded"
    """The address a crawl starts from, or `embedded`: the site that Bokeru draws and serves itself."""
    embedded: EmbeddedSite = EmbeddedSite()
    """What the embedded site holds."""
    start: tuple[str, ...] = ("/boke/recent",)
    """Paths that the crawl starts from: lists, odai pages, boke pages."""
    contact: str | None = None
    """An e-mail or web address for the User-Agent, so that the site can reach you. A real crawl needs it."""
    delay: float = Field(3.0, ge=0)
    """Seconds between two requests (the embedded site needs none)."""
    concurrency: int = Field(1, ge=1, le=16)
    """Requests under way at one time."""
    timeout: float = Field(60, gt=0)
    """Seconds that one answer may take, from the request to its last byte."""
    max_pages: int | None = Field(None, ge=1)
    """Stop after this many pages; null means no limit."""
    max_photos: int | None = Field(None, ge=1)
    """Stop after this many photos; null means no limit."""
    max_drift: float = Field(0.05, ge=0, le=1)
    """The share of pages of unknown markup past which the crawl fails."""
    shard_rows: int = Field(10_000, ge=1)
    """Rows after which a shard is committed."""
    shard_megabytes: int = Field(256, ge=1)
    """Size after which a shard is committed."""
    shard_seconds: float = Field(30, gt=0)
    """Seconds after which a shard is committed: what a kill can cost."""
