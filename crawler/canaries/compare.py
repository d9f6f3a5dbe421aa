"""Compares what a page says of a known boke with what it said before, field by field."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from crawler.canaries.canary import Canary
from crawler.parsing.merge import is_same_text
from store.addresses import authority, photo_key
from store.schema import JAPAN

NUMBER = "number"
"""The field that is wrong where a page can be read and shows other boke: this one may be deleted."""
_QUOTED = 7
"""Characters of a caption that a message shows. Messages stay in reports and logs, where `bokeru forget` does
not reach; so they never hold a caption that could be found by it."""
_ROUNDED_FROM = 1000
"""Stars from which a page may write 1.2万 for 12,345."""

# How far a relative date may be from the true one, by the age that it tells: some one and a half of its unit,
# as it is 「くらい」, and sites round down or to the nearest.
_ABOUT = (
    (timedelta(days=365), timedelta(days=549)),
    (timedelta(days=28), timedelta(days=46)),
    (timedelta(days=7), timedelta(days=11)),
    (timedelta(days=1), timedelta(days=2)),
    (timedelta(hours=1), timedelta(minutes=91)),
    (timedelta(0), timedelta(minutes=5)),
)


@dataclass(frozen=True)
class Difference:
    """One field that is not as it was; `expected` and `found` are words for a message."""

    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, found {self.found}"


def differences(
    canary: Canary, page: Mapping[str, Any], address: str, hosts: Collection[str]
) -> list[Difference]:
    """Return the fields of a page that are not as the canary has them.

    Args:
        page: the row of the pages table that was read now, whatever its outcome.
        address: where redirects led to, as the one address of its page.
        hosts: those that the crawl may fetch from.
    """
    wrong = [] if address == canary.url else [Difference("address", canary.url, address)]
    bokes: list[dict[str, Any]] = page["bokes"] or []
    shown = next((boke for boke in bokes if boke["boke_id"] == canary.boke_id), None)
    if shown is not None:
        return wrong + _of_boke(canary, page, shown, hosts)
    if page["outcome"] == "ok":  # it can be read, and the boke is not there
        others = ", ".join(str(boke["boke_id"]) for boke in bokes[:3])
        wrong.append(Difference(NUMBER, str(canary.boke_id), f"others ({others})" if bokes else "no boke"))
        photo = _photo(canary, page["image_url"], hosts) if page["odai_id"] is not None else None
        return [*wrong, photo] if photo else wrong
    nothing = {"boke_id": None, "text": None, "stars": None, "image_url": None, "posted": None}
    return wrong + _of_boke(canary, page, nothing | {"odai_id": None}, hosts)


def _of_boke(
    canary: Canary, page: Mapping[str, Any], boke: Mapping[str, Any], hosts: Collection[str]
) -> list[Difference]:
    found_at = page["fetched_at"]
    checks = (
        _text(canary.text, boke["text"]),
        _stars(canary.stars, boke["stars"]),
        _photo(canary, boke["image_url"] or page["image_url"], hosts),
        _posted(canary, boke["posted"], found_at),
        _odai(canary.odai_id, boke["odai_id"]),
    )
    return [difference for difference in checks if difference]


def _text(expected: str, found: str | None) -> Difference | None:
    if found and (is_same_text(found, expected) or is_same_text(expected, found)):
        return None
    return Difference("text", _quoted(expected), _quoted(found))


def _stars(expected: int | None, found: int | None) -> Difference | None:
    """Stars grow. A number that ends in noughts may be a rounded one, cut off or to the nearest."""
    if expected is None or (found is not None and found >= expected):
        return None
    if found is not None and found >= _ROUNDED_FROM:
        digits = str(found)
        step = 10 ** (len(digits) - len(digits.rstrip("0")))
        if step > 1 and found > expected - step:
            return None
    return Difference("stars", f"at least {expected:,}", "none" if found is None else f"{found:,}")


def _photo(canary: Canary, found: str | None, hosts: Collection[str]) -> Difference | None:
    wanted = canary.image_url or f"one on {' or '.join(sorted(hosts))}"
    if found is None:
        return Difference("photo", wanted, "none")
    if authority(found) not in hosts:
        return Difference("photo", wanted, f"{found}, whose host crawl.image_hosts lacks")
    if canary.image_url and photo_key(found) != photo_key(canary.image_url):
        return Difference("photo", wanted, found)
    return None


def _posted(canary: Canary, found: datetime | None, found_at: datetime) -> Difference | None:
    expected = canary.posted
    if expected is None:
        return None
    if found is not None:
        off = max(_inexactness(expected, canary.seen_at), _inexactness(found, found_at))
        if abs(found - expected) <= off:
            return None
    return Difference("date", _day(expected), _day(found))


def _odai(expected: int | None, found: int | None) -> Difference | None:
    if expected is None or found is None or found == expected:
        return None  # a page of one boke need not name its odai
    return Difference("odai", str(expected), str(found))


def _inexactness(posted: datetime, read_at: datetime) -> timedelta:
    """Return how far a date may be from the true one.

    One of days, months or years ago is read as the beginning of a day; one with a time of day is exact.
    """
    age, day = read_at - posted, timedelta(days=1)
    if posted.astimezone(JAPAN).time() == time(0):
        age = max(age, day)  # 今日 is the beginning of a day, too
    elif age >= day:
        return timedelta(minutes=1)
    return next((about for least, about in _ABOUT if age >= least), _ABOUT[-1][1])


def _quoted(text: str | None) -> str:
    if not text:
        return "none"
    cut = text.replace("\n", " ")
    if len(cut) <= _QUOTED:
        return f"「{cut}」"
    return f"「{cut[:_QUOTED]}…」 ({len(cut)} characters)"


def _day(moment: datetime | None) -> str:
    return "none" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
