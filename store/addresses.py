"""Addresses of photos, pages and sites; where SQL needs them too, a test checks that the two agree."""

import re
from itertools import pairwise
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from w3lib.url import canonicalize_url

WIDTHS = (600, 400, 240)
"""The widths, in pixels, in which the site keeps a photo, the widest first."""

_PHOTO = r"/photo/odai/\d+/([0-9a-f]{32})_\d+\."
_COPY = re.compile(r"/photo/odai/(600|400|240)/([0-9a-f]{32})_\1\.", re.ASCII)
_WIDEST = {"d13n9ry8xcpemi.cloudfront.net": 400}
"""The widest copies that any reader of the site has seen, by host, where those are not of 600 pixels."""
_FILE_NAME = r"([^/.?#]*)[^/?#]*(?:[?#].*)?$"
_STAND_IN = (
    r"(?:^|[^a-z])(?:removed|deleted|(?:now)?loading|no[-_]?(?:image|photo)|placeholder|blank|spacer)"
    r"(?:$|[^a-z])"
)


def is_named_stand_in(url: str) -> bool:
    """Tell whether an address's file name says that the picture stands for a photo that is not there."""
    name = re.split("[?#]", url, maxsplit=1)[0].rpartition("/")[2].partition(".")[0]
    return re.search(_STAND_IN, name.lower(), re.ASCII) is not None


def sql_is_named_stand_in(column: str) -> str:
    """Return a SQL expression for `is_named_stand_in` of `column`."""
    return f"regexp_matches(lower(regexp_extract({column}, '{_FILE_NAME}', 1)), '{_STAND_IN}')"


def names_copy(url: str) -> bool:
    """Tell whether an address is built as those of the site's photos are: with an md5 and a width."""
    return re.search(_PHOTO, url, re.ASCII) is not None


def widest(url: str) -> str:
    """Return the address of a photo's widest copy that is known to exist, never of a narrower one.

    Pages show copies of several widths: with one address for all of them, a photo is fetched once.
    """
    most = _WIDEST.get(urlsplit(url).hostname or "", WIDTHS[0])
    match = _COPY.search(url)
    if not match or int(match[1]) >= most:
        return url
    return _COPY.sub(rf"/photo/odai/{most}/\2_{most}.", url)


def photo_key(url: str) -> str:
    """Return what the addresses of a photo's copies have in common: on bokete, the md5 in them.

    Any other address is its own key, but for the scheme.
    """
    match = re.search(_PHOTO, url, re.ASCII)
    return match[1] if match else re.sub("^https?:", "", url)


def sql_md5(column: str) -> str:
    """Return a SQL expression for the md5 in a photo's address; null if it has none."""
    return f"nullif(regexp_extract({column}, '{_PHOTO}', 1), '')"


def sql_photo_key(column: str) -> str:
    """Return a SQL expression for `photo_key` of `column`."""
    return f"coalesce({sql_md5(column)}, regexp_replace({column}, '^https?:', ''))"


def narrower(url: str) -> str | None:
    """Return the address of a photo's next narrower copy; None if there is none."""
    for wide, narrow in pairwise(WIDTHS):
        address, count = re.subn(_copy(wide), rf"/photo/odai/{narrow}/\1_{narrow}.", url)
        if count:
            return address
    return None


def copy_width(url: str) -> int:
    """Return the width, in pixels, that an address of a photo's copy names; 0 where it names none."""
    match = _COPY.search(url)
    return int(match[1]) if match else 0


def copies(url: str) -> list[str]:
    """Return the addresses of a photo's copies of all widths, the widest first; else the address alone."""
    if not _COPY.search(url):
        return [url]
    return [_COPY.sub(rf"/photo/odai/{width}/\2_{width}.", url) for width in WIDTHS]


def sql_narrower(column: str) -> str:
    """Return a SQL expression for `narrower` of `column`."""
    cases = (
        f"WHEN regexp_matches({column}, '{_copy(wide)}')"
        f" THEN regexp_replace({column}, '{_copy(wide)}', '/photo/odai/{narrow}/\\1_{narrow}.')"
        for wide, narrow in pairwise(WIDTHS)
    )
    return f"CASE {' '.join(cases)} END"


def _copy(width: int) -> str:
    return rf"/photo/odai/{width}/([0-9a-f]{{32}})_{width}\."


