"""Licences: one spelling for each, and whether it lets anybody publish what is under it.

Sources: the identifiers of the SPDX licence list (spdx.org/licenses), and the addresses that Creative Commons
gives its licences (creativecommons.org/licenses/by-sa/4.0/). What a licence allows is what its own deed or
text says of passing copies on. Licences that allow no changes (ND) are not among those: a photo in a dataset
has lost parts of its metadata, and stands beside jokes.
"""

import re

_OPEN = (
    *("CC0-1.0", "CC-PDM-1.0", "PDDL-1.0", "Unlicense", "0BSD", "MIT", "MIT-0", "Apache-2.0"),
    *("BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "ODbL-1.0", "ODC-By-1.0"),
    *("CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0"),
)
_CC_KINDS = ("by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd")
_CC_ADDRESS = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)"
    r"(?:/([a-z]{2,3}))?(?:/\S*)?",
    re.IGNORECASE | re.ASCII,
)
_CC_WORDS = re.compile(
    r"cc[\s_-]*(by(?:[\s_-]*(?:nc|nd|sa))*)[\s_-]*v?(\d\.\d)"
    r"(?:[\s_-]*(?:generic|international|unported))?",
    re.IGNORECASE | re.ASCII,
)
_CC_ZERO = re.compile(r"cc[\s_-]*0(?:[\s_-]*v?1\.0)?(?:[\s_-]*universal)?", re.IGNORECASE | re.ASCII)
PUBLIC = "|".join([*map(re.escape, _OPEN), r"CC-BY(-NC)?(-SA)?-\d\.\d(-[A-Z]{2,3})?"])
"""A pattern of the identifiers of licences that let anybody pass copies on, for Python and for DuckDB."""
_IDENTIFIERS = {name.lower(): name for name in _OPEN}


def spdx(licence: str | None) -> str | None:
    """Return a licence by its SPDX identifier, whether it is told by name or by address.

    What is none that is known here comes back in its own words, on one line; None for nothing.
    """
    words = " ".join((licence or "").split())
    if address := _CC_ADDRESS.fullmatch(words):
        folder, kind, version, place = (part.lower() if part else None for part in address.groups())
        if folder == "publicdomain":
            return {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}.get(kind or "", words)
        if kind in _CC_KINDS:
            return f"CC-{kind.upper()}-{version}" + (f"-{place.upper()}" if place else "")
    if named := _CC_WORDS.fullmatch(words):
        kind = "-".join(part for part in ("by", "nc", "nd", "sa") if part in named[1].lower())
        if kind in _CC_KINDS:
            return f"CC-{kind.upper()}-{named[2]}"
    if _CC_ZERO.fullmatch(words):
        return "CC0-1.0"
    return _IDENTIFIERS.get(words.lower(), words) or None


def allows_publishing(licence: str | None) -> bool:
    """Tell whether whoever has a copy may give it to everybody. What is not known allows nothing."""
    return bool(re.fullmatch(PUBLIC, licence or ""))


def address(licence: str) -> str | None:
    """Return the address of a licence's text, by its SPDX identifier; None for what is no such."""
    if cc := re.fullmatch(r"CC-(BY(?:-NC)?(?:-ND|-SA)?)-(\d\.\d)(?:-([A-Z]{2,3}))?", licence):
        place = f"{cc[3].lower()}/" if cc[3] else ""
        return f"https://creativecommons.org/licenses/{cc[1].lower()}/{cc[2]}/{place}"
    public = {"CC0-1.0": "zero", "CC-PDM-1.0": "mark"}.get(licence)
    if public:
        return f"https://creativecommons.org/publicdomain/{public}/1.0/"
    return f"https://spdx.org/licenses/{licence}" if licence in _OPEN else None
