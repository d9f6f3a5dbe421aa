"""Says why a crawl as a whole has failed: which share, the commonest reason, an example, what to do."""

from collections.abc import Collection
from dataclasses import dataclass

from crawler.job import Job
from crawler.monitoring.window import Fetched, commonest
from store.errors import SiteRefuses, Unexpected, UserError
from store.logs import printable
from store.place import bokeru


@dataclass(frozen=True)
class Alarm:
    """Why a crawl ends.

    Args:
        error: what is said, and the status.
        failed: what it is about; these rows are no facts about their pages, and are asked for again.
        setting: the limit that was passed, a field of `CrawlOptions`.
        share: the share that passed it. Where the limit is raised above that, the rows count after all.
    """

    error: UserError
    failed: Collection[Fetched] = ()
    setting: str = "max_errors"
    share: float = 1.0


def elsewhere(job: Job, failed: Collection[Fetched], total: int) -> Alarm:
    """Return the alarm for photos that have moved to another host."""
    example, count = commonest(failed)
    hosts = f"{printable(example.reason)} ({count} of them, such as on {example.address})"
    error = Unexpected(
        f"the photos (image_url) of {len(failed)} of the last {total} pages are on a host that "
        f"crawl.image_hosts lacks: {hosts}. If the site keeps its photos there now, add that host to "
        f"crawl.image_hosts, then: {_command(job)}"
    )
    return Alarm(error, failed, share=len(failed) / total)


def lists(job: Job, failed: Collection[Fetched], total: int) -> Alarm:
    """Return the alarm for lists that lead nowhere."""
    what = f"{len(failed)} of the last {total} lists lead to no odai"
    error = Unexpected(f"{what}: {_most(failed)}. {_look(job)}")
    return Alarm(error, failed, "max_drift", len(failed) / total)


def drift(job: Job, failed: Collection[Fetched], number: int, total: int) -> Alarm:
    """Return the alarm for markup that no layout knows.

    Args:
        failed: those of this run.
        number: how many of the last `total` pages are drift, those before this run included.
    """
    error = Unexpected(
        f"{number} of the last {total} pages have markup that no layout knows, above crawl.max_drift "
        f"({job.options.max_drift:g}): the site has changed. {_most(failed)}. {_look(job)}"
    )
    return Alarm(error, failed, "max_drift", number / total)


def above(job: Job, failed: Collection[Fetched], number: int, total: int, noun: str) -> Alarm:
    """Return the alarm for a share of failures; the arguments are those of `drift`."""
    limit = job.options.max_errors
    what = f"{number} of the last {total} {noun} failed, above crawl.max_errors ({limit:g})"
    return failing(job, failed, what, number / total)


def failing(job: Job, failed: Collection[Fetched], what: str, share: float = 1.0) -> Alarm:
    """Return the alarm whose status is that of the commonest reason."""
    example, _ = commonest(failed)
    if example.kind is SiteRefuses:
        step = "Ask the site's owner, or come back later"
    elif example.kind is Unexpected:
        step = "Look at that address in a browser: something else than the site itself may answer"
    else:
        step = "The site, or the way to it, has trouble. Come back later"
    message = f"{what}: {_most(failed)}. {step}; what failed is asked for again: {_command(job)}"
    return Alarm(
        example.kind(message), failed, "max_drift" if example.outcome == "drift" else "max_errors", share
    )


def absent(job: Job, missing: Collection[Fetched], what: str) -> Alarm:
    """Return the alarm for what the site says it does not have."""
    error = Unexpected(
        f"{what}: {_most(missing)}. Their addresses may have changed: look at one in a browser. "
        f"They are asked for again: {_command(job)}"
    )
    return Alarm(error, missing)


def opted_out(job: Job, denied: Collection[Fetched], what: str) -> Alarm:
    """Return the alarm for opt-outs; they are facts, and stay."""
    again = f"{job.command} --retry-failed"
    return Alarm(SiteRefuses(f"{what}: {_most(denied)}. Ask the site's owner. Once it takes you in: {again}"))


def _most(failed: Collection[Fetched]) -> str:
    example, count = commonest(failed)
    return f"{printable(example.reason)} ({count} of them, such as {example.address})"


def _look(job: Job) -> str:
    look = bokeru("parse", "FILE", "--url", "URL")
    return f"`{look}` shows what a saved page yields; once its layout is corrected: {_command(job)}"


def _command(job: Job) -> str:
    return f"{job.command} --retry-failed" if job.retry_failed else job.command
