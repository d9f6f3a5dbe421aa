"""What is known and what is due, as views over the crawl's tables, in SQL."""

from crawler.items import NOT_A_HOST, WITHDRAWN
from crawler.job import Job
from crawler.link_rules import sql_is_within, sql_links_to_follow
from crawler.memory import revisits
from store.addresses import canonical_pattern, sql_host, sql_narrower
from store.sql import literal, string_list

# latest_*: the newest row of each address. lead: a row leads to an address. discovered_*: addresses that the
# crawl starts from or that its rows lead to. settled_*: those that this run does not ask for, whatever it
# finds. fetched_*: those that need no fetching as things are. due_*: those that are discovered and not
# fetched, some of them more than once.
# - What robots.txt kept from being fetched has no row, so it is due in the next run, and not in this one.
# - A list also shows photos of odai that opt out, so a photo is discovered on its odai's own page.
# - A photo whose host is not allowed is not due; it is once the settings allow its host.
# - A photo that is missing, or stayed broken at every try, leads to its next narrower copy, but not where its
#   host was not allowed: nothing was asked for there.
# - What 0.1 took from the markup since 2024 has neither stars nor dates: such a page is due again. A page
#   that is read so today is drift, not ok, so it is not asked for for ever.
# - A row that came while the site as a whole failed says nothing of its page: that crawl withdrew it. If the
#   settings of today allow the share that it was withdrawn for, it counts.
# - Crawls of 0.1 hold pages and links as they were spelled: each counts as the one address of its page.
_KNOWN = """
CREATE TEMP VIEW pages AS
    SELECT {one_address} AS url, page.* EXCLUDE (url) FROM page;
CREATE TEMP VIEW closed AS
    SELECT url, "table" FROM left_out
    WHERE count IS NULL AND source LIKE 'http%' AND left_out_at >= {started};
CREATE TEMP TABLE latest_pages AS
    SELECT url, max(fetched_at) AS fetched_at, arg_max(outcome, fetched_at) AS outcome,
        arg_max({misread}, fetched_at) AS is_misread,
        arg_max(coalesce({newest_first}, false), fetched_at) AS is_newest_first,
        min(fetched_at) AS first_seen,
        max(list_max([boke.posted FOR boke IN bokes])) FILTER (fetched_at < {started}) AS newest
    FROM pages GROUP BY url;
CREATE TEMP TABLE latest_images AS
    SELECT url, max(fetched_at) AS fetched_at, arg_max(outcome, fetched_at) AS outcome,
        arg_max(error, fetched_at) FILTER (outcome = 'error') AS error
    FROM images GROUP BY url;
CREATE TEMP TABLE withdrawn AS
    SELECT "table", {one_address} AS url, max(left_out_at) AS withdrawn_at FROM left_out
    WHERE count IS NULL AND (source = '{withdrawn}'
        OR (source = '{withdrawn}.max_drift' AND {share} > {max_drift})
        OR (source = '{withdrawn}.max_errors' AND {share} > {max_errors})) GROUP BY ALL;
CREATE TEMP VIEW trusted_pages AS
    SELECT page.* FROM latest_pages AS page ANTI JOIN (SELECT * FROM withdrawn WHERE "table" = 'pages') AS bad
        ON page.url = bad.url AND fetched_at <= withdrawn_at;
CREATE TEMP VIEW trusted_images AS
    SELECT image.* FROM latest_images AS image ANTI JOIN (SELECT * FROM withdrawn WHERE "table" = 'images')
        AS bad ON image.url = bad.url AND fetched_at <= withdrawn_at;
"""
_DISCOVERED = """
CREATE TEMP VIEW lead AS
    SELECT {one_address} AS url, fetched_at FROM (
        SELECT unnest({links}) AS url, fetched_at FROM page)
    WHERE {within};
CREATE TEMP VIEW discovered_pages AS
    SELECT url FROM lead
    UNION ALL SELECT url FROM starts
    UNION ALL SELECT {odai} || unnest(range(first, last + 1)) FROM odai_ranges
    UNION ALL SELECT {odai} || odai_id FROM odai_listed;
CREATE TEMP VIEW denied_odai AS
    SELECT TRY_CAST(regexp_extract(url, '/odai/(\\d+)', 1) AS BIGINT) AS odai_id
    FROM latest_pages WHERE outcome = 'denied' AND url LIKE '%/odai/%';
CREATE TEMP VIEW shown_images AS
    SELECT image_url AS url FROM pages ANTI JOIN denied_odai USING (odai_id) WHERE outcome = 'ok'
    UNION ALL
    SELECT unnest([boke.image_url FOR boke IN bokes IF boke.odai_id IS NULL]) FROM pages WHERE outcome = 'ok'
    UNION ALL SELECT {narrower} FROM trusted_images WHERE outcome = 'missing'
    OR outcome = 'error' AND NOT coalesce(regexp_matches(error, '{not_a_host}'), false);
CREATE TEMP VIEW discovered_images AS SELECT url FROM shown_images WHERE {is_of_host};
"""
_DUE = """
CREATE TEMP VIEW settled_pages AS
    SELECT url FROM trusted_pages ANTI JOIN again USING (url)
    WHERE NOT is_misread
    AND NOT ({retry} AND outcome IN ('error', 'drift', 'denied') AND fetched_at < {started})
    UNION ALL SELECT {one_address} FROM closed WHERE "table" = 'pages';
CREATE TEMP VIEW fetched_pages AS
    SELECT url FROM settled_pages
    UNION ALL SELECT url FROM again ANTI JOIN led USING (url) WHERE waits;
CREATE TEMP VIEW settled_images AS
    SELECT url FROM trusted_images
    WHERE NOT ({retry} AND outcome IN ('error', 'denied') AND fetched_at < {started})
    AND NOT (outcome = 'error' AND coalesce(regexp_extract(error, '{not_a_host}', 1) IN {hosts}, false))
    UNION ALL SELECT url FROM closed WHERE "table" = 'images';
CREATE TEMP VIEW fetched_images AS SELECT url FROM settled_images;
CREATE TEMP VIEW due_pages AS
    SELECT url FROM discovered_pages ANTI JOIN fetched_pages USING (url) WHERE url IS NOT NULL;
CREATE TEMP VIEW due_images AS
    SELECT url FROM discovered_images ANTI JOIN fetched_images USING (url) WHERE url IS NOT NULL;
"""
HOST = f"regexp_replace(lower({sql_host('url')}), ':(80|443)$', '')"
"""SQL for the host of `url` as `Job.hosts` has it."""
_MISREAD = """CASE WHEN layout = 'next_2024' AND outcome = 'ok' AND len(bokes) > 0
    THEN len([1 FOR boke IN bokes IF boke.stars IS NOT NULL OR boke.posted IS NOT NULL]) = 0 ELSE false END"""


