"""Which of a page's links the settings of the day allow the crawl to follow, in Python and in SQL.

Rows hold links whole: what `min_stars` and `max_page_number` leave out today is there for other settings.
"""

from crawler.items import PageRow
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.parsing.markup import identifier, page_number

NOTHING_NEW = "nothing new: all of it was listed before"
"""How the column `error` of a list's page tells that the list is left here; its links to other lists wait."""

_NUMBERED = r"/(?:odai|boke)/\d{1,18}(?:[/?#]|$)"
_ODAI = r"/odai/(\d{1,18})(?:[/?#]|$)"
_PAGE = r"[?&]page=(\d{1,9})(?:&|$)"


def stored_links(row: PageRow, job: Job) -> list[str]:
    """Return the links of a page as its row in the table has them: whole, each of one spelling, and once.

    None leads to a user's page, whose address is a name; but the page of a user, to which only a start leads,
    goes on to its own next page.
    """
    links: list[str] = list(dict.fromkeys(map(job.page_address, row["links"])))  # type: ignore[call-overload]
    return links if "/user/" in str(row["url"]) else [link for link in links if "/user/" not in link]


def links_to_follow(row: PageRow, options: CrawlOptions) -> list[str]:
    """Return the links of a page that the settings allow, in the page's order.

    - `max_page_number` ends paginations that would go on for ever.
    - With `min_stars`, a list leads only to odai that it shows a boke of so many stars for. An odai's pages
      are ordered by stars, so its next page is followed only while every boke on this one has enough.
    - A list on which nothing is new leads no further into itself.
    """
    links: list[str] = row["links"]  # type: ignore[assignment]
    links = [link for link in links if page_number(link) <= options.max_page_number]
    if has_note(row.get("error")):
        links = [link for link in links if is_numbered(link)]
    bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
    if not options.min_stars or not bokes:
        return links
    starred = [boke for boke in bokes if _has_stars(boke, options.min_stars)]
    if row["odai_id"] is not None:
        return links if len(starred) == len(bokes) else []
    starred_odai = {boke["odai_id"] for boke in starred}
    # None: a link that leads to no odai, such as the list's own next page, is always followed.
    return [link for link in links if identifier("odai", link) in (None, *starred_odai)]


def sql_links_to_follow(options: CrawlOptions) -> str:
    """Return a SQL expression for `links_to_follow` of a row of the pages table."""
    links = "links"
    if options.min_stars:
        starred = f"[boke.odai_id FOR boke IN bokes IF coalesce(boke.stars >= {options.min_stars}, true)]"
        number = f"TRY_CAST(nullif(regexp_extract(link, '{_ODAI}', 1), '') AS BIGINT)"
        links = f"""CASE WHEN coalesce(len(bokes), 0) = 0 THEN links
            WHEN odai_id IS NOT NULL THEN if(len({starred}) = len(bokes), links, [])
            ELSE [link FOR link IN links
                IF {number} IS NULL OR list_contains({starred}, {number})] END"""
    known = f"coalesce(contains(error, '{NOTHING_NEW}'), false)"
    return f"""CASE WHEN {known} THEN [link FOR link IN {links} IF {sql_is_numbered("link")}]
        ELSE {links} END"""


def sql_is_within(column: str, options: CrawlOptions) -> str:
    """Return a SQL condition: the address in `column` is within `max_page_number`."""
    number = f"coalesce(TRY_CAST(regexp_extract({column}, '{_PAGE}', 1) AS BIGINT), 1)"
    return f"(NOT contains({column}, 'page=') OR {number} <= {options.max_page_number})"


def is_numbered(url: str) -> bool:
    """Tell whether an address is that of an odai or a boke, and not of a list."""
    return identifier("odai", url) is not None or identifier("boke", url) is not None


def sql_is_numbered(column: str) -> str:
    """Return a SQL condition for `is_numbered` of `column`."""
    return f"regexp_matches({column}, '{_NUMBERED}')"


def is_newest_first(row: PageRow) -> bool:
    """Tell whether a page of a list shows its boke in the order of time: then their numbers fall."""
    bokes: list[dict[str, int]] = row["bokes"]  # type: ignore[assignment]
    ids = [boke["boke_id"] for boke in bokes]
    return len(ids) > 1 and row["odai_id"] is None and ids == sorted(ids, reverse=True)


def sql_is_newest_first() -> str:
    """Return a SQL condition for `is_newest_first` of a row of the pages table."""
    ids = "[boke.boke_id FOR boke IN bokes]"
    # CASE, since AND would read the boke of all rows for that.
    is_falling = f"len(bokes) > 1 AND {ids} = list_reverse_sort({ids})"
    return f"CASE WHEN odai_id IS NULL THEN {is_falling} ELSE false END"


def with_note(error: object) -> str:
    """Return the column `error` with the note that nothing is new."""
    return "; ".join(filter(None, [without_note(error), NOTHING_NEW]))


def has_note(error: object) -> bool:
    """Tell whether the column `error` says so."""
    return NOTHING_NEW in str(error)


def without_note(error: object) -> str | None:
    """Return the column `error` without that note; None if nothing is left."""
    notes = [note for note in str(error or "").split("; ") if note not in ("", NOTHING_NEW)]
    return "; ".join(notes) or None


def _has_stars(boke: dict[str, object], least: int) -> bool:
    """Tell whether a boke has at least so many stars; one whose page shows none may have them."""
    stars = boke["stars"]
    return not isinstance(stars, int) or stars >= least
