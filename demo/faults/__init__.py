"""The faults that a crawler meets, each at addresses that the seed decides.

An odai page with a fault has it each time, or at its first requests, as the fault's line in `demo.variants`
says; so what a crawl should make of each address can be told in advance: `victims` names them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b
from threading import Lock

from demo.faults import pages, photos, traffic
from demo.responses import Asked, Response
from demo.variants import FAULTS, PAGE_FAULTS, PHOTO_FAULTS, SITE_FAULTS

Fault = Callable[[Response, Asked, int], Response]
"""Takes the right answer, what was asked for, and how often it was before (from 0)."""


_LEAST_PERIOD = 8
"""At most one photo in so many has a given fault: most of a site stays as it is."""


def victims(names: Iterable[str], photos: int, seed: int) -> dict[str, list[int]]:
    """Return the photos that have each of some faults (themselves, or their odai page), by fault.

    A site of as many photos as it has page faults, and of 8 at least, has every fault that it is asked for;
    faults of the whole site have no victims.
    """
    faults = Faults(names, seed)
    found = {name: list[int]() for name in sorted(faults.names)}
    for photo in range(photos):
        for kind in (PAGE_FAULTS, PHOTO_FAULTS):
            if name := faults.at(photo, kind):
                found[name].append(photo)
    return found


class Faults:
    """The faults of one site.

    Args:
        names: keys of `demo.variants.FAULTS`.
        seed: the site's seed.

    Raises:
        ValueError: an unknown name; the message shows it.
    """

    def __init__(self, names: Iterable[str], seed: int) -> None:
        self.names = set(names)
        if unknown := sorted(self.names - FAULTS.keys()):
            raise ValueError(f"no fault is called {unknown[0]!r}; there are {', '.join(FAULTS)}")
        self._site = [name for name in SITE_FAULTS if name in self.names]
        digest = blake2b(f"{seed}/faults".encode(), digest_size=4).digest()
        self._shift = int.from_bytes(digest, "big")
        self._asked: Counter[str] = Counter()
        self._lock = Lock()

    def at(self, photo: int, kind: Collection[str]) -> str | None:
        """Return the fault of a photo among those of a kind: `PAGE_FAULTS` or `PHOTO_FAULTS`."""
        named = [name for name in kind if name in self.names]
        place = (photo + self._shift) % max(len(named), _LEAST_PERIOD)
        return named[place] if place < len(named) else None

    def of(self, asked: Asked) -> list[str]:
        """Return the names of the faults of an address."""
        found = list(self._site)
        kinds = {"odai": PAGE_FAULTS, "photo": PHOTO_FAULTS}
        if asked.photo is not None and asked.kind in kinds:
            fault = self.at(asked.photo, kinds[asked.kind])
            found += [fault] if fault else []
        return found

    def spoil(self, response: Response, asked: Asked) -> Response:
        """Return what is sent instead of the right answer, which is often the right answer."""
        names = self.of(asked)
        if not names:
            return response
        with self._lock:
            before = self._asked[asked.target]
            self._asked[asked.target] += 1
        for name in names:
            response = SPOILERS[name](response, asked, before)
        return response


SPOILERS: dict[str, Fault] = traffic.FAULTS | pages.FAULTS | photos.FAULTS
"""What makes each fault of `demo.variants`."""
