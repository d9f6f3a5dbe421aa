"""One known boke, and the file that keeps a few of them beside the crawl's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crawler.job import Job
from store.addresses import is_same_site, page_address
from store.errors import DamagedFile, UsageError
from store.forget.forgotten import ForgottenFilter
from store.register.small_table import read_rows
from store.schema import CANARIES

NAME = "canaries.parquet"


@dataclass(frozen=True)
class Canary:
    """What a page said of one boke when it was kept.

    Args:
        url: the page that showed it, of its odai or of itself.
        layout: the markup that the page was read by, or the importer that read it.
        stars: it has at least so many since then.
        image_url: the photo's address; None where only its bytes are known, as from an import.
        posted: as exactly as it was known then.
        seen_at: when all this was read.
        sha256: of the photo, where it was fetched. It is for `bokeru forget`.
    """

    url: str
    layout: str | None
    odai_id: int | None
    boke_id: int
    text: str
    stars: int | None
    image_url: str | None
    posted: datetime | None
    seen_at: datetime
    sha256: str | None = None

    def row(self) -> dict[str, Any]:
        """Return its row of the table."""
        return asdict(self)


def load_canaries(job: Job, forgotten: ForgottenFilter) -> list[Canary]:
    """Return the canaries of a crawl but for forgotten ones; none where none were kept, or all are gone.

    Raises:
        DamagedFile: the file is not whole, or a row lacks what a canary needs.
        UsageError: they are of another site than `crawl.site`.
    """
    path, anew = job.directory / NAME, job.place.command("canaries")
    remedy = f"Delete it, and keep new ones: {anew}"
    canaries = []
    for number, row in enumerate(read_rows(path, CANARIES, remedy), 1):
        if lacking := [name for name in ("url", "boke_id", "text", "seen_at") if row[name] is None]:
            raise DamagedFile(path, f"row {number} has no {lacking[0]}", remedy)
        if not is_same_site(row["url"], job.site):
            raise UsageError(
                f"{path}, row {number}: {row['url']} is not on crawl.site ({job.site}). "
                f"Correct crawl.site, or keep canaries of that site: {anew}"
            )
        if forgotten.canary(row):
            canaries.append(Canary(**{**row, "url": page_address(row["url"], job.site)}))
    return canaries


def as_rows(canaries: Iterable[Canary]) -> list[Mapping[str, Any]]:
    """Return the rows of the table."""
    return [canary.row() for canary in canaries]
