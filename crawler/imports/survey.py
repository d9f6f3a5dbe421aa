"""The first reading of an import's files: the hosts' rules, which copies of photos there are, what else."""

import re

from crawler.archive.answers import KINDS, decode
from crawler.imports.report import WarcReport
from crawler.imports.rules import Rules, is_rules
from crawler.imports.warc_files import WarcFiles
from crawler.items import CLOSED, Answer
from crawler.job import Job
from crawler.parsing.answer import MISSING_STATUSES
from store.addresses import authority, copy_width, is_same_site, photo_key
from store.photo.containers import claimed_format
from store.warc.read import Record

_TYPE = re.compile(rb"^content-type:\s*([\w.+-]+/[\w.+-]+)", re.I | re.M)
_HEAD = 16 * 1024


def web_address(record: Record) -> str | None:
    """Return the address of a record that tells of a page or photo on the web; None of any other.

    Addresses with a password in them are nobody's that we take pages from.
    """
    uri = record.uri
    is_web = record.kind in KINDS and uri[:8].lower().startswith(("http://", "https://"))
    return uri if is_web and "@" not in uri.split("/", 3)[2] else None


def holds_photo(answer: Answer) -> bool:
    """Tell whether an answer's body begins as a picture does, whatever its headers say."""
    return answer.status in (None, 200) and claimed_format(answer.body) is not None


class Survey:
    """What is known of the files before anything is taken from them.

    Args:
        job: the crawl that the pages are taken into: its hosts count, and no others.
        report: counts records, and what is on other hosts.
    """

    def __init__(self, job: Job, report: WarcReport) -> None:
        self._job, self._report = job, report
        self.rules = Rules(as_ai=job.options.obey_ai_rules)
        self.copies: dict[str, frozenset[int]] = {}
        """The widths of the copies that there are of each photo, by `photo_key`; of one that is said to be
        missing, perhaps none."""

    def read(self, files: WarcFiles) -> None:
        """Read all files."""
        for record in files.records("survey"):
            self._report.kinds[record.kind] += 1
            address = web_address(record)
            if address is None:
                continue
            if not self._job.is_allowed(address) and not is_same_site(address, self._job.site):
                self._report.others[_host(address)][_content_type(record)] += 1
                continue
            answer = decode(record)
            if isinstance(answer, Answer):
                self._note(answer)

    def _note(self, answer: Answer) -> None:
        if is_rules(answer.url):
            return self.rules.add(answer)
        if is_same_site(answer.url, self._job.site) and not holds_photo(answer):
            return None
        key = photo_key(answer.url)
        if holds_photo(answer):
            self.copies[key] = self.copies.get(key, frozenset()) | {copy_width(answer.url)}
        elif answer.status in (*MISSING_STATUSES, *CLOSED):
            self.copies.setdefault(key, frozenset())
        return None


def _host(address: str) -> str:
    try:
        return authority(address)
    except ValueError:
        return address[:60]


def _content_type(record: Record) -> str:
    found = _TYPE.search(record.block or b"", 0, _HEAD)
    return found[1].decode().lower() if found else record.fields.get("content-type", "unknown")[:60]
