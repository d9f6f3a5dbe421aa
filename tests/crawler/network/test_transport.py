"""Why there is no answer is said in words, without the objects of the libraries that found it out."""

import pytest
from scrapy.exceptions import IgnoreRequest
from twisted.internet.error import ConnectionLost, ConnectionRefusedError, DNSLookupError
from twisted.python.failure import Failure
from twisted.web.client import ResponseNeverReceived

from crawler.network.transport import in_words

OPENSSL = OSError([("SSL routines", "", "certificate verify failed")])


def wrapped(error: Exception) -> ResponseNeverReceived:
    return ResponseNeverReceived([Failure(error)])  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (wrapped(OPENSSL), "its certificate is not trusted"),
        (wrapped(wrapped(OPENSSL)), "its certificate is not trusted"),
        (wrapped(ConnectionLost()), "it ends the connection before the answer is whole"),
        (ConnectionRefusedError(), "it refuses connections"),  # type: ignore[no-untyped-call]
        (DNSLookupError("no results"), "its name is not known"),
        (TimeoutError(), "it takes too long"),
        (IgnoreRequest("robots.txt forbids it"), "robots.txt forbids it"),
        (ValueError("x"), "ValueError: x"),
        (KeyError(), "KeyError"),
    ],
)
def test_the_cause_is_said_in_words(error: Exception, words: str) -> None:
    assert in_words(error) == words


def test_a_cause_that_another_error_hides_is_found() -> None:
    error = RuntimeError("download failed")
    error.__cause__ = wrapped(OPENSSL)
    assert in_words(error) == "its certificate is not trusted"
