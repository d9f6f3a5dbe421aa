"""Finds the encoding that a page declares for itself, as the HTML standard's prescan does."""

import re
from collections.abc import Iterator

_PRESCAN = 10240  # a browser looks at 1,024 bytes first, and changes its mind at a later `<meta>`
# A tag is cut into attributes as the standard does: a quote opens a value, and nothing within a name.
_VALUE = rb"""(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)"""
_ATTRIBUTES = rb"[\s/]*+(?:(?:=?+[^\s/>=]++(?:\s*+=\s*+" + _VALUE + rb"?+)?+|=)[\s/]*+)*+"
# Comments and other tags are stepped over: a charset in them, such as a script's, is not the page's.
_TAG = re.compile(
    rb"<!--(?:>|->|.*?-->)|<meta(?=[\s/])(?P<meta>"
    + _ATTRIBUTES
    + rb")>|</?[a-z][^\s/>]*+"
    + _ATTRIBUTES
    + rb"(?:>|\Z)|<[!/?][^>]*>",
    re.I | re.S,
)
_ATTRIBUTE = re.compile(rb"""(=?[^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
_CONTENT = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.I)
_XML = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9_.:-]+)["']""")


def own_labels(body: bytes) -> Iterator[str]:
    """Yield the labels in a page's `<meta>`s, then in its XML declaration; the first that is one counts."""
    head = body[:_PRESCAN]
    for tag in _TAG.finditer(head):
        if tag["meta"] and (label := _of_meta(tag["meta"])):
            yield label
    if match := _XML.match(head):
        yield match[1].decode("ascii")


def _of_meta(attributes: bytes) -> str | None:
    values: dict[bytes, bytes] = {}
    for name, *quoted in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.lower(), b"".join(quoted))
    label = values.get(b"charset")
    if label is None and values.get(b"http-equiv", b"").lower() == b"content-type":
        match = _CONTENT.search(values.get(b"content", b""))
        label = b"".join(filter(None, match.groups())) if match else None
    return label.decode("ascii", "replace").strip() if label else None
