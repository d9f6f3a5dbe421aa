"""robots.txt and tdmrep.json as the WARC files hold them: which of a host's rules held at a time."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Literal, Protocol
from urllib.parse import urlsplit

from crawler.items import Answer, LeftOutRow
from crawler.permission.robots_file import RobotsFile
from crawler.permission.signals import TDM_FILE
from crawler.permission.tdm_file import TdmFile
from store.addresses import authority

FILES = ("/robots.txt", TDM_FILE)


class _File(Protocol):
    def refusal(self, url: str) -> str | None: ...


@dataclass(frozen=True)
class _Robots:
    file: RobotsFile
    as_ai: bool

    def refusal(self, url: str) -> str | None:
        return self.file.refusal(url, is_ai_crawler=self.as_ai)


class Rules:
    """The rules of every host, each from the time on that its file was fetched.

    What was fetched before the first of them falls under that one: nobody knows of an older.

    Args:
        as_ai: the setting `crawl.obey_ai_rules`.
    """

    def __init__(self, *, as_ai: bool) -> None:
        self._as_ai = as_ai
        self._files: defaultdict[tuple[str, str], list[tuple[datetime, str, _File]]] = defaultdict(list)

    def add(self, answer: Answer) -> None:
        """Take in an answer that is one of these files.

        Without the file (any 4xx) a host has no rules. Redirects and server errors say nothing.
        """
        status = 200 if answer.status is None else answer.status
        if status == 200 or 400 <= status < 500:
            path, body = urlsplit(answer.url).path, answer.body if status == 200 else b""
            file = TdmFile.parse(body) if path == TDM_FILE else _Robots(RobotsFile.parse(body), self._as_ai)
            kept = self._files[authority(answer.url), path]
            kept.append((answer.fetched_at, answer.url, file))
            kept.sort(key=itemgetter(0))

    def refusal(self, answer: Answer, table: Literal["pages", "images"]) -> LeftOutRow | None:
        """Return the row of what closed an answer's address when it was fetched; None where nothing did."""
        for path in FILES:
            kept = self._files.get((authority(answer.url), path), ())
            if kept:
                _, source, file = kept[max(bisect_right(kept, answer.fetched_at, key=itemgetter(0)) - 1, 0)]
                if words := file.refusal(answer.url):
                    at = answer.fetched_at
                    return LeftOutRow(
                        url=answer.address, table=table, source=source, rule=words, left_out_at=at
                    )
        return None


def is_rules(url: str) -> bool:
    """Tell whether an address is that of a host's robots.txt or tdmrep.json."""
    return urlsplit(url).path in FILES
