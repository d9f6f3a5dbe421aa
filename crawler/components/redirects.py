"""Downloader middleware: follows redirects as Scrapy does, with the Referer of the first request."""

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response


class RefererKeptMiddleware(RedirectMiddleware):
    """Keeps the Referer, as browsers do: a photo's request still names the page that shows it."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Leave the header as it is; Scrapy's own would name the address that redirects."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the request for where the response redirects to, or the response if it does not.

        Raises:
            IgnoreRequest: it redirects once more than REDIRECT_MAX_TIMES; the message is for the row.
        """
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            location = (response.headers.get("Location") or b"").decode("latin-1")
            reason = f"it redirects again and again, at last to {location}"
            if "Set-Cookie" in response.headers:
                reason += ", and sets a cookie (Set-Cookie) that a crawl does not keep"
            raise IgnoreRequest(reason) from error
