"""The row that an answer makes: as the spider gets it, or read again from the archive."""

from concurrent.futures import ThreadPoolExecutor

from crawler.items import Answer, Page, PageRow
from crawler.parsing.parse import page_row, parse
from crawler.validators import validators
from store.addresses import numbered, page_address

MISSING_STATUSES = (404, 410)
REFUSED_BY_LAW = 451
"""Unavailable for legal reasons (RFC 7725): a no for good, as an opt-out is."""
SMALL_PAGE = 256 * 1024
"""Bytes. Pages of the site have up to 60 kB, parsed in milliseconds; a thread would take longer than that."""
PARSING_SECONDS = 20.0
"""What parsing a page that is no small one may take."""


def answer_row(answer: Answer) -> PageRow:
    """Return the row of the pages table that an answer makes: no network, no files, and nothing raises."""
    status = answer.status
    if status not in (None, 200, *MISSING_STATUSES):
        return outcome_row(answer, "denied" if status == REFUSED_BY_LAW else "error", f"HTTP status {status}")
    if status == 200 and (elsewhere := leads_elsewhere(answer)):
        return outcome_row(answer, "error", elsewhere)
    kind = answer.header("Content-Type")
    row = parse(answer.body, answer.url, answer.fetched_at, kind, status=status, headers=answer.headers)
    row.update(url=answer.address, **validators(answer))
    if status in MISSING_STATUSES:
        row.update(outcome="missing", error=f"HTTP status {status}")
    row.answer = answer
    return row


class Parser:
    """Makes the rows of answers without a crawl, and gives up on one that takes longer than it may."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "parse")

    def row(self, answer: Answer) -> PageRow | None:
        """Return the row of an answer; None where parsing it takes more than PARSING_SECONDS."""
        if len(answer.body) <= SMALL_PAGE:
            return answer_row(answer)
        try:
            return self._thread.submit(answer_row, answer).result(PARSING_SECONDS)
        except TimeoutError:
            self._thread = ThreadPoolExecutor(1, "parse")  # the other thread ends when it ends
            return None


def leads_elsewhere(answer: Answer) -> str | None:
    """Return why an answer is not the page that was asked for; None if it is.

    A site may redirect what it does not want to show: to its home, a list, a login. An odai's page under
    another of its addresses is that odai's page.
    """
    asked = numbered(answer.address)
    if asked is None or asked == numbered(page_address(answer.url, answer.address)):
        return None
    return f"it leads to {answer.url}, which is not the {asked[0]} that was asked for"


def outcome_row(answer: Answer, outcome: str, reason: str) -> PageRow:
    """Return the row of an answer that is not parsed."""
    row = page_row(answer.address, answer.fetched_at, Page(outcome, reason), answer.status)
    row.answer = answer
    return row
