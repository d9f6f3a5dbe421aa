"""Finds the encoding that a page declares for itself, as the HTML standard's prescan does."""

import re

_PRESCAN = 10240  # a browser looks at 1,024 bytes first, and changes its mind at a later `<meta>`
_ATTRIBUTES = rb"""(?:[^>"']|"[^"]*"|'[^']*')*+"""
# Comments and other tags are stepped over: a charset in them, such as a script's, is not the page's.
_TAG = re.compile(
    rb"<!--(?:>|->|.*?-->)|<meta(?P<meta>[\s/]"
    + _ATTRIBUTES
    + rb")>|</?[a-z]"
    + _ATTRIBUTES
    + rb">|<[!/?][^>]*>",
    re.I | re.S,
)
_ATTRIBUTE = re.compile(rb"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?""")
_CONTENT = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.I)
_XML = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9_.:-]+)["']""")


def own_label(body: bytes) -> str | None:
    """Return the label in a page's `<meta>`, or else in its XML declaration; None if it declares none."""
    head = body[:_PRESCAN]
    for tag in _TAG.finditer(head):
        if tag["meta"] and (label := _of_meta(tag["meta"])):
            return label
    match = _XML.match(head)
    return match[1].decode("ascii") if match else None


def _of_meta(attributes: bytes) -> str | None:
    values: dict[bytes, bytes] = {}
    for name, *quoted in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.lower(), b"".join(quoted))
    label = values.get(b"charset")
    if label is None and values.get(b"http-equiv", b"").lower() == b"content-type":
        match = _CONTENT.search(values.get(b"content", b""))
        label = b"".join(filter(None, match.groups())) if match else None
    return label.decode("ascii", "replace").strip() if label else None
