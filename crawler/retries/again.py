"""The one rule for asking again: three tries in all, whatever was wrong, each after other addresses."""

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import get_retry_request

MAX_TRIES = 3
"""How often an address is asked for in vain before that is its row."""


def again(request: Request, reason: str, spider: Spider, *, may_give_up: bool = True) -> Request | None:
    """Return the request that asks once more, counted under `retry/reason_count/`; None after the last try.

    Args:
        request: the one that was made in vain; `meta["retry_times"]` says how often it was made again.
        reason: why, in a word or two.
        may_give_up: whether the address's tries can be over; not where its host fails with all it is asked.
    """
    if not may_give_up:
        times = min(request.meta.get("retry_times", 0), MAX_TRIES - 2)
        request = request.replace(meta={**request.meta, "retry_times": times})
    return get_retry_request(
        request,
        spider=spider,
        reason=reason,
        max_retry_times=MAX_TRIES - 1,
        priority_adjust=0,
        give_up_log_level="DEBUG",
    )


def was_tried(request: Request) -> bool:
    """Tell whether a request asks again."""
    return "retry_times" in request.meta
