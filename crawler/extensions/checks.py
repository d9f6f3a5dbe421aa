"""What ends a crawl that has gone wrong as a whole: the monitor's checks, pure functions of what a run saw.

As in Spidermon, one suite runs again and again while a crawl runs (`PERIODIC`), and another when it has ended
(`CLOSING`). Of several that fail, the first counts.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from crawler.extensions import alarms
from crawler.extensions.alarms import Alarm
from crawler.extensions.window import NEUTRAL, SIZE, Window
from crawler.job import Job

ENOUGH = 20
"""How many a share must be of, at least, while a crawl runs: at its end, any number will do."""
IN_A_ROW = 10
"""So many failures in a row are enough: with half of all failing, one row in a thousand is so long."""
_CHANCE = 10
"""By so many, of `SIZE`, drift may pass its limit by chance: of a site with 4% of drift, where 5% are
allowed, two windows in a million have more."""
NEARLY_ALL = 0.95
"""The share of answers that are a no, or that there is no such thing, from which on they are no chance."""
_PHOTOS = "photos (image_url)"
_NUMBERED = "pages of odai and boke"
_LISTS = 3
"""How many lists are enough to tell whether lists lead anywhere: a list leads to many pages."""
_FEW = 5
"""Odai that lists lead to may be gone by the time they are asked for, but hardly so many and no other."""


@dataclass
class Seen:
    """What a run saw, and what the tables held before it.

    Args:
        job: what is crawled.
        earlier_pages: the outcomes of the pages fetched last before this run, the newest first.
        earlier_photos: those of the photos.
        pages: every page.
        lists: those that are lists.
        numbered: those of an odai or a boke: lists that are right between them must not hide that all fail.
        with_photo: pages of odai that name a photo, by whether its host is one of the site's.
        photos: every photo, by the answer for its last copy.
    """

    job: Job
    earlier_pages: Sequence[str] = ()
    earlier_photos: Sequence[str] = ()
    pages: Window = field(default_factory=Window)
    lists: Window = field(default_factory=Window)
    numbered: Window = field(default_factory=Window)
    with_photo: Window = field(default_factory=Window)
    photos: Window = field(default_factory=Window)


Check = Callable[[Seen], Alarm | None]


def photos_elsewhere(seen: Seen) -> Alarm | None:
    """Fail where photos have moved to another host."""
    in_a_row = seen.with_photo.failed_in_a_row >= IN_A_ROW and seen.job.options.max_errors < 1
    return _elsewhere(seen) if in_a_row or seen.with_photo.judged >= ENOUGH else None


def lists_lead_nowhere(seen: Seen) -> Alarm | None:
    """Fail where lists are drift, or lead to no odai."""
    return _lists(seen) if seen.lists.judged >= _LISTS else None


def drift(seen: Seen) -> Alarm | None:
    """Fail where pages have markup that no layout knows, or lack a field that each such page has."""
    failed, limit = seen.pages.of("drift"), seen.job.options.max_drift
    in_a_row = max(seen.pages.failed_in_a_row, seen.numbered.failed_in_a_row) >= IN_A_ROW and limit < 1
    if len(failed) <= limit * SIZE + _CHANCE and not (in_a_row and failed):
        return None
    return alarms.drift(seen.job, failed, len(failed), seen.pages.judged)


def pages_fail(seen: Seen) -> Alarm | None:
    """Fail where pages fail: in a row, or more than the limit; so where those of odai and boke do."""
    return _failing(seen, seen.pages, "pages") or _failing(seen, seen.numbered, _NUMBERED)


def photos_fail(seen: Seen) -> Alarm | None:
    """Fail where photos fail: in a row, or more than the limit; or where none is there any more."""
    missing = seen.photos.of("missing")
    if len(missing) == SIZE:
        return alarms.absent(seen.job, missing, f"none of the last {SIZE} {_PHOTOS} is there")
    return _failing(seen, seen.photos, _PHOTOS)


def linked_odai_are_missing(seen: Seen) -> Alarm | None:
    """Fail where lists lead to odai that are not there."""
    missing, total = seen.numbered.of("missing"), len(seen.numbered)
    if _by_number(seen) or total < ENOUGH or len(missing) < NEARLY_ALL * total:
        return None
    return alarms.absent(
        seen.job, missing, f"{len(missing)} of the last {total} odai that lists lead to are not there"
    )


def pages_opt_out(seen: Seen) -> Alarm | None:
    """Fail where nearly all pages opt out of being collected."""
    denied, total = seen.pages.of("denied"), len(seen.pages)
    if total < ENOUGH or len(denied) < NEARLY_ALL * total:
        return None
    return alarms.opted_out(
        seen.job, denied, f"{len(denied)} of the last {total} pages opt out of being collected"
    )


def photos_elsewhere_at_all(seen: Seen) -> Alarm | None:
    """Fail where the photos of most pages are elsewhere, however few pages there are."""
    return _elsewhere(seen)


def lists_lead_nowhere_at_all(seen: Seen) -> Alarm | None:
    """Fail where most lists lead nowhere, however few lists there are."""
    return _lists(seen)


def drift_with_earlier(seen: Seen) -> Alarm | None:
    """Fail by the share of drift in this run; in a small one, with the pages before it."""
    counts, total = _with_earlier(seen.pages, seen.earlier_pages)
    limit, failed = seen.job.options.max_drift, seen.pages.of("drift")
    of_run = {outcome: count for outcome, count in seen.pages.all.items() if outcome not in NEUTRAL}
    if sum(of_run.values()) >= SIZE:
        counts, total = of_run, sum(of_run.values())
    chance = _CHANCE if total == SIZE else 0
    if not failed or counts["drift"] <= limit * total + chance:
        return None
    return alarms.drift(seen.job, failed, counts["drift"], total)


def pages_fail_with_earlier(seen: Seen) -> Alarm | None:
    """Fail by the share of pages that fail, in this run and in those before it."""
    return _failing_with_earlier(seen, seen.pages, seen.earlier_pages, "pages") or _failing_with_earlier(
        seen, seen.numbered, seen.earlier_pages, _NUMBERED
    )


def photos_fail_with_earlier(seen: Seen) -> Alarm | None:
    """Fail by the share of photos that fail, in this run and in those before it."""
    return _failing_with_earlier(seen, seen.photos, seen.earlier_photos, _PHOTOS)


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
    if not _by_number(seen) and len(missing) >= _FEW and len(missing) == len(numbered):
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


PERIODIC: tuple[Check, ...] = (
    photos_elsewhere,
    lists_lead_nowhere,
    drift,
    pages_fail,
    photos_fail,
    linked_odai_are_missing,
    pages_opt_out,
)
CLOSING: tuple[Check, ...] = (
    photos_elsewhere_at_all,
    lists_lead_nowhere_at_all,
    drift_with_earlier,
    pages_fail_with_earlier,
    photos_fail_with_earlier,
    no_page,
    no_photo,
)


def _by_number(seen: Seen) -> bool:
    """Tell whether odai are asked for by their numbers, of which any may be none."""
    return bool(seen.job.options.odai or seen.job.options.odai_file)


def _failing(seen: Seen, window: Window, noun: str) -> Alarm | None:
    failed, limit = window.of("error"), seen.job.options.max_errors
    if window.judged >= ENOUGH and len(failed) > limit * window.judged:
        return alarms.above(seen.job, failed, len(failed), window.judged, noun)
    if failed and window.failed_in_a_row >= IN_A_ROW and limit < 1:
        return alarms.failing(
            seen.job, failed[-IN_A_ROW:], f"{window.failed_in_a_row} {noun} in a row failed"
        )
    return None


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


def _elsewhere(seen: Seen) -> Alarm | None:
    window, limit = seen.with_photo, seen.job.options.max_errors
    failed = window.of("elsewhere")
    if not failed or (len(failed) <= limit * window.judged and window.failed_in_a_row < IN_A_ROW):
        return None
    return alarms.elsewhere(seen.job, failed, window.judged)


def _lists(seen: Seen) -> Alarm | None:
    failed, total = seen.lists.of("drift", "nowhere"), seen.lists.judged
    limit = max(seen.job.options.max_drift, 0.5)
    return alarms.lists(seen.job, failed, total) if len(failed) > limit * total else None
