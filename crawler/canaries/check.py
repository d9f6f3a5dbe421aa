"""One check of a crawl: canaries are asked for until one agrees, or until too much is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from crawler.canaries.canary import Canary
from crawler.canaries.compare import NUMBER, Difference, differences
from crawler.job import Job
from store.addresses import page_address
from store.errors import SiteRefuses, Unexpected, UserError
from store.place import bokeru

MOST_WRONG = 2
"""So many wrong fields end the crawl; one alone may be an edit of that boke, and another canary is asked."""
_MOST_GONE = 3
"""So many canaries that are all gone, while none agrees, are no accident any more."""


@dataclass(frozen=True)
class Reply:
    """What came when a canary's page was asked for.

    Args:
        kind: `page` for anything that should be that page; `closed`: robots.txt or tdmrep.json closes it
            today; `silent`: trouble of the server's, which says nothing of the page.
        page: the row of the pages table, for `page`.
        address: where redirects led to.
        reason: why there is no page.
    """

    kind: Literal["page", "closed", "silent"]
    page: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    reason: str = ""


@dataclass
class Check:
    """What the canaries of one check said.

    Args:
        job: what is crawled.
        pages: how many pages were fetched since a canary last agreed.
    """

    job: Job
    pages: int = 0
    doubts: list[tuple[Canary, Difference]] = field(default_factory=list)
    gone: list[tuple[Canary, str]] = field(default_factory=list)
    silent: list[tuple[Canary, str]] = field(default_factory=list)
    closed: list[tuple[Canary, str]] = field(default_factory=list)
    has_agreed: bool = False

    def add(self, canary: Canary, answer: Reply) -> bool:
        """Take an answer in; return whether the check is over, since one agrees or enough is wrong."""
        if answer.kind == "silent":
            self.silent.append((canary, answer.reason))
            return True  # the server is in trouble: asking for more would only add to it
        if answer.kind == "closed":
            self.closed.append((canary, answer.reason))
            return False
        if answer.page["outcome"] in ("missing", "denied"):
            self.gone.append((canary, f"{answer.page['outcome']}: {answer.page['error']}"))
            return False
        address = page_address(answer.address, self.job.site)
        wrong = differences(canary, answer.page, address, self.job.hosts)
        self.doubts += [(canary, one) for one in wrong]
        self.has_agreed = not wrong
        return self.has_agreed or len(self.doubts) >= MOST_WRONG

    @property
    def failure(self) -> UserError | None:
        """What ends the crawl; None where it may go on."""
        if len(self.doubts) >= MOST_WRONG:
            return Unexpected(f"{self._wrong_fields()}. {self._what_to_do()}")
        if self.has_agreed or self.doubts or self.silent or len(self.gone) < _MOST_GONE:
            return None
        kind = SiteRefuses if all("denied" in reason for _, reason in self.gone) else Unexpected
        canary, reason = self.gone[0]
        return kind(
            f"all {len(self.gone)} canaries that were asked for are gone, such as {canary.url} ({reason}). "
            f"{self._what_to_do()}"
        )

    @property
    def dropped(self) -> list[tuple[Canary, str]]:
        """The canaries that are of no use any more, each with the reason."""
        if self.failure or self.silent:
            return []
        not_there = [
            (canary, "its page shows it no more")
            for canary, one in self.doubts
            if one.field == NUMBER and self.has_agreed
        ]
        return self.gone + not_there

    @property
    def notices(self) -> list[str]:
        """What is worth a line in the log and the report, where the crawl goes on."""
        lines = [f"canary boke {canary.boke_id} is dropped: {reason}" for canary, reason in self.dropped]
        dropped = {canary for canary, _ in self.dropped}
        lines += [
            f"canary boke {canary.boke_id} at {canary.url}: {one}. One field alone may be an edit"
            for canary, one in self.doubts
            if canary not in dropped
        ]
        lines += [
            f"canary boke {canary.boke_id} at {canary.url} could not be asked for: {reason}"
            for canary, reason in self.silent + self.closed
        ]
        return lines

    @property
    def none_left(self) -> str:
        """The notice that the last canary was dropped."""
        return f"no canary is left to compare later crawls with. Keep new ones: {self._keep_others}"

    @property
    def _keep_others(self) -> str:
        return self.job.place.command("canaries")

    def _wrong_fields(self) -> str:
        by_canary: dict[Canary, list[Difference]] = {}
        for canary, one in self.doubts:
            by_canary.setdefault(canary, []).append(one)
        parts = [
            f"boke {canary.boke_id} at {canary.url} is not what it was ({'; '.join(map(str, wrong))})"
            for canary, wrong in by_canary.items()
        ]
        return "canaries: " + "; ".join(parts)

    def _what_to_do(self) -> str:
        since = "Nothing was fetched"
        if self.pages:
            since = f"{self.pages:,} pages since the last canary that agreed may be read wrongly"
        look = bokeru("parse", "FILE", "--url", "URL")
        return (
            f"{since}. Look at the page in a browser. If the site has changed, correct its layout (`{look}` "
            f"shows what a saved page yields), or keep other canaries: {self._keep_others}. "
            f"Then: {self.job.command}"
        )