def _is_of_host(hosts: list[str]) -> str:
    """Return a SQL condition: `url` is on one of the hosts. Nearly all are, and begin as it is usual."""
    usual = " OR ".join(f"starts_with(url, {literal(f'{scheme}://{host}/')})"
                        for host in hosts for scheme in ("http", "https"))  # fmt: skip
    return f"({usual} OR {HOST} IN {string_list(hosts)})"


def sql_known(job: Job) -> str:
    """Return the SQL that makes the views of what is known, over the tables and what the settings name."""
    return "".join((_KNOWN, _DISCOVERED, revisits.VIEWS)).format(**_constants(job))


def sql_due(job: Job, *, is_waiting: bool) -> str:
    """Return the SQL that makes the views of what is due, over those of what is known.

    Args:
        is_waiting: whether any page of `again` waits for the page before it.
    """
    led = revisits.LED if is_waiting else revisits.NONE_LED
    return "".join((led, _DUE)).format(**_constants(job))


def _constants(job: Job) -> dict[str, str]:
    """Return what the SQL of the views has in braces: SQL literals and expressions, from job and settings."""
    return revisits.constants(job) | {
        "misread": f"coalesce({_MISREAD}, false)",
        "retry": str(job.retry_failed).lower(),
        "started": f"TIMESTAMPTZ '{job.started.isoformat()}'",
        "links": sql_links_to_follow(job.options),
        "within": sql_is_within("url", job.options),
        "withdrawn": WITHDRAWN,
        "share": "coalesce(TRY_CAST(split_part(rule, ' ', 1) AS DOUBLE), 1)",
        "max_drift": str(job.options.max_drift),
        "max_errors": str(job.options.max_errors),
        "narrower": sql_narrower("url"),
        "odai": literal(job.odai_prefix),
        "not_a_host": f"^https?://(\\S+) {NOT_A_HOST}",
        "is_of_host": _is_of_host(sorted(job.hosts)),
        "hosts": string_list(sorted(job.hosts)),
        # The pattern alone is fast, and nearly all match it.
        "one_address": f"CASE WHEN regexp_matches(url, {literal(canonical_pattern(job.site))}) "
        "THEN url ELSE page_address(url) END",
    }
