"""The embedded site's answers to conditional requests (RFC 9110, section 13)."""

import re
from dataclasses import replace
from hashlib import blake2b

from demo.serving.responses import Response

_TAGS = re.compile(r'(?:W/)?("[^"]*")')


def conditional(response: Response, if_none_match: str | None) -> Response:
    """Return the response with its ETag; or 304 without a body, where whoever asks has this version already.

    The tag is weak: it stands for the content, whatever a proxy may do to its bytes. A response that is no
    page or photo, or that is to be sent in a bad way, is returned as it is.
    """
    if response.status != 200 or response.delivery != "whole" or "ETag" in response.headers:
        return response
    tag = f'"{blake2b(response.body, digest_size=12).hexdigest()}"'
    headers = {**response.headers, "ETag": f"W/{tag}"}
    if if_none_match and (if_none_match.strip() == "*" or tag in _TAGS.findall(if_none_match)):
        return Response(304, b"", headers=headers, delivery="not-modified")
    return replace(response, headers=headers)
