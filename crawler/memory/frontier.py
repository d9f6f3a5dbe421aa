"""What to fetch next: the queues in memory, filled from the tables and from every page read."""

from collections import deque
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from crawler.items import PageRow, PhotoRow
from crawler.job import Job
from crawler.memory.address_set import AddressSet
from crawler.memory.tables import Kind, Tables
from crawler.parsing.markup import identifier, page_number
from store.addresses import narrower

CAPACITY = 50_000
"""How many addresses of a kind wait in memory. More are dropped, and found again in the tables, which hold
every link of every page, once those that waited are done."""

Rank = tuple[bool, int, int, str]


class PageQueue:
    """Pages that wait: odai before lists, by number; smallest rank first.

    Args:
        sign: 1 for the oldest odai first, -1 for the newest.
    """

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._heap: list[Rank] = []

    def fill(self, addresses: Iterable[str]) -> None:
        """Take many addresses."""
        self._heap += map(self._rank, addresses)
        heapify(self._heap)

    def push(self, address: str) -> None:
        """Take one address."""
        heappush(self._heap, self._rank(address))

    def pop(self) -> str:
        """Give out the first."""
        return heappop(self._heap)[-1]

    def _rank(self, address: str) -> Rank:
        odai = identifier("odai", address)
        return odai is None, self._sign * (odai or 0), page_number(address), address

    def __len__(self) -> int:
        return len(self._heap)


class PhotoQueue:
    """Photos that wait, first come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self.fill, self.push, self.pop = self._waiting.extend, self._waiting.append, self._waiting.popleft

    def __len__(self) -> int:
        return len(self._waiting)


class Queue:
    """The addresses of one kind, each given out once.

    Args:
        kind: pages or images.
        tables: the tables as they are before anything is fetched.
        waiting: an empty queue, which sets the order.
    """

    def __init__(self, kind: Kind, tables: Tables, waiting: PageQueue | PhotoQueue) -> None:
        self._kind: Kind = kind
        self._seen = AddressSet(tables.settled(kind))
        self._waiting = waiting
        missing = list(tables.missing(kind, CAPACITY))
        for address in missing:
            self._seen.add(address)
        waiting.fill(missing)
        self._overflowed = len(missing) == CAPACITY

    def add(self, addresses: Iterable[str]) -> None:
        """Let addresses wait that were never given out."""
        for address in addresses:
            if len(self._waiting) >= CAPACITY:
                self._overflowed = self._overflowed or address not in self._seen
            elif self._seen.add(address):
                self._waiting.push(address)

    def refill(self, tables: Tables) -> None:
        """Find in the tables what was dropped."""
        self._overflowed = False
        self.add(tables.missing(self._kind, 2 * CAPACITY))

    def pop(self) -> str:
        """Return the next address."""
        return self._waiting.pop()

    @property
    def is_dry(self) -> bool:
        """Whether nothing waits here, but something does in the tables."""
        return self._overflowed and not self._waiting

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
        sign = -1 if job.options.order == "newest" else 1
        self.pages = Queue("pages", tables, PageQueue(sign))
        self.photos = Queue("images", tables, PhotoQueue())

    def follow(self, row: PageRow | PhotoRow) -> None:
        """Let the pages and photos wait that a row leads to; `tables` finds the same in what is on disk."""
        if isinstance(row, PhotoRow):
            narrow = narrower(str(row["url"])) if row["outcome"] == "missing" else None
            self.photos.add([narrow] if narrow else [])
            return
        self.pages.add(row["links"])  # type: ignore[arg-type]
        if row["outcome"] == "ok":
            of_no_odai = (boke["image_url"] for boke in row["bokes"] if boke["odai_id"] is None)  # type: ignore[attr-defined]
            self.photos.add(dict.fromkeys(photo for photo in (row["image_url"], *of_no_odai) if photo))

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
