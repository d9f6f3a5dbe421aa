"""Reads a photo's address out of an `img` element: the photo's own, not a placeholder's or a proxy's."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, urljoin, urlsplit

from w3lib.url import safe_url_string

from store.addresses import is_named_stand_in, names_copy, widest

_LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-echo")
"""Where scripts that load pictures late keep the address, in the order in which they are asked. `src` then
holds a placeholder."""
_FIRST = re.compile(r"[\s,]*(\S+)")
_SIZE = re.compile(r"(?:^|\s)(\d{1,6}(?:\.\d{1,3})?)[wx](?:\s|$)", re.ASCII)
_NO_PHOTOS = frozenset({"ss.bokete.jp", "stamp.bokete.jp", "bokete-photo-gamma.s3.amazonaws.com"})
"""Hosts of pictures that are no photo: the first two draw the caption into it, the third keeps banners."""


def photo_address(image: Mapping[str, str], base: str) -> str | None:
    """Return the absolute address of the photo that an `img` element shows; None if it shows none.

    Of several addresses one that is built as the site's photos are comes first, then one that names no
    placeholder. An address of Next.js's image proxy stands for the one in its query. The site's own photos
    are asked for in the widest copy that is known to exist on their host.

    Args:
        image: the element's attributes.
        base: what its addresses are relative to: the page's address, or that of its `<base>`.
    """
    found = [address for text in _written(image) if (address := _absolute(text, base))]
    photos = [address for address in found if urlsplit(address).hostname not in _NO_PHOTOS]
    ranked = sorted(photos, key=lambda address: (not names_copy(address), is_named_stand_in(address)))
    return widest(ranked[0]) if ranked else None


def _written(image: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses that the element has, the likeliest first."""
    yield from (image[name] for name in _LAZY if name in image)
    for name in ("data-srcset", "data-lazy-srcset"):
        yield from _from_set(image.get(name, ""))
    yield image.get("src", "")
    yield from _from_set(image.get("srcset", ""))


def _from_set(text: str) -> Iterator[str]:
    """Yield the addresses of a `srcset`, the largest first.

    Commas may stand within addresses, but not at their ends. Source: HTML standard, "parse a srcset
    attribute".
    """
    found: list[tuple[float, str]] = []
    position = 0
    while match := _FIRST.match(text, position):
        address, position = match[1], match.end()
        size = None
        if not address.endswith(","):
            end = text.find(",", position)
            size = _SIZE.search(text[position : end if end >= 0 else len(text)])
            position = end + 1 if end >= 0 else len(text)
        found.append((float(size[1]) if size else 1.0, address.rstrip(",")))
    yield from (address for _, address in sorted(found, key=lambda one: -one[0]))


def _absolute(text: str, base: str) -> str | None:
    """Return an absolute web address, of the image proxy's the one in it; None if it is none."""
    text = text.strip()
    if not text or text.startswith("#"):
        return None
    try:
        address = safe_url_string(urljoin(base, text).partition("#")[0])
        parts = urlsplit(address)
        if parts.path.rstrip("/").endswith("/_next/image") and (inner := parse_qs(parts.query).get("url")):
            address = safe_url_string(urljoin(address, inner[0]).partition("#")[0])
            parts = urlsplit(address)
        return address if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None
