"""The periodic suite: what ends a crawl while it runs. The first check that fails counts."""

from crawler.monitoring import alarms
from crawler.monitoring.alarms import Alarm
from crawler.monitoring.seen import (
    CHANCE,
    ENOUGH,
    IN_A_ROW,
    NEARLY_ALL,
    NUMBERED,
    PHOTOS,
    Check,
    Seen,
    by_number,
    most_elsewhere,
    most_lists,
)
from crawler.monitoring.window import SIZE, Window

_ANSWERS = 50
"""So many answers without a photo are enough, whatever other tries and narrower copies may bring."""
_LISTS = 3
"""How many lists are enough to tell whether lists lead anywhere: a list leads to many pages."""


def photos_elsewhere(seen: Seen) -> Alarm | None:
    """Fail where photos have moved to another host."""
    in_a_row = seen.with_photo.failed_in_a_row >= IN_A_ROW and seen.job.options.max_errors < 1
    return most_elsewhere(seen) if in_a_row or seen.with_photo.judged >= ENOUGH else None


def lists_lead_nowhere(seen: Seen) -> Alarm | None:
    """Fail where lists are drift, or lead to no odai."""
    return most_lists(seen) if seen.lists.judged >= _LISTS else None


def drift(seen: Seen) -> Alarm | None:
    """Fail where pages have markup that no layout knows, or lack a field that each such page has."""
    failed, limit = seen.pages.of("drift"), seen.job.options.max_drift
    in_a_row = max(seen.pages.failed_in_a_row, seen.numbered.failed_in_a_row) >= IN_A_ROW and limit < 1
    if len(failed) <= limit * SIZE + CHANCE and not (in_a_row and failed):
        return None
    return alarms.drift(seen.job, failed, len(failed), seen.pages.judged)


def pages_fail(seen: Seen) -> Alarm | None:
    """Fail where pages fail: in a row, or more than the limit; so where those of odai and boke do."""
    return _failing(seen, seen.pages, "pages") or _failing(seen, seen.numbered, NUMBERED)


def photos_fail(seen: Seen) -> Alarm | None:
    """Fail where photos fail: in a row, or more than the limit; or where none is there any more."""
    missing = seen.photos.of("missing")
    if len(missing) == SIZE:
        return alarms.absent(seen.job, missing, f"none of the last {SIZE} {PHOTOS} is there")
    answers = seen.photo_answers
    if answers.failed_in_a_row >= _ANSWERS and seen.job.options.max_errors < 1:
        what = f"{answers.failed_in_a_row} answers in a row were no {PHOTOS}"
        return alarms.failing(seen.job, answers.of("error"), what)
    return _failing(seen, seen.photos, PHOTOS)


def linked_odai_are_missing(seen: Seen) -> Alarm | None:
    """Fail where lists lead to odai that are not there."""
    missing, total = seen.numbered.of("missing"), len(seen.numbered)
    if by_number(seen) or total < ENOUGH or len(missing) < NEARLY_ALL * total:
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


PERIODIC: tuple[Check, ...] = (
    photos_elsewhere,
    lists_lead_nowhere,
    drift,
    pages_fail,
    photos_fail,
    linked_odai_are_missing,
    pages_opt_out,
)


def _failing(seen: Seen, window: Window, noun: str) -> Alarm | None:
    failed, limit = window.of("error"), seen.job.options.max_errors
    if window.judged >= ENOUGH and len(failed) > limit * window.judged:
        return alarms.above(seen.job, failed, len(failed), window.judged, noun)
    if failed and window.failed_in_a_row >= IN_A_ROW and limit < 1:
        return alarms.failing(
            seen.job, failed[-IN_A_ROW:], f"{window.failed_in_a_row} {noun} in a row failed"
        )
    return None
