"""The frontier: addresses that wait to be fetched, in memory; filled from the tables and from each page."""

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from itertools import count
from urllib.parse import urlsplit

from crawler.items import PageRow, PhotoRow
from crawler.job import Job
from crawler.link_rules import links_to_follow
from crawler.memory.address_set import AddressSet
from crawler.memory.last_row import LastRow
from crawler.memory.tables import Kind, Tables
from crawler.parsing.markup import identifier, page_number
from store.addresses import narrower

CAPACITY = 50_000
"""How many addresses of a kind wait in memory. More are dropped: the tables hold every link of every page, so
they are found there again once the queue is empty."""

Rank = tuple[bool, int, int, str]
IsOpen = Callable[[str], bool]


def any_host(url: str) -> bool:
    """Let every address pass."""
    return True


class PageQueue:
    """Pages that wait, smallest rank first: odai before lists, odai by number, then by page number.

    Args:
        sign: 1 for the oldest odai first, -1 for the newest.
    """

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._heap: list[Rank] = []

    def fill(self, addresses: Iterable[str]) -> None:
        """Add many addresses at once, to an empty queue or a full one."""
        self._heap += map(self._rank, addresses)
        heapify(self._heap)

    def push(self, address: str) -> None:
        """Add one address."""
        heappush(self._heap, self._rank(address))

    def pop(self, is_open: IsOpen = any_host) -> str:
        """Remove and return the address with the smallest rank; all are on one host, the site's."""
        return heappop(self._heap)[-1]

    def has_open(self, is_open: IsOpen = any_host) -> bool:
        """Tell whether a page waits whose host may be asked."""
        return bool(self._heap) and is_open(self._heap[0][-1])

    def _rank(self, address: str) -> Rank:
        odai = identifier("odai", address)
        return odai is None, self._sign * (odai or 0), page_number(address), address

    def __len__(self) -> int:
        return len(self._heap)


class PhotoQueue:
    """Photos that wait, first in, first out, but for those whose host is left alone: others pass them."""

    def __init__(self) -> None:
        self._by_host: dict[str, deque[tuple[int, str]]] = {}
        self._numbers = count()

    def fill(self, addresses: Iterable[str]) -> None:
        """Add many addresses."""
        for address in addresses:
            self.push(address)

    def push(self, address: str) -> None:
        """Add one address."""
        self._of(address).append((next(self._numbers), address))

    def put_first(self, address: str) -> None:
        """Let the address that was added last be the first of its host."""
        waiting = self._of(address)
        waiting.rotate(1)
        waiting[0] = (-1, address)

    def pop(self, is_open: IsOpen = any_host) -> str:
        """Remove and return the address that has waited longest, of those whose host may be asked."""
        waiting = min(
            (queue for queue in self._by_host.values() if queue and is_open(queue[0][1])), key=_head
        )
        return waiting.popleft()[1]

    def has_open(self, is_open: IsOpen = any_host) -> bool:
        """Tell whether a photo waits whose host may be asked."""
        return any(queue and is_open(queue[0][1]) for queue in self._by_host.values())

    def _of(self, address: str) -> deque[tuple[int, str]]:
        return self._by_host.setdefault(urlsplit(address).netloc, deque())

    def __len__(self) -> int:
        return sum(map(len, self._by_host.values()))


def _head(queue: deque[tuple[int, str]]) -> tuple[int, str]:
    return queue[0]


class Queue:
    """The addresses of one kind that are due; `pop` returns each address once.

    Args:
        kind: pages or images.
        tables: the tables as they are before anything is fetched.
        waiting: an empty queue, which sets the order.
    """

    def __init__(self, kind: Kind, tables: Tables, waiting: PageQueue | PhotoQueue) -> None:
        self._kind: Kind = kind
        self._seen = AddressSet(tables.settled_hashes(kind))
        self._waiting = waiting
        due = list(tables.due(kind, CAPACITY))
        for address in due:
            self._seen.add(address)
        waiting.fill(due)
        self._overflowed = len(due) == CAPACITY

    def add(self, addresses: Iterable[str]) -> None:
        """Add the addresses that were not seen before; drop them if CAPACITY wait already."""
        for address in addresses:
            if len(self._waiting) >= CAPACITY:
                # Not added to `_seen`: `refill` must still be able to add it.
                self._overflowed = self._overflowed or address not in self._seen
            elif self._seen.add(address):
                self._waiting.push(address)

    def refill(self, tables: Tables) -> None:
        """Add what was dropped, from the tables."""
        self._overflowed = False
        # More than fit: addresses under way have no row yet, so they are due there too, and `add` skips them.
        self.add(tables.due(self._kind, 2 * CAPACITY))

    def pop(self, is_open: IsOpen = any_host) -> str:
        """Remove and return the next address, of those whose host may be asked."""
        return self._waiting.pop(is_open)

    def has_open(self, is_open: IsOpen = any_host) -> bool:
        """Tell whether an address waits whose host may be asked."""
        return self._waiting.has_open(is_open)

    @property
    def needs_refill(self) -> bool:
        """Whether nothing waits in memory, but addresses were dropped."""
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
        self._photo_queue = PhotoQueue()
        self.photos = Queue("images", tables, self._photo_queue)
        self._listed = tables.listed()
        self._last_rows = tables.last_rows(CAPACITY)
        # For photos that wait or are under way, so no more than those.
        self._shown_on = tables.pages_of_due_photos(CAPACITY) if len(self.photos) else {}

    def has_nothing_new(self, row: PageRow) -> bool:
        """Tell whether a page of a list, read again, shows only what the list had shown before."""
        return self._listed.has_nothing_new(row)

    def follow(self, row: PageRow | PhotoRow) -> None:
        """Add the pages and photos that a row leads to; `tables` finds the same ones in what is on disk."""
        if isinstance(row, PhotoRow):
            page = self._shown_on.pop(str(row["url"]), None)
            self._add_photos([row.next_copy] if row.next_copy else [], page)
            return
        self.pages.add(links_to_follow(row, self._job.options))
        self._add_photos(filter(self._job.is_allowed, row.photos), str(row["url"]))

    def shown_on(self, address: str) -> str | None:
        """Return the page that shows a photo that waits or is under way; None where that is not known."""
        return self._shown_on.get(address)

    def last_row(self, address: str) -> LastRow | None:
        """Return where the newest row of a page lies that is to be asked for only if it has changed."""
        return self._last_rows.pop(address, None)

    def narrow(self, photo: str) -> None:
        """Let a photo's narrower copy be asked for first of its host, which answers with no wider one."""
        copy, waiting = narrower(photo), len(self.photos)
        self._add_photos([copy] if copy else [], self.shown_on(photo))
        if copy and len(self.photos) > waiting:
            self._photo_queue.put_first(copy)

    def _add_photos(self, addresses: Iterable[str], page: str | None) -> None:
        for address in addresses:
            waiting = len(self.photos)
            self.photos.add([address])
            if page and len(self.photos) > waiting:
                self._shown_on[address] = page

    def refill(self) -> None:
        """Add what was dropped, from the tables on disk; all rows must have been committed before."""
        with Tables(self._job) as tables:
            for queue in (self.pages, self.photos):
                if queue.needs_refill:
                    queue.refill(tables)
            if len(self.photos):
                self._shown_on |= tables.pages_of_due_photos(CAPACITY)

    @property
    def needs_refill(self) -> bool:
        """Whether a queue is empty although addresses were dropped from it."""
        return self.pages.needs_refill or self.photos.needs_refill

    def __len__(self) -> int:
        return len(self.pages) + len(self.photos)
