"""Downloader middleware: decodes what servers compress, and asks again for what arrives without its end.

Scrapy's own hands on as much of a cut stream as can be read: good for a reader, and wrong for a table.
"""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response

from crawler.components.exceptions import CutShort
from crawler.parsing.wholeness import CODINGS, CutError, TooLargeError, decoded
from crawler.retries.again import again


class WholeBodyMiddleware:
    """Stands nearer to the network than Scrapy's own for compression, and leaves that nothing to do."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler, self._limit = crawler, crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the response, decoded, or a request that asks again.

        Raises:
            CutShort: its end is missing each time.
            DownloadCancelledError: it is too large once it is decoded.
        """
        names = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        codings = [name.strip() for name in names.split(",") if name.strip() not in ("", "identity")]
        if not codings or not response.body or any(name not in CODINGS for name in codings):
            return response
        limit = request.meta.get("download_maxsize", self._limit)
        try:
            body = decoded(response.body, codings, limit)
        except TooLargeError:
            raise DownloadCancelledError from None
        except CutError as error:
            return asked_again(request, str(error), self._crawler)
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        return response.replace(body=body, headers=headers)


def asked_again(request: Request, reason: str, crawler: Crawler) -> Request:
    """Return the request that asks once more for what came without its end.

    Raises:
        CutShort: it was asked for often enough.
    """
    assert crawler.spider
    if (found := again(request, "cut", crawler.spider)) is None:
        raise CutShort(f"the answer is not whole: {reason}")
    return found
