"""Which of a page's links the settings allow the crawl to follow."""

from crawler.items import PageRow
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.parsing.markup import identifier, page_number


def stored_links(row: PageRow, job: Job) -> list[str]:
    """Return the links of a page as its row in the table has them: each of one spelling, and once."""
    row["links"] = list(dict.fromkeys(map(job.page_address, row["links"])))  # type: ignore[call-overload]
    return links_to_follow(row, job.options)


def links_to_follow(row: PageRow, options: CrawlOptions) -> list[str]:
    """Return the links of a page that the settings allow, in the page's order.

    - `max_page_number` ends paginations that would go on for ever.
    - With `min_stars`, a list leads only to odai that it shows a boke of so many stars for. An odai's pages
      are ordered by stars, so its next page is followed only while every boke on this one has enough.
    """
    links: list[str] = row["links"]  # type: ignore[assignment]
    links = [link for link in links if page_number(link) <= options.max_page_number]
    if not options.min_stars:
        return links
    bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
    starred = [boke for boke in bokes if _has_stars(boke, options.min_stars)]
    if row["odai_id"] is not None:
        return links if len(starred) == len(bokes) else []
    starred_odai = {boke["odai_id"] for boke in starred}
    # None: a link that leads to no odai, such as the list's own next page, is always followed.
    return [link for link in links if identifier("odai", link) in (None, *starred_odai)]


def _has_stars(boke: dict[str, object], least: int) -> bool:
    """Tell whether a boke has at least so many stars; one whose page shows none may have them."""
    stars = boke["stars"]
    return not isinstance(stars, int) or stars >= least
