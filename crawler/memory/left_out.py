"""What rules kept from being fetched: how many addresses each, and one of them as an example."""

from collections.abc import Iterator
from typing import NamedTuple

from crawler.items import NOT_A_HOST
from crawler.job import Job
from crawler.link_rules import NOTHING_NEW, sql_is_numbered, sql_is_within, sql_links_to_follow
from crawler.memory.views import HOST
from store.sql import literal, string_list


class RuleSql(NamedTuple):
    """A rule that leaves addresses out, and the SQL that selects them.

    Args:
        table: where their rows would be, `pages` or `images`.
        source: the setting, or `opt-out`.
        rule: the setting with its value; of opt-outs, SQL for the words.
        sql: selects the addresses, `url`, as often as they occur.
    """

    table: str
    source: str
    rule: str
    sql: str


def rules(job: Job, *, has_pages: bool, has_photos: bool) -> Iterator[RuleSql]:
    """Yield the rules of a run; the SQL is over the views of `crawler.memory.views`.

    Args:
        has_pages: whether the run has as many pages as `max_pages` allows.
        has_photos: whether the crawl has as many photos as `max_photos` allows.
    """
    options, started = job.options, f"TIMESTAMPTZ '{job.started.isoformat()}'"
    within, hosts = sql_is_within("url", options), string_list(sorted(job.hosts))
    every_link = "SELECT unnest({}) AS url FROM page".format
    yield _by_setting(job, "pages", "max_page_number", f"FROM ({every_link('links')}) WHERE NOT {within}")
    if options.min_stars:
        of_any_stars = sql_links_to_follow(options.model_copy(update={"min_stars": 0}))
        yield _by_setting(
            job, "pages", "min_stars",
            f"""FROM ({every_link(of_any_stars)}) AS link ANTI JOIN discovered_pages USING (url)
            ANTI JOIN latest_pages USING (url) WHERE {within}""",
        )  # fmt: skip
    lists = f"[link FOR link IN links IF NOT {sql_is_numbered('link')}]"
    yield _by_setting(
        job, "pages", "lists_after",
        f"""FROM (SELECT unnest({lists}) AS url FROM page
            WHERE fetched_at >= {started} AND contains(error, '{NOTHING_NEW}'))""",
    )  # fmt: skip
    elsewhere = f"""FROM (
        SELECT url FROM shown_images WHERE {HOST} NOT IN {hosts}
        UNION ALL SELECT url FROM latest_images WHERE outcome = 'error' AND error LIKE '%{NOT_A_HOST}%')"""
    yield _by_setting(job, "images", "image_hosts", elsewhere)
    if has_pages:
        yield _by_setting(job, "pages", "max_pages", _due("pages"))
    if has_photos:
        yield _by_setting(job, "images", "max_photos", _due("images"))
    for table in ("pages", "images"):
        denied = f"""{table} SEMI JOIN (
            SELECT url, fetched_at FROM latest_{table} WHERE outcome = 'denied') USING (url, fetched_at)
            WHERE coalesce(error, '') <> 'forgotten'"""
        yield RuleSql(table, "opt-out", f"(SELECT mode(error) FROM {denied})", f"SELECT url FROM {denied}")


def _by_setting(job: Job, table: str, name: str, selected: str) -> RuleSql:
    value = getattr(job.options, name)
    shown = ", ".join(sorted(job.hosts)) if name == "image_hosts" else str(value)
    return RuleSql(table, f"crawl.{name}", literal(f"crawl.{name}: {shown}"), f"SELECT url {selected}")


def _due(kind: str) -> str:
    return f"FROM due_{kind}"
