"""Fault injection: the seed decides which addresses have a fault, so tests can compute what to expect.

A page or photo has its fault at every request, or at the first ones only, as its line in `demo.variants`
says.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import blake2b
from threading import Lock

from demo.faults import pages, photos, traffic, whole_site
from demo.faults.fault import Fault, Request
from demo.serving.responses import Response
from demo.variants import FAULTS, PAGE_FAULTS, PHOTO_FAULTS, SITE_FAULTS

_MIN_PERIOD = 8
"""A fault affects at most one photo in so many: most of a site stays correct."""

FAULTS_BY_NAME: dict[str, Fault] = traffic.FAULTS | pages.FAULTS | photos.FAULTS | whole_site.FAULTS
"""The function of each fault in `demo.variants`."""


class FaultInjector:
    """Injects the faults of one site into its responses.

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
        self._site_faults = [name for name in SITE_FAULTS if name in self.names]
        # The shift makes another seed affect other photos.
        digest = blake2b(f"{seed}/faults".encode(), digest_size=4).digest()
        self._shift = int.from_bytes(digest, "big")
        self._requests: Counter[str] = Counter()
        self._lock = Lock()

    def fault_of(self, photo: int, kind: Collection[str]) -> str | None:
        """Return the photo's fault among those of a kind, `PAGE_FAULTS` or `PHOTO_FAULTS`; None for none."""
        candidates = [name for name in kind if name in self.names]
        position = (photo + self._shift) % max(len(candidates), _MIN_PERIOD)
        return candidates[position] if position < len(candidates) else None

    def faults_for(self, request: Request) -> list[str]:
        """Return the names of the faults of an address."""
        names = list(self._site_faults)
        kinds = {"odai": PAGE_FAULTS, "photo": PHOTO_FAULTS}
        if request.photo is not None and request.kind in kinds:
            name = self.fault_of(request.photo, kinds[request.kind])
            names += [name] if name else []
        return names

    def inject(self, response: Response, request: Request) -> Response:
        """Return what is sent in place of the correct response; often that is the correct response."""
        names = self.faults_for(request)
        if not names:
            return response
        with self._lock:  # the server answers each connection in a thread of its own
            earlier = self._requests[request.target]
            self._requests[request.target] += 1
        for name in names:
            response = FAULTS_BY_NAME[name](response, request, earlier)
        return response
