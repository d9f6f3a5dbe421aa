"""Requests for pages that are read again, which ask only for what has changed, and the answer 304 to them."""

from scrapy import Request
from scrapy.http import Response

from crawler.items import Answer, PageRow
from crawler.memory.last_row import LastRow
from crawler.parsing.answer import leads_elsewhere, outcome_row
from crawler.permission.optouts import opt_out

NOT_MODIFIED = 304


def if_changed(request: Request, last: LastRow) -> Request:
    """Return the request with the conditions under which the site need not send the page."""
    headers = {**request.headers, **last.conditions}
    return request.replace(headers=headers, meta={**request.meta, "last_row": last})


def unchanged(answer: Answer, response: Response) -> PageRow | Request:
    """Return the row of a page that, says the site, has not changed: the one of the last time, with today's.

    An opt-out in the answer counts. Where the last row cannot be read any more, a request for the whole page
    is returned. Whoever answers 304 to a request without conditions has told nothing of the page: an error.
    """
    last = response.meta.get("last_row")
    if opted_out := opt_out(answer.headers, at=answer.fetched_at):
        return outcome_row(answer, "denied", opted_out)
    if elsewhere := leads_elsewhere(answer):
        return outcome_row(answer, "error", elsewhere)
    if not isinstance(last, LastRow):
        reason = "HTTP status 304 (not modified), though the request set no condition"
        return outcome_row(answer, "error", reason)
    row = last.still(answer)
    assert response.request
    return _for_all_of_it(response.request) if row is None else row


def _for_all_of_it(request: Request) -> Request:
    headers = request.headers.copy()
    for name in ("If-None-Match", "If-Modified-Since"):
        headers.pop(name, None)
    meta = {name: value for name, value in request.meta.items() if name != "last_row"}
    return request.replace(headers=headers, meta=meta)
