"""The interface of a fault: it takes a request and the correct response, and returns what is sent."""

from collections.abc import Callable
from dataclasses import dataclass

from demo.serving.responses import Response


@dataclass(frozen=True)
class Request:
    """A request, with what faults need to know about it.

    Args:
        kind: "odai", "photo", "list", "robots" or "other".
        target: the path with its query.
        page: the page's number, 1 where the address names none.
        photo: the number of the photo that the address is about; None where there is none.
        correct_response_for: returns the correct response to this address with another number for the page
            (of an odai or a list) or for the photo.
        not_found_page: the body of the site's 404 page.
    """

    kind: str
    target: str
    page: int
    photo: int | None
    correct_response_for: Callable[[int], Response]
    not_found_page: bytes


Fault = Callable[[Response, Request, int], Response]
"""Arguments: the correct response, the request, and how many times the same target was requested earlier."""
