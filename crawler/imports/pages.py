"""Pages of WARC files as rows of the pages table: which they are, and what is left out, with the reason."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.archive.answers import Unreadable, decode
from crawler.imports.known import Moment, moment_key
from crawler.imports.report import WarcReport
from crawler.imports.rules import is_rules
from crawler.imports.survey import Survey, holds_photo, web_address
from crawler.items import Answer, LeftOutRow, Page, PageRow
from crawler.job import Job
from crawler.link_rules import is_numbered, stored_links
from crawler.memory.address_set import AddressSet
from crawler.memory.last_row import LastRow
from crawler.parsing.answer import MISSING_STATUSES, REFUSED_BY_LAW, Parser
from crawler.parsing.parse import page_row
from crawler.permission.optouts import opt_out
from store.addresses import is_same_site
from store.schema import FIRST_ODAI
from store.warc.read import Record

TELLING = (None, 200, *MISSING_STATUSES, REFUSED_BY_LAW)
"""The statuses that tell something of a page. Any other tells of that day, or of who asked."""
_TEXT = ("html", "xml")
_REVISIT_STATUSES = (200, 304)


def impossible(at: datetime) -> bool:
    """Tell whether nothing of the site can have been fetched at a time: before its first day, or to come."""
    return not FIRST_ODAI <= at <= datetime.now(UTC) + timedelta(days=1)


class Pages:
    """Makes rows of the pages in WARC files.

    Args:
        job: the crawl that they are taken into.
        survey: of the same files.
        known: the `moment_key` of every row that the table has.
        closed: the same for the table `left_out`.
        report: counts what is left out.
    """

    def __init__(
        self, job: Job, survey: Survey, known: AddressSet, closed: AddressSet, report: WarcReport
    ) -> None:
        self._job, self._survey, self._report = job, survey, report
        self._known, self._closed, self._parser = known, closed, Parser()
        self._starts = frozenset(job.start_urls())
        self._by_digest: dict[str, Moment] = {}
        self.unchanged: list[Answer] = []
        """Answers that say that a page is as it was at an earlier time (`same_as`)."""

    def rows(self, records: Iterable[Record]) -> Iterator[PageRow | LeftOutRow]:
        """Yield the row of each page that is new, in the order of the records."""
        for record in records:
            address = web_address(record)
            if address is not None and is_same_site(address, self._job.site):
                yield from self._of(record)

    def _of(self, record: Record) -> Iterator[PageRow | LeftOutRow]:
        answer = decode(record)
        if isinstance(answer, Unreadable):
            return self._report.leave_out(f"cannot be read: {answer.reason}", record.uri)
        answer = replace(answer, address=self._job.page_address(answer.address))
        if is_rules(answer.url) or holds_photo(answer):
            return
        if reason := self._reason(record, answer):
            return self._report.leave_out(reason, answer.url)
        if closed := self._survey.rules.refusal(answer, "pages"):
            if self._closed.add(moment_key(answer.address, answer.fetched_at)):
                yield closed
        elif record.kind == "revisit":
            self._note_unchanged(record, answer)
        else:
            if digest := record.fields.get("warc-payload-digest"):
                self._by_digest.setdefault(digest.lower(), (answer.address, answer.fetched_at))
            if self._is_new(answer):
                yield from self._row(answer)

    def _reason(self, record: Record, answer: Answer) -> str | None:
        """Return why an answer is left out before it is read; None if it is not."""
        if "/user/" in answer.address:
            return "a user's page"
        if impossible(answer.fetched_at):
            return f"of an impossible time ({answer.fetched_at:%F})"
        if record.kind == "revisit":
            if answer.status not in _REVISIT_STATUSES:
                return f"HTTP status {answer.status}"
            return None
        if answer.status not in TELLING:
            return f"HTTP status {answer.status}"
        kind = (answer.header("Content-Type") or "html").partition(";")[0].strip().lower()
        if answer.status in (None, 200) and not any(text in kind for text in _TEXT):
            return f"{kind[:60]}, which is no page"
        if len(answer.body) > self._job.options.max_page_megabytes * 2**20:
            return f"larger than crawl.max_page_megabytes ({self._job.options.max_page_megabytes})"
        return None

    def _is_new(self, answer: Answer) -> bool:
        is_new = self._known.add(moment_key(answer.address, answer.fetched_at))
        self._report.known["pages"] += not is_new
        return is_new

    def _row(self, answer: Answer) -> Iterator[PageRow]:
        row = self._parser.row(answer)
        if row is None:
            self._report.leave_out("takes too long to parse", answer.url)
        elif not self._is_of_crawl(row):
            self._report.leave_out("no page of an odai, a boke or a list", answer.url)
        elif row["outcome"] == "error":
            self._report.leave_out(f"not the page that it should be: {row['error']}", answer.url)
        else:
            row["links"] = stored_links(row, self._job)
            yield row

    def _is_of_crawl(self, row: PageRow) -> bool:
        """Tell whether a crawl would ask for a page: an odai, a boke, a list, or what it starts from."""
        url = str(row["url"])
        is_list = row["outcome"] == "ok" and bool(row["bokes"] or row["links"])
        return is_numbered(url) or url in self._starts or is_list

    def _note_unchanged(self, record: Record, answer: Answer) -> None:
        """Keep an answer without a body for later, when the rows of all others are in the table."""
        same_as = answer.same_as or self._by_digest.get(record.fields.get("warc-payload-digest", "").lower())
        if same_as is None:
            return self._report.leave_out("unchanged, and not said since when", answer.url)
        address = self._job.page_address(same_as[0])
        if address != answer.address:
            return self._report.leave_out("the same as another page", answer.url)
        if self._is_new(answer):
            self.unchanged.append(replace(answer, same_as=(address, same_as[1]), status=304, body=b""))
        return None


def unchanged_row(answer: Answer, last: LastRow | None) -> PageRow | None:
    """Return the row of a page that is as it was; an opt-out in the answer's headers counts.

    Args:
        last: the row of the earlier time; None if there is none.
    """
    if opted_out := opt_out(answer.headers, at=answer.fetched_at):
        return page_row(answer.address, answer.fetched_at, Page("denied", opted_out), answer.status)
    return last.still(answer) if last else None
