"""Headers that every request carries: what the client of a reader in Japan sends, and our own name.

A site may answer by them: in English to whoever asks for English, with a page about a photo to whoever
accepts pages, or not at all where a photo's request does not name the page that shows it. docs/crawling.md
lists them.
"""

from w3lib.http import basic_auth_header

LANGUAGE = "ja,en;q=0.5"
PAGE = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": LANGUAGE,
}
"""For pages, feeds and robots.txt: a navigation by hand, which names no page that it comes from."""
_PHOTO = {
    # JPEG before all else, as the photos were uploaded: a host that converts would send a copy of a copy.
    "Accept": "image/jpeg,image/png;q=0.9,image/webp;q=0.8,image/avif;q=0.8,image/*;q=0.7",
    "Accept-Language": LANGUAGE,
}


def photo_headers(page: str) -> dict[str, str]:
    """Return the headers of the request for a photo.

    Args:
        page: the address of the page that shows it, the odai's: photo hosts that other sites must not link
            to answer only to requests that name a page of the site.
    """
    return {**_PHOTO, "Referer": page}


def authorization(credentials: tuple[str, str]) -> bytes:
    """Return the value of the Authorization header for user and password (RFC 7617, in UTF-8)."""
    return basic_auth_header(*credentials, encoding="utf-8")
