"""Says in words why a request got no answer: what Twisted and OpenSSL raise names their own objects."""

import re
from collections.abc import Iterator

from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import IgnoreRequest
from twisted.python.failure import Failure

from crawler.job import Job
from crawler.network.proxy import unused_variables

_NAMES = {
    "DNSLookupError": "its name is not known",
    "ConnectionRefusedError": "it refuses connections",
    "CannotResolveHostError": "its name is not known",
    "DownloadConnectionRefusedError": "it refuses connections",
    "DownloadTimeoutError": "it takes too long",
    "TimeoutError": "it takes too long",
    "TCPTimedOutError": "it takes too long",
    "ConnectionLost": "it ends the connection before the answer is whole",
    "ConnectionDone": "it ends the connection before the answer is whole",
}


def no_answer(error: BaseException, job: Job) -> str:
    """Return why a host gave no answer, and what of the way to it is worth a look: a proxy, or none."""
    words = in_words(error)
    if job.options.proxy and job.proxy:
        return f"{words}; all goes through crawl.proxy, {job.proxy.shown}: see whether that answers"
    if (variables := unused_variables()) and not job.is_local:
        return f"{words}; a proxy is named by {variables}, which a crawl does not use: see crawl.proxy"
    return words


def in_words(error: BaseException) -> str:
    """Return why a request got no answer, as a clause about the host; other errors by name and message."""
    if isinstance(error, IgnoreRequest):
        return str(error)
    causes = list(_causes(error))
    for cause in causes:
        if reason := _about_certificate(cause):
            return reason
    if isinstance(error, TunnelError):
        status = tunnel_status(error)
        return "the proxy opens no way to it" + (f" (status {status})" if status else "")
    for cause in causes:
        if words := _NAMES.get(type(cause).__name__):
            return words
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what Twisted wraps in it (`reasons`) or what it was raised from."""
    yield error
    for reason in getattr(error, "reasons", None) or ():
        value = reason.value if isinstance(reason, Failure) else reason
        if isinstance(value, BaseException):
            yield from _causes(value)
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _about_certificate(error: BaseException) -> str | None:
    if type(error).__name__ == "VerificationError":
        return "its certificate is not trusted: it is for another host"
    # OpenSSL's error carries no more than that: not whether it is self-signed, say, or has expired.
    return "its certificate is not trusted" if "certificate verify failed" in str(error) else None


def tunnel_status(error: BaseException) -> int | None:
    """Return the status with which a proxy refused CONNECT; Scrapy gives it in the message alone."""
    found = re.search(r"'status': (\d{3})", str(error))
    return int(found[1]) if found else None
