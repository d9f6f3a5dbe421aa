"""Which of a page's links the settings let the crawl follow."""

from crawler.items import PageRow
from crawler.options import CrawlOptions
from crawler.parsing.markup import identifier, page_number


def narrow(row: PageRow, options: CrawlOptions) -> None:
    """Drop the links of a row that the settings forbid to follow.

    `max_page_number` ends paginations that never do. With `min_stars`, a list leads only to odai with a
    boke of so many stars, and an odai (whose pages are ordered by stars) goes on only while it has them.
    """
    links: list[str] = row["links"]  # type: ignore[assignment]
    links = [link for link in links if page_number(link) <= options.max_page_number]
    if options.min_stars:
        bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
        starred = [boke for boke in bokes if _has(boke, options.min_stars)]
        if row["odai_id"] is not None:
            links = links if len(starred) == len(bokes) else []
        else:
            odai = {boke["odai_id"] for boke in starred}
            links = [link for link in links if identifier("odai", link) in (None, *odai)]
    row["links"] = links


def _has(boke: dict[str, object], stars: int) -> bool:
    found = boke["stars"]
    return not isinstance(found, int) or found >= stars
