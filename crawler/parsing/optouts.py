"""What a page or photo says about being collected: X-Robots-Tag headers and robots metas."""

from collections.abc import Iterable, Iterator

from parsel import Selector

ROBOT = "bokeru"
"""The name that robots.txt, headers and metas may call this crawler by."""
OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noml", "none"})
_META = "meta[name][content]"


def opt_out(headers: Iterable[str], page: Selector | None = None) -> str | None:
    """Return what opts out, and where it says so; None where nothing does.

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
    """Yield the directives of a header that are meant for this robot: `other: noindex` is not."""
    meant = True
    for part in value.lower().split(","):
        name, colon, directive = part.partition(":")
        if colon:
            meant = name.strip() in ("*", ROBOT)
            part = directive
        if meant:
            yield from part.split()