def sql_host(column: str) -> str:
    """Return a SQL expression for the host of the address in `column`."""
    return f"regexp_extract({column}, '^(?:https?:)?//([^/]+)', 1)"


_PORTS = {"http": 80, "https": 443}
_OTHER_NAMES = ("www.", "sp.", "select.")
"""Names under which the site also answers, before its own."""
_NUMBERED = re.compile(r"^/(odai|boke)/0*(\d{1,18})$", re.ASCII)
_OF_NUMBERED = ("page", "sort")
"""What an odai's or boke's address may ask for; anything else there tells only where the reader came from."""
_ORIGIN = re.compile(r"ref|referrer|utm_\w+|(?:fb|g|d|y|tw)clid|msclkid|igshid|mc_[ce]id|_ga|_gl", re.ASCII)
"""Parameters that only say where the reader came from, and change nothing on the page."""


def authority(url: str) -> str:
    """Return an address's host as requests name it: lower case, ASCII, with a port that is not the usual one.

    User and password are not in it. An address without a host gives an empty string.

    Raises:
        ValueError: the address or its port cannot be read.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port
    if not host.isascii():
        host = host.encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _PORTS.get(parts.scheme)) else f"{host}:{port}"


def is_same_site(url: str, site: str) -> bool:
    """Tell whether an address is on the site, by any of its names (`www.`, `sp.`, `select.`)."""
    try:
        return bool(found := own_name(authority(url))) and found == own_name(authority(site))
    except ValueError:
        return False


def own_name(host: str) -> str:
    """Return the name of a site's host without what it also answers to (`www.`, `sp.`, `select.`)."""
    for name in _OTHER_NAMES:
        if host.startswith(name) and "." in host.removeprefix(name):
            return host.removeprefix(name)
    return host


def numbered(url: str) -> tuple[Literal["odai", "boke"], int] | None:
    """Return of which odai or boke an address is the page, by its number; None if it is of neither."""
    try:
        match = _NUMBERED.match(urlsplit(url).path)
    except ValueError:  # a caption may begin with "//[", which looks like a host
        return None
    return ("odai" if match[1] == "odai" else "boke", int(match[2])) if match else None


def page_address(url: str, site: str) -> str:
    """Return the one address of a page of the site, however it is written; any other address unchanged.

    Scheme, host and port are the site's. Escapes, slashes, fragments, the order of parameters, those that say
    where a reader came from, and `page=1` make no other page.

    Args:
        url: an absolute address.
        site: the address that the site's paths are relative to.
    """
    if not is_same_site(url, site):
        return url
    try:
        parts = urlsplit(canonicalize_url(url, keep_blank_values=True))
    except ValueError:
        return url
    path = re.sub("/{2,}", "/", parts.path).rstrip("/") or "/"
    numbered = _NUMBERED.match(path)
    if numbered:
        path = f"/{numbered[1]}/{numbered[2]}"
    query = [
        (key, _number(value) if key == "page" else value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _is_idle(key, value, numbered is not None)
    ]
    scheme = urlsplit(site).scheme
    return SplitResult(scheme, authority(site), path, urlencode(query), "").geturl()


def _is_idle(key: str, value: str, on_numbered: bool) -> bool:
    """Tell whether a parameter changes nothing on the page; `on_numbered`: on that of an odai or a boke."""
    if key == "page":
        return _number(value) in ("", "0", "1")
    return key not in _OF_NUMBERED if on_numbered else _ORIGIN.fullmatch(key) is not None


def _number(text: str) -> str:
    """Return a number without zeros before it; an empty string if it is none."""
    return str(int(text)) if text.isdecimal() and len(text) < 16 else ""


def canonical_pattern(site: str) -> str:
    """Return a regular expression (RE2's and Python's) of addresses that `page_address` leaves as they are.

    Nearly every address of a crawl matches it, so the rest may take longer.
    """
    start = re.escape(f"{urlsplit(site).scheme}://{authority(site)}")
    return rf"^{start}/(?:odai|boke)/[1-9]\d{{0,17}}(?:\?page=(?:[2-9]|[1-9]\d{{1,8}}))?$"


def without_password(text: str) -> str:
    """Return a text without the users and passwords of the addresses in it.

    A password may hold an @ or a slash: all goes that stands between // and the last @ of a word.
    """
    return re.sub(r"(?<=//)[^\s'\"]*@", "", text)
