"""Reads the site's own data: JSON in a page, with exact stars, numbers and absolute dates.

It stands in scripts, as what Next.js streams, as a string for `JSON.parse` or as it is, or in attributes.

Facts: yryo1005/BoketeDB (2026-07-21) and ossam/bokete-checker (2026-04-07). A boke has `id`, `odaiId`,
`text`, `date`, `rateSum`, `rateCount` and `category`; its `odai` has `id`, `date`, `category` and
`photo.largeUrl`, scheme-relative, and `photo` is null where the odai is a text. Dates are `YYYY-MM-DD
HH:MM:SS` in Japan's time, or null. Names of users stand beside them, and are not read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from crawler.items import Boke
from crawler.parsing.decoding.javascript import unescaped
from crawler.parsing.markup import Document, boke_text_of, lines
from store.schema import FIRST_ODAI, JAPAN

_OF_BOKE = ("rateSum", "odaiId")
_ATTRIBUTES = "//@*[" + " or ".join(f'contains(., "{name}")' for name in _OF_BOKE) + "]"
_PUSHED = re.compile(r'__next_f\.push\(\[1,\s*("(?:[^"\\]|\\.)*")\s*\]\)', re.DOTALL)
_PARSED = re.compile(r"""JSON\.parse\(\s*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)')\s*\)""", re.DOTALL)
_OBJECT = re.compile(r'\{\s*"')
_MAX_TRIES = 200
"""How many places of a page are tried as the start of an object: a script that is no JSON has many braces."""
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True)
class SiteData:
    """What a page's scripts say of one boke.

    Attributes:
        boke: the boke, with `image_url` where the odai's photo is named.
        odai_category: the category of its odai.
        is_text_odai: whether the site says that the odai has no photo.
    """

    boke: Boke
    odai_category: str | None = None
    is_text_odai: bool = False


def site_data(document: Document) -> dict[int, SiteData]:
    """Return what the page's scripts say of boke, by number; empty for pages without such data.

    The first record of a number counts. Nothing raises, whatever the scripts hold.
    """
    found: dict[int, SiteData] = {}
    scripts = document.root.xpath("//script/text()").getall()
    # Few pages keep data in attributes, and to ask all of them for it takes time.
    if any(name.encode() in document.body for name in _OF_BOKE):
        scripts += document.root.xpath(_ATTRIBUTES).getall()
    for text in _texts(scripts):
        if not any(name in text for name in _OF_BOKE):
            continue
        for record in _records(text):
            if data := _data(document, record):
                found.setdefault(data.boke.boke_id or 0, data)
    return found


def _texts(scripts: list[str]) -> Iterator[str]:
    """Yield what Next.js streams as strings, joined, since it cuts them anywhere; then each other script.

    Of a script that hands its data to `JSON.parse`, that is what the strings in it say.
    """
    pushed = [part for script in scripts for part in _PUSHED.findall(script)]
    yield "".join(_unescaped(part) for part in pushed)
    for script in scripts:
        if "__next_f" not in script:
            yield from (unescaped(double or single) for double, single in _PARSED.findall(script))
            yield _PARSED.sub("", script)


def _unescaped(part: str) -> str:
    try:
        return str(json.loads(part, strict=False))
    except ValueError:  # an escape that JSON lacks
        return ""


def _records(text: str) -> Iterator[Mapping[str, object]]:
    """Yield every object in a text that looks like a boke, however deep it stands in others."""
    decoder, position, tries = json.JSONDecoder(strict=False), 0, 0
    while tries < _MAX_TRIES and (start := _OBJECT.search(text, position)):
        tries += 1
        try:
            value, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            position = start.end()
            continue
        yield from _bokes_within(value)


def _bokes_within(value: object) -> Iterator[Mapping[str, object]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("text"), str) and any(name in one for name in _OF_BOKE):
                yield one
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def _data(document: Document, record: Mapping[str, object]) -> SiteData | None:
    """Return a record's boke; None if it has no number."""
    number = _integer(record.get("id"))
    if number is None:
        return None
    odai = record.get("odai")
    odai = odai if isinstance(odai, dict) else {}
    photo = odai.get("photo")
    large = photo.get("largeUrl") if isinstance(photo, dict) else None
    boke = Boke(
        boke_id=number,
        text=boke_text_of(str(record["text"])) or "\u200b",  # empty here is what its user wrote
        odai_id=_integer(record.get("odaiId")) or _integer(odai.get("id")),
        image_url=document.photo(large) if isinstance(large, str) else None,
        stars=_integer(record.get("rateSum")),
        raters=_integer(record.get("rateCount")),
        category=_word(record.get("category")),
        posted=_possible(document, record.get("date")),
    )
    return SiteData(boke, _word(odai.get("category")), "photo" in odai and photo is None)


def _possible(document: Document, value: object) -> datetime | None:
    """Return the moment of a date in the data; None, and counted, if it cannot be right."""
    found = site_date(value)
    if found is None or FIRST_ODAI <= found <= document.fetched_at:
        return found
    document.impossible_dates.add(str(value))
    return None


def site_date(value: object) -> datetime | None:
    """Return the moment of a date in the site's data, Japan's time, in UTC; None if it is none."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        year, *rest = map(int, match.groups())
        return datetime(year, *islice(rest, 5), tzinfo=JAPAN).astimezone(UTC)  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        return None


def _integer(value: object) -> int | None:
    """Return a number of 64 bits, written as a number or as its digits; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value, re.ASCII):
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 2**63 else None  # type: ignore[operator,return-value]


def _word(value: object) -> str | None:
    """Return a category, which may be a word or an object with its name."""
    if isinstance(value, dict):
        value = value.get("name")
    return lines(value) or None if isinstance(value, str) else None
