"""What a run saw, and what the checks at any time have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crawler.job import Job
from crawler.monitoring import alarms
from crawler.monitoring.alarms import Alarm
from crawler.monitoring.window import Window

ENOUGH = 20
"""How many a share must be of, at least, while a crawl runs: at its end, any number will do."""
IN_A_ROW = 10
"""So many failures in a row are enough: with half of all failing, one row in a thousand is so long."""
CHANCE = 10
"""By so many, of `SIZE`, drift may pass its limit by chance: of a site with 4% of drift, where 5% are
allowed, two windows in a million have more."""
NEARLY_ALL = 0.95
"""The share of answers that are a no, or that there is no such thing, from which on they are no chance."""
PHOTOS = "photos (image_url)"
NUMBERED = "pages of odai and boke"


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
        photo_answers: those that came, and every answer that was none: photos are tried again much later.
    """

    job: Job
    earlier_pages: Sequence[str] = ()
    earlier_photos: Sequence[str] = ()
    pages: Window = field(default_factory=Window)
    lists: Window = field(default_factory=Window)
    numbered: Window = field(default_factory=Window)
    with_photo: Window = field(default_factory=Window)
    photos: Window = field(default_factory=Window)
    photo_answers: Window = field(default_factory=Window)


Check = Callable[[Seen], Alarm | None]


def by_number(seen: Seen) -> bool:
    """Tell whether odai are asked for by their numbers, of which any may be none."""
    return bool(seen.job.options.odai or seen.job.options.odai_file)


def most_elsewhere(seen: Seen) -> Alarm | None:
    """Fail where the photos of more pages than may fail are on hosts that are not allowed."""
    window, limit = seen.with_photo, seen.job.options.max_errors
    failed = window.of("elsewhere")
    if not failed or (len(failed) <= limit * window.judged and window.failed_in_a_row < IN_A_ROW):
        return None
    return alarms.elsewhere(seen.job, failed, window.judged)


def most_lists(seen: Seen) -> Alarm | None:
    """Fail where most lists lead nowhere."""
    failed, total = seen.lists.of("drift", "nowhere"), seen.lists.judged
    limit = max(seen.job.options.max_drift, 0.5)
    return alarms.lists(seen.job, failed, total) if len(failed) > limit * total else None
