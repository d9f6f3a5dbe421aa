"""What the embedded site sends back to a request."""

from dataclasses import dataclass, field

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Response:
    """An HTTP response.

    Args:
        status: the HTTP status.
        body: the bytes after the headers.
        content_type: the header of this name.
        headers: all other headers but Content-Length.
        delivery: how the body is sent, a key of `demo.serving.delivery.DELIVERIES`.
    """

    status: int
    body: bytes
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)
    delivery: str = "whole"
