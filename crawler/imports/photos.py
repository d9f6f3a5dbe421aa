"""Photos of WARC files as rows of the images table: those that pages show, each by its widest copy."""

from collections.abc import Iterable, Iterator, Mapping

from crawler.archive.answers import Unreadable, decode
from crawler.imports.known import moment_key
from crawler.imports.pages import impossible
from crawler.imports.report import WarcReport
from crawler.imports.rules import is_rules
from crawler.imports.survey import Survey, holds_photo, web_address
from crawler.items import Answer, LeftOutRow, PhotoRow
from crawler.job import Job
from crawler.memory.address_set import AddressSet
from crawler.parsing.answer import MISSING_STATUSES, REFUSED_BY_LAW
from crawler.parsing.images import photo_row, row_without_photo
from crawler.permission.optouts import opt_out
from store.addresses import copy_width, is_same_site, photo_key
from store.warc.read import Record


class Photos:
    """Makes rows of the photos in WARC files.

    Args:
        job: the crawl that they are taken into.
        survey: of the same files.
        shown: the addresses by which its pages show photos, by `photo_key`.
        known: the `moment_key` of every row that the table has.
        closed: the same for the table `left_out`.
        report: counts what is left out.
    """

    def __init__(
        self,
        job: Job,
        survey: Survey,
        shown: Mapping[str, str],
        known: AddressSet,
        closed: AddressSet,
        report: WarcReport,
    ) -> None:
        self._job, self._survey, self._shown, self._report = job, survey, shown, report
        self._known, self._closed = known, closed
        self.whole: set[str] = set()
        """The photos of which a copy was taken, or was there already."""

    def rows(self, records: Iterable[Record], wanted: Mapping[str, int]) -> Iterator[PhotoRow | LeftOutRow]:
        """Yield the row of each copy that is wanted and new, in the order of the records.

        Args:
            wanted: the width of the copies to take, by `photo_key`.
        """
        for record in records:
            address = web_address(record)
            if address is None or not self._job.is_allowed(address) or is_rules(address):
                continue
            key = photo_key(address)
            if key in wanted and record.kind != "revisit":
                yield from self._of(record, key, wanted[key])

    def leave_out_others(self) -> None:
        """Count the pictures that no page shows: icons, drawings of the site's own, faces of users."""
        for key in self._survey.copies.keys() - self._shown.keys():
            if self._survey.copies[key]:
                self._report.leave_out("a picture that no page shows as its photo", key)

    def _of(self, record: Record, key: str, width: int) -> Iterator[PhotoRow | LeftOutRow]:
        answer = decode(record)
        if isinstance(answer, Unreadable):
            return self._report.leave_out(f"cannot be read: {answer.reason}", record.uri)
        is_missing = answer.status in MISSING_STATUSES
        is_page = is_same_site(answer.url, self._job.site) and not holds_photo(answer)
        if is_page and not is_missing:  # such as the site's own page of that name
            return
        if copy_width(answer.url) != width and not is_missing:
            return
        if impossible(answer.fetched_at):
            return self._report.leave_out(f"of an impossible time ({answer.fetched_at:%F})", answer.url)
        moment = moment_key(self._address(answer, key), answer.fetched_at)
        if moment in self._known:
            if not is_missing:  # those are met in every round
                self._report.known["images"] += 1
                self.whole.add(key)
        elif closed := self._survey.rules.refusal(answer, "images"):
            if self._closed.add(moment):
                yield closed
        elif row := self._row(answer, key):
            self._known.add(moment)
            yield row

    def _address(self, answer: Answer, key: str) -> str:
        """Return the address of the row: as the pages spell it, where it is the same but for the scheme."""
        shown = self._shown[key]
        is_same = answer.url.partition("//")[2] == shown.partition("//")[2]
        return shown if is_same else answer.url

    def _row(self, answer: Answer, key: str) -> PhotoRow | None:
        """Return the row of a photo; None, and counted, where the answer tells nothing of the photo."""
        url, at, status = self._address(answer, key), answer.fetched_at, answer.status
        megabytes = self._job.options.max_photo_megabytes
        reason = f"HTTP status {status}"
        if (words := opt_out(answer.headers, at=at)) or status == REFUSED_BY_LAW:
            self.whole.add(key)
            return row_without_photo(url, at, status, "denied", words or reason)
        if status in MISSING_STATUSES:
            return row_without_photo(url, at, status, "missing", reason)
        if status in (None, 200) and len(answer.body) > megabytes * 2**20:
            reason = f"larger than crawl.max_photo_megabytes ({megabytes})"
        elif status in (None, 200):
            row = photo_row(answer.body, url, at, status)
            if row["outcome"] in ("ok", "denied"):
                self.whole.add(key)
                return row
            reason = f"no whole photo: {row['error']}"
        self._report.leave_out(reason, url)
        return None
