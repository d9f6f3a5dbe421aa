"""The variants of the embedded site: layouts and faults. It imports nothing, so that `--help` stays fast."""

LAYOUTS = ("jquery_2013", "bootstrap_2015", "bootstrap_2018", "angular_2020", "next_2024")
"""The modules of `demo.layouts`, each an era's markup."""

SITE_FAULTS = {
    "robots-503": "robots.txt answers 503",
    "robots-404": "there is no robots.txt",
    "robots-html": "robots.txt is an HTML page, with status 200",
    "robots-disallow": "robots.txt forbids the odai whose ids end in 3",
    "robots-delay": "robots.txt asks for a second between requests",
    "robots-disallow-all": "robots.txt forbids the whole site",
    "blocked": "everything but robots.txt answers 403",
    "blocked-401": "everything but robots.txt answers 401",
    "blocked-429": "everything but robots.txt answers 429 with `Retry-After: 7200`",
    "blocked-503": "everything but robots.txt answers 503 with `Retry-After: 7200`",
    "endless-lists": "lists always have a next page, which repeats the first",
    "next-error": "lists say 「エラーが発生しました。」 when first asked for, with status 200, as since 2024",
    "photos-moved": "pages name another host for their photos",
    "photos-login": "every photo is a page that asks to log in, with status 200",
    "pages-500": "every page answers 500",
    "pages-401": "every page answers 401",
    "pages-empty": "every page is empty, with status 200",
    "pages-changed": "every page has markup of no layout",
    "cookie-wall": "every page redirects to itself and sets a cookie",
    "odai-home": "every odai redirects to the first page",
    "stars-gone": "no entry has its stars",
    "deeper": "all content stands in one element more",
    "lists-without-photos": "entries of lists have no photo and no link around it",
    "lists-without-pictures": "entries of lists have no picture; the links around them stay, empty",
}
"""Faults of the whole site."""

PAGE_FAULTS = {
    "403-burst": "403 to the first two requests",
    "429": "429 with `Retry-After: 1` to the first request",
    "429-date": "429 with Retry-After as a date 2 seconds ahead to the first request",
    "503": "503 with `Retry-After: 1` to the first request",
    "500": "500 to the first request",
    "500-always": "500 to every request",
    "reset": "the connection is reset in the middle of the first answer",
    "reset-always": "the connection is reset in the middle of every answer",
    "cut-short": "Content-Length promises more than comes, always",
    "bad-gzip": "the body says that it is gzip, and is not",
    "gzip-bomb": "a megabyte of gzip that unpacks to a gigabyte",
    "slow": "the body takes 2 seconds",
    "endless": "the body never ends, as fast as it can be read",
    "endless-slow": "the body never ends, a byte each half second",
    "huge": "a page of 10 MB, most of it a comment before the first entry",
    "empty": "status 200 without a body",
    "redirect-loop": "a redirect to a redirect back",
    "redirect-private": "a redirect to an address of a private network",
    "redirect-loopback": "a redirect to another port of this machine",
    "redirect-elsewhere": "a redirect to another site",
    "redirect-file": "a redirect to a file: address",
    "euc-jp": "the page is in EUC-JP, labelled UTF-8",
    "shift-jis": "the page is in Shift_JIS, labelled UTF-8",
    "broken-html": "tags unclosed, crossed and stray, attributes without quotes: every entry can be read",
    "cut-page": "the page ends in the middle of its last entry",
    "nul-bytes": "NUL bytes in texts and between tags",
    "emoji": "every text ends in emoji, joined ones too, and in letters outside the BMP",
    "duplicate-ids": "the first boke comes twice, with the same id and another text",
    "vanish": "lists show the odai, but it is gone when asked for (its second page, where it has one)",
    "endless-pages": "every page of the odai has a next one; past the last they repeat the first",
    "opt-out-header": "`X-Robots-Tag: noai, noimageai`",
    "opt-out-meta": '`<meta name="robots" content="noai, noimageai">`',
    "opt-out-others": "an X-Robots-Tag for another robot: no reason to stop",
    "drift": "markup of no layout",
    "drift-empty": "the layout's markup, but the texts are not where they were",
    "drift-entries": "the layout's markup, but the entries are not where they were",
    "drift-photo": "the layout's markup, but no photo",
    "unanswered": "an odai that has no boke yet",
}
"""Faults of single odai pages: each odai has at most one."""

PHOTO_FAULTS = {
    "photo-404": "404, in every width",
    "photo-wide-404": "404 at 600 pixels; narrower copies are there",
    "photo-wide-403": "403 at 600 pixels, as where files may not be listed; narrower copies are there",
    "photo-500": "500 to the first request",
    "photo-reset": "the connection is reset in the middle of the first answer",
    "photo-html": "an HTML page sent as JPEG",
    "photo-empty": "no bytes",
    "photo-noise": "random bytes",
    "photo-truncated": "the first half of the JPEG",
    "photo-bomb": "a small PNG of 169 million pixels",
    "photo-huge-bomb": "a small PNG of 2.5 billion pixels",
    "photo-opt-out": "`X-Robots-Tag: noimageai`",
    "photo-cmyk": "a CMYK JPEG",
    "photo-grey": "a grey JPEG",
    "photo-palette": "a PNG with a palette, named .jpg",
    "photo-alpha": "a PNG with transparency, named .jpg",
    "photo-16bit": "a PNG of 16 bits, grey",
    "photo-animated": "an animated GIF of three frames",
    "photo-webp": "a WebP named .jpg",
    "photo-rotated": "lying on its side, upright by its EXIF orientation",
    "photo-exif": "60 KB of EXIF that make no sense",
    "photo-tiny": "one pixel",
    "photo-twice": "the same bytes as the photo before",
    "photo-near": "the photo before, scaled and saved anew: other bytes, the same to the eye",
}
"""Faults of single photos: each photo has at most one."""

FAULTS = SITE_FAULTS | PAGE_FAULTS | PHOTO_FAULTS
"""Every fault, with one line that says what it does."""


def describe() -> str:
    """Return all faults with their meanings, a line each, for the help of `bokeru site`."""
    parts = (
        ("of the whole site", SITE_FAULTS),
        ("of odai pages, one odai in eight or fewer each", PAGE_FAULTS),
        ("of photos, one photo in eight or fewer each", PHOTO_FAULTS),
    )
    lines = []
    for title, faults in parts:
        lines += [f"faults {title}:", *(f"  {name:<19} {line}" for name, line in faults.items())]
    return "\n".join(lines)
