"""The closing suite: what is wrong with a crawl that has fetched all that was due, however little that was.

The first check that fails counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from crawler.monitoring import alarms
from crawler.monitoring.alarms import Alarm
from crawler.monitoring.seen import (
    CHANCE,
    NUMBERED,
    PHOTOS,
    Check,
    Seen,
    by_number,
    most_elsewhere,
    most_lists,
)
from crawler.monitoring.window import NEUTRAL, SIZE, Window

_FEW = 5
"""Odai that lists lead to may be gone by the time they are asked for, but hardly so many and no other."""


def photos_elsewhere_at_all(seen: Seen) -> Alarm | None:
    """Fail where the photos of most pages are elsewhere, however few pages there are."""
    return most_elsewhere(seen)


def lists_lead_nowhere_at_all(seen: Seen) -> Alarm | None:
    """Fail where most lists lead nowhere, however few lists there are."""
    return most_lists(seen)


def drift_with_earlier(seen: Seen) -> Alarm | None:
    """Fail by the share of drift in this run; in a small one, with the pages before it."""
    counts, total = _with_earlier(seen.pages, seen.earlier_pages)
    limit, failed = seen.job.options.max_drift, seen.pages.of("drift")
    of_run = {outcome: count for outcome, count in seen.pages.all.items() if outcome not in NEUTRAL}
    if sum(of_run.values()) >= SIZE:
        counts, total = of_run, sum(of_run.values())
    chance = CHANCE if total == SIZE else 0
    if not failed or counts["drift"] <= limit * total + chance:
        return None
    return alarms.drift(seen.job, failed, counts["drift"], total)


def pages_fail_with_earlier(seen: Seen) -> Alarm | None:
    """Fail by the share of pages that fail, in this run and in those before it."""
    return _failing_with_earlier(seen, seen.pages, seen.earlier_pages, "pages") or _failing_with_earlier(
        seen, seen.numbered, seen.earlier_pages, NUMBERED
    )


def photos_fail_with_earlier(seen: Seen) -> Alarm | None:
    """Fail by the share of photos that fail, in this run and in those before it."""
    return _failing_with_earlier(seen, seen.photos, seen.earlier_photos, PHOTOS)


def no_page(seen: Seen) -> Alarm | None:
    """Fail where pages were due, and nothing of them came.

    An odai that is not there is an answer; a list that is not there is none, nor are lists all of whose odai
    are not there.
    """
    options, numbered = seen.job.options, seen.numbered
    limits = {"drift": options.max_drift, "error": options.max_errors}
    judged = [outcome for outcome, limit in limits.items() if limit < 1]
    for window, noun in ((seen.pages, "page"), (numbered, "page of an odai or boke")):
        if (failed := window.of(*judged)) and not window.all["ok"]:
            return alarms.failing(seen.job, failed, f"no {noun} could be read")
    lists = [page for page in seen.lists.of("missing") if page.address in seen.job.start_urls()]
    if lists and not seen.pages.all["ok"]:
        return alarms.failing(seen.job, lists, "no page could be read")
    missing = numbered.of("missing")
    if not by_number(seen) and len(missing) >= _FEW and len(missing) == len(numbered):
        return alarms.absent(
            seen.job, missing, f"none of the {len(missing)} odai that lists lead to is there"
        )
    return None


def no_photo(seen: Seen) -> Alarm | None:
    """Fail where photos were due, and none came.

    That a photo is not there, or opts out, is an answer where any photo has come before.
    """
    photos, has_earlier = seen.photos, "ok" in seen.earlier_photos
    if not len(photos) or photos.all["ok"]:
        return None
    if failed := photos.of("error") if seen.job.options.max_errors < 1 else []:
        return alarms.failing(seen.job, failed, "no photo came")
    if (denied := photos.of("denied")) and not has_earlier:
        return alarms.opted_out(seen.job, denied, f"no photo came: {len(denied)} opt out of being collected")
    missing = photos.of("missing")
    if not missing or has_earlier:
        return None
    return alarms.absent(seen.job, missing, f"no photo came: none of {len(missing)} is there")


CLOSING: tuple[Check, ...] = (
    photos_elsewhere_at_all,
    lists_lead_nowhere_at_all,
    drift_with_earlier,
    pages_fail_with_earlier,
    photos_fail_with_earlier,
    no_page,
    no_photo,
)


def _failing_with_earlier(seen: Seen, window: Window, earlier: Sequence[str], noun: str) -> Alarm | None:
    counts, total = _with_earlier(window, earlier)
    failed = window.of("error")
    if not failed or counts["error"] <= seen.job.options.max_errors * total:
        return None
    return alarms.above(seen.job, failed, counts["error"], total, noun)


def _with_earlier(window: Window, earlier: Sequence[str]) -> tuple[Mapping[str, int], int]:
    """Return the outcomes of the last `SIZE`, of this run and before it, and how many there are."""
    judged = (outcome for outcome in earlier if outcome not in NEUTRAL)
    counts = Counter(islice(judged, SIZE - window.judged))
    for outcome in ("ok", "drift", "error"):
        counts[outcome] += window.count(outcome)
    return counts, counts.total()
