"""The settings of the web app."""

from typing import Annotated

from pydantic import AfterValidator, Field

from store.options import Options
from web.door.proxies import parsed_networks


class HideOptions(Options):
    """`web.hide:` captions that no page and no copy shows, people's and the model's; pages say how many."""

    categories: tuple[str, ...] = ()
    """Captions of these categories, such as お下劣."""
    words: tuple[str, ...] = ()
    """Captions that hold one of these words, in whatever case and width."""

    @property
    def any(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.categories or self.words)


class WebOptions(Options):
    """The settings of the web app."""

    hide: HideOptions = HideOptions()
    """Which captions are not shown."""

    neighbour_pool: int | None = Field(20_000, ge=1)
    """Neighbours of a photo, and photos for mismatched captions, are looked for among so many of the training
    photos that have a vector, the first in the dataset; null: among all. Each look reads the vectors of them
    all, 16 kB a photo for fc7: 330 MB for 20,000 photos, 1.6 GB for 100,000. Nothing else is limited."""
    map_photos: int = Field(1000, ge=1, le=3000)
    """The map shows so many photos at most, and runs are compared on so many of a split: a sample that the
    dataset's fingerprint draws. All pairs of the map's are compared, so that time and memory grow with the
    square of this number; the map is laid out once, in the background, and kept."""
    proxies: Annotated[tuple[str, ...], AfterValidator(parsed_networks)] = ()
    """Addresses or networks of reverse proxies before the app, such as 10.0.0.2 or 10.0.0.0/24. Of requests
    that come from them `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Prefix` count; of others
    nothing does."""
    connections: int = Field(600, ge=1)
    """Connections that may be open at once; one more is answered 503 and closed."""
    connections_per_address: int = Field(200, ge=1)
    """Connections of one address (of IPv6: one /64) that may be open at once; known proxies have no such
    limit."""
    read_seconds: float = Field(60, gt=0)
    """Seconds for a request to arrive whole, photo included, and for an answer to be taken up again by a
    client that has stopped reading; then the connection is closed. 12 MB in 60 seconds are 1.6 megabits a
    second."""
    upload_mb: float = Field(100, ge=13)
    """Megabytes that photos of visitors may take together, from their first byte until their captions are
    written. Where there is no room the largest that is still arriving gives way, the longest silent of those
    first; no photo is ever written to disk."""
    votes_per_minute: int = Field(60, ge=1)
    """Votes of one visitor in a minute: of a judge with a key of their own, else of an address."""
    model_seconds: float = Field(30, gt=0)
    """Seconds that the model may take for one request; one that takes longer is given up, and says so."""
    copy_runs: int = Field(3, ge=1, le=20)
    """A copy (`bokeru web --export`) has the captions of so many runs at most: of the one that speaks for the
    pipeline, then of the newest."""
    keys_megabytes: float = Field(16, ge=0)
    """A copy brings a list of what the dataset holds along, for "Is mine in it?" without a server, where that
    takes at most so many megabytes: about 12 bytes a caption, and 50 a photo. 0: never."""
    decoder_megabytes: float = Field(16, ge=0)
    """A copy (`bokeru web --export`) brings the model's decoder along, so that a browser writes captions
    without a server, where that takes at most so many megabytes: about 2.7 bytes a weight. 0: never."""
