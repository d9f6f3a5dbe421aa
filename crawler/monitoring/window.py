"""The last pages or photos of a run: what became of each of them. Plain values: no Scrapy, no files."""

import re
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field

from store.errors import UserError

SIZE = 100
"""How many pages, or photos, a share is of."""

NEUTRAL = ("missing", "denied")
"""Answers that say nothing of whether the site works: that there is no such thing, or that it opts out."""


@dataclass(frozen=True)
class Fetched:
    """One page or photo.

    Args:
        address: its address.
        outcome: that of its row; or `elsewhere`, for a page whose photo is on a host that is not allowed.
        reason: why it is not `ok`.
        kind: the error, and so the exit status, of a crawl that fails for this reason.
        is_photo: whether it is a photo.
    """

    address: str
    outcome: str
    reason: str = ""
    kind: type[UserError] = UserError
    is_photo: bool = False


@dataclass
class Window:
    """The last `SIZE` that were added, the newest last.

    `failed_in_a_row` counts since the last `ok`; those in `neutral` neither count nor end the row. `all`
    counts the outcomes of all that were added, also of those that have left.
    """

    neutral: Collection[str] = NEUTRAL
    failed_in_a_row: int = 0
    all: Counter[str] = field(default_factory=Counter)
    _last: deque[Fetched] = field(default_factory=deque)
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, fetched: Fetched) -> None:
        """Add one; the oldest leaves."""
        self._last.append(fetched)
        self.all[fetched.outcome] += 1
        self._counts[fetched.outcome] += 1
        if len(self._last) > SIZE:
            self._counts[self._last.popleft().outcome] -= 1
        if fetched.outcome == "ok":
            self.failed_in_a_row = 0
        elif fetched.outcome not in self.neutral:
            self.failed_in_a_row += 1

    def count(self, *outcomes: str) -> int:
        """Return how many of the last have one of these outcomes."""
        return sum(self._counts[outcome] for outcome in outcomes)

    @property
    def judged(self) -> int:
        """How many of the last say whether the site works."""
        return len(self._last) - self.count(*NEUTRAL)

    def of(self, *outcomes: str) -> list[Fetched]:
        """Return those of the last that have one of these outcomes."""
        return [fetched for fetched in self._last if fetched.outcome in outcomes]

    def __len__(self) -> int:
        return len(self._last)


def commonest(failed: Collection[Fetched]) -> tuple[Fetched, int]:
    """Return one that failed for the commonest reason, the first of these, and how many did so.

    Numbers and addresses differ from page to page, and make no other reason.
    """
    reasons = Counter(_kind_of(fetched.reason) for fetched in failed)
    reason, count = reasons.most_common(1)[0]
    return next(fetched for fetched in failed if _kind_of(fetched.reason) == reason), count


def _kind_of(reason: str) -> str:
    return re.sub(r"HTTP status \d+|https?://[^/\s]*(/\S*)?|\d+|'[^']*'", _without_details, reason)


def _without_details(found: re.Match[str]) -> str:
    """Return what of a reason is the same on other pages: the status, and an address's host."""
    text = found[0]
    if text.startswith("HTTP"):
        return text
    return text.removesuffix(found[1] or "") if text.startswith("http") else "…"
