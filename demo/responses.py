"""What the embedded site answers, before it is sent."""

from collections.abc import Callable
from dataclasses import dataclass, field

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Response:
    """An answer.

    Args:
        status: the HTTP status.
        body: what follows the headers.
        content_type: the header of this name.
        headers: all other headers but Content-Length.
        delivery: how the body is sent, a key of `demo.delivery.DELIVERIES`.
    """

    status: int
    body: bytes
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)
    delivery: str = "whole"


@dataclass(frozen=True)
class Asked:
    """What was asked for, as faults see it.

    Args:
        kind: "odai", "photo", "list", "robots" or "other".
        target: the path with its query.
        page: the page's number, 1 where there is none.
        photo: the number of the photo that the address is about, where there is one.
        other: returns the right answer to the same address with another number for the page or the photo.
        missing: the page that says that there is no such page.
    """

    kind: str
    target: str
    page: int
    photo: int | None
    other: Callable[[int], "Response"]
    missing: bytes
