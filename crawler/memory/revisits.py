"""When pages are read again, in SQL; and where a list is left because nothing on it is new.

Pages are of two kinds. *First pages*, of lists, odai and boke, have a clock of their own. *Further pages*
(`?page=2`, a list's panels) follow the page before them: they wait until that has been read again and leads
to them. So an odai is read as a whole, and a list from its top. A list that is not in the order of time may
change anywhere: its page N has its own clock, N times as slow as that of its first page.

A list in the order of time is left at the first page that shows only what was *listed* before: on a row of
the same list up to its last end. An end is a last page, or such a page. So a pass over a list that was cut
off half-way is no end, and what it had not reached is not taken for known.
"""

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from crawler.items import PageRow
from crawler.link_rules import (
    NOTHING_NEW,
    is_newest_first,
    is_numbered,
    sql_is_newest_first,
    sql_is_numbered,
    sql_is_within,
)
from crawler.memory.address_set import AddressSet
from crawler.options import CrawlOptions

if TYPE_CHECKING:
    from crawler.job import Job

_THING = r"/((?:odai|boke)/\d{1,18})(?:[/?#]|$)"
_POSITION = r"[?&](?:page|max_id)=\d+"
"""What tells the pages of one list apart: a number, or the boke after which a panel goes on."""
_PANEL = "max_id="

# old: pages whose newest row may be old enough. again: those that are due, or that wait for the page before
# them. led: those of them whose page before them was read again. Rows of this very run make nothing older
# or younger, so that what is due at a run's start and at its end is the same.
VIEWS = """
CREATE TEMP TABLE old AS
    SELECT url, read_at, outcome IN ('error', 'drift') AS failed, is_newest_first, first_seen, newest,
        regexp_extract(url, '{thing}', 1) AS thing, contains(url, '{panel}') AS is_panel,
        coalesce(TRY_CAST(regexp_extract(url, '[?&]page=(\\d+)', 1) AS BIGINT), 1) AS number
    FROM (SELECT *, epoch(fetched_at) AS read_at FROM trusted_pages)
    WHERE {now} - read_at >= {least} AND NOT is_misread
    AND ({settled_too} OR outcome NOT IN ('missing', 'denied')
        OR outcome = 'missing' AND (contains(url, 'page=') OR NOT {numbered}));
CREATE TEMP TABLE again AS
    SELECT url, read_at, is_list, waits FROM (
        SELECT old.*, thing = '' AS is_list,
            NOT failed AND url NOT IN (SELECT url FROM starts)
                AND (is_panel OR number > 1 AND (thing <> '' OR is_newest_first)) AS waits,
            greatest(read_at - epoch(coalesce(greatest(newest, more), first_seen)), 0) AS age
        FROM old LEFT JOIN (
            SELECT thing, max(newest) AS more FROM old WHERE number > 1 AND thing <> '' GROUP BY thing)
        USING (thing))
    WHERE {now} - read_at >= CASE
        WHEN waits THEN if(is_list, {lists_after}, {odai_after}) / 2
        WHEN is_list THEN {lists_after} * if(failed, 1, number)
        ELSE greatest({odai_after}, {growth} * age) END;
"""
LED = """
CREATE TEMP TABLE led AS
    SELECT url FROM lead JOIN (SELECT * FROM again WHERE waits) USING (url)
    GROUP BY url HAVING epoch(max(lead.fetched_at)) > max(read_at);
"""
NONE_LED = "CREATE TEMP TABLE led (url VARCHAR);"
"""Instead of that, where nothing waits: it reads every link of the crawl."""


def constants(job: "Job") -> dict[str, str]:
    """Return what VIEWS has in braces: numbers, of seconds, and conditions."""
    revisits, never = job.options.revisits, "'infinity'::DOUBLE"
    lists = never if revisits.lists is None else repr(revisits.lists)
    odai = never if revisits.odai is None else repr(revisits.odai)
    return {
        "now": repr(job.started.timestamp()),
        "least": f"least({lists}, {odai}) / 2",
        "lists_after": lists,
        "odai_after": odai,
        "growth": repr(revisits.growth),
        "settled_too": str(revisits.settled_too).lower(),
        "thing": _THING,
        "panel": _PANEL,
        "numbered": sql_is_numbered("url"),
        "newest_first": sql_is_newest_first(),
    }


def sql_listed(options: CrawlOptions) -> str:
    """Return SQL for what lists showed up to their last end: `AddressSet`'s hashes of list and boke."""
    leads = f"[1 FOR link IN links IF NOT {sql_is_numbered('link')} AND {sql_is_within('link', options)}]"
    return f"""
        WITH list_row AS MATERIALIZED (
            SELECT regexp_replace(url, '{_POSITION}', '', 'g') AS list, fetched_at,
                [boke.boke_id FOR boke IN bokes] AS ids,
                contains(coalesce(error, ''), '{NOTHING_NEW}') OR len({leads}) = 0 AS is_end
            FROM pages WHERE odai_id IS NULL AND outcome = 'ok' AND NOT {sql_is_numbered("url")}),
        ended AS (SELECT list, max(fetched_at) AS read_at FROM list_row WHERE is_end GROUP BY list)
        SELECT DISTINCT md5_number_lower(list || ' ' || id) AS hash FROM (
            SELECT list, unnest(ids) AS id FROM list_row JOIN ended USING (list)
            WHERE fetched_at <= read_at)"""


class Listed:
    """What lists showed up to their last end, and so: on which page of a list nothing is new.

    Args:
        listed: (n,) uint64, what the SQL of `sql_listed` finds.
        again: (m,) uint64, `AddressSet`'s hashes of the pages of lists that are read again.
    """

    def __init__(self, listed: npt.NDArray[np.uint64], again: npt.NDArray[np.uint64]) -> None:
        self._listed, self._again = AddressSet(listed), AddressSet(again)

    def has_nothing_new(self, row: PageRow) -> bool:
        """Tell whether a list in the order of time, read before, shows only what was listed before.

        A page of a list that was never read always leads on: it is the way to what no pass has reached. A
        panel's address is new each time, as it names the boke after which it goes on.
        """
        url = str(row["url"])
        if is_numbered(url) or row["outcome"] != "ok" or not is_newest_first(row):
            return False
        name = re.sub(_POSITION, "", url)
        bokes: list[dict[str, int]] = row["bokes"]  # type: ignore[assignment]
        return (url in self._again or _PANEL in url) and all(
            f"{name} {boke['boke_id']}" in self._listed for boke in bokes
        )
