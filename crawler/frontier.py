"""What to fetch next: the queues in memory, filled from the tables and from every page read."""

from collections import deque
from collections.abc import Iterable

from crawler.addresses import AddressSet
from crawler.items import PageRow
from crawler.job import Job
from crawler.tables import Kind, Tables

_CAPACITY = 50_000


class Queue:
    """The addresses of one kind that wait to be fetched, each given out once.

    At most some ten thousand wait in memory. More are dropped and found again in the tables, which hold
    every link of every page, once those that waited are done.
    """

    def __init__(self, kind: Kind, tables: Tables) -> None:
        self._kind: Kind = kind
        self._seen = AddressSet(tables.settled(kind))
        self._waiting = deque(tables.missing(kind, _CAPACITY))
        for address in self._waiting:
            self._seen.add(address)
        self.overflowed = len(self._waiting) == _CAPACITY

    def add(self, addresses: Iterable[str]) -> None:
        """Let addresses wait that were never given out."""
        for address in addresses:
            if len(self._waiting) >= _CAPACITY:
                self.overflowed = self.overflowed or address not in self._seen
            elif self._seen.add(address):
                self._waiting.append(address)

    def refill(self, tables: Tables) -> None:
        """Find in the tables what was dropped."""
        self.overflowed = False
        self.add(tables.missing(self._kind, 2 * _CAPACITY))

    def pop(self) -> str:
        """Return the next address."""
        return self._waiting.popleft()

    @property
    def is_dry(self) -> bool:
        """Whether nothing waits here, but something does in the tables."""
        return self.overflowed and not self._waiting

    def __len__(self) -> int:
        return len(self._waiting)


class Frontier:
    """The two queues, pages and photos.

    Args:
        job: what is crawled.
        tables: the tables as they are before anything is fetched.
    """

    def __init__(self, job: Job, tables: Tables) -> None:
        self._job = job
        self.pages = Queue("pages", tables)
        self.photos = Queue("images", tables)

    def follow(self, row: PageRow) -> None:
        """Let the pages and photos wait that a page leads to."""
        if row["outcome"] == "ok":
            self.pages.add(row["links"])  # type: ignore[arg-type]
            photos = [row["image_url"], *(boke["image_url"] for boke in row["bokes"])]  # type: ignore[attr-defined]
            self.photos.add(dict.fromkeys(photo for photo in photos if photo))

    def refill(self) -> None:
        """Find again what was dropped; the store must have been committed."""
        with Tables(self._job) as tables:
            for queue in (self.pages, self.photos):
                if queue.is_dry:
                    queue.refill(tables)

    @property
    def is_dry(self) -> bool:
        """Whether something waits only in the tables."""
        return self.pages.is_dry or self.photos.is_dry

    def __len__(self) -> int:
        return len(self.pages) + len(self.photos)
