"""Opt-outs: what X-Robots-Tag headers and robots metas say about collecting a page or photo."""

from collections.abc import Iterable, Iterator

from parsel import Selector

ROBOT = "bokeru"
"""This crawler's name in robots.txt, headers and metas."""
OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noml", "none"})
_META = "meta[name][content]"


def opt_out(headers: Iterable[str], page: Selector | None = None) -> str | None:
    """Return the directive that opts out, and where it stands; None if there is none.

    Args:
        headers: the values of the X-Robots-Tag headers.
        page: the parsed page, for its robots metas.
    """
    for header in headers:
        for directive in _directives(header):
            if directive in OPT_OUTS:
                return f"X-Robots-Tag: {directive}"
    for meta in page.css(_META) if page is not None else ():
        if meta.attrib["name"].strip().lower() in ("robots", ROBOT):
            for directive in _directives(meta.attrib["content"]):
                if directive in OPT_OUTS:
                    return f"meta robots: {directive}"
    return None


def _directives(value: str) -> Iterator[str]:
    """Yield the directives that apply to this crawler: after `other:`, the following ones do not."""
    applies = True
    for part in value.lower().split(","):
        name, colon, directive = part.partition(":")
        if colon:
            applies = name.strip() in ("*", ROBOT)
            part = directive
        if applies:
            yield from part.split()
