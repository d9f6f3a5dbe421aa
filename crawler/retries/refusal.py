"""What a host sends instead of an answer: that it does not want to, or cannot, or nothing at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Self

from scrapy.http import Response
from scrapy.utils.python import global_object_name

from crawler.retries.retry_after import retry_after
from store.errors import SiteRefuses, UserError

_KNOWN = frozenset(HTTPStatus)
_DECISIONS = (403, 429)
"""Answers by which a host says that it does not want to be asked, or not so often."""
_OVERLOADED = 503
_CLIENT_TOO_SLOW = 408
"""The one status below 500 of which RFC 9110 (section 15.5.9) says that the request may be made again."""


@dataclass(frozen=True)
class Refusal:
    """A request that got no answer.

    Args:
        url: what was asked for.
        status: 403 or 429, 408, or anything from 500 on; None where nothing came.
        asked: the seconds that Retry-After asks for; 0 without.
        reason: in a word or two, for statistics.
        words: what the host does, as a clause about it.
    """

    url: str
    status: int | None
    asked: float
    reason: str
    words: str

    @classmethod
    def of_status(cls, url: str, status: int, retry_at: Iterable[bytes], date: bytes | None) -> Self | None:
        """Return the refusal that a status is, with its headers Retry-After and Date; None if it is none."""
        if status < 500 and status not in (*_DECISIONS, _CLIENT_TOO_SLOW):
            return None
        asked = retry_after(retry_at, date, datetime.now(UTC))
        phrase = HTTPStatus(status).phrase if status in _KNOWN else ""
        return cls(url, status, asked, f"{status} {phrase}".strip(), f"answers {status}")

    @classmethod
    def of(cls, response: Response) -> Self | None:
        """Return the refusal that a response is; None if it is an answer."""
        headers = response.headers
        return cls.of_status(
            response.url, response.status, headers.getlist("Retry-After"), headers.get("Date")
        )

    @classmethod
    def of_error(cls, url: str, error: BaseException, why: str) -> Self:
        """Return the refusal of a host that is silent, with why in words."""
        reason = global_object_name(type(error))  # as Scrapy's own statistics name it
        return cls(url, None, 0.0, reason, f"does not answer ({why})")

    @property
    def is_trouble(self) -> bool:
        """Whether it is trouble on the host's side, which passes; else it is a decision."""
        return self.status not in _DECISIONS

    @property
    def is_of_host(self) -> bool:
        """Whether the host says by this one answer that it wants to be left alone."""
        return self.status in (*_DECISIONS, _OVERLOADED) or self.asked > 0

    @property
    def error(self) -> type[UserError]:
        """The error that a crawl ends with, where this is all that comes."""
        return UserError if self.is_trouble else SiteRefuses
