"""What keeps a crawl polite and safe: no settings module and no `-s` of Scrapy's may switch it off."""

from collections.abc import Iterator

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from crawler import settings as ours
from crawler.job import Job
from store.errors import UsageError

_FIXED = {
    "ROBOTSTXT_OBEY": "a crawl obeys robots.txt",
    "ROBOTSTXT_PARSER": "this one reads all that robots.txt may say of us",
    "DOWNLOAD_VERIFY_CERTIFICATES": "else anybody on the way could answer in the site's name",
    "TWISTED_DNS_RESOLVER": "it keeps a crawl out of private networks",
    "HTTPPROXY_ENABLED": "a proxy from the environment would hide the addresses that are checked",
    "METAREFRESH_ENABLED": "what a page's markup leads to is not checked",
    "COOKIES_ENABLED": "a crawl is nobody's session",
    "DOWNLOAD_DELAY_JITTER": "else requests would come before the delay is over",
    "CONCURRENT_ITEMS": "each answer makes one row, in the order in which answers come",
}
"""Settings that have the value of crawler/settings.py in every crawl, and why."""
_EMPTY = {
    "JOBDIR": "the tables are the crawl's memory, and a crawl that was stopped goes on from them",
    "DOWNLOAD_SLOTS": "all hosts share one, whose delay is crawl.delay",
}


def check(settings: BaseSettings, job: Job) -> None:
    """Refuse Scrapy settings that would make a crawl faster than its pipeline says, or less careful.

    Raises:
        UsageError: the first such setting, who set it, and what to do.
    """
    for name, reason, step in _wrong(settings, job):
        raise UsageError(f"{name} is {settings.get(name)!r}{_origin(settings, name)}, but {reason}. {step}")


def _wrong(settings: BaseSettings, job: Job) -> Iterator[tuple[str, str, str]]:
    for name, reason in _FIXED.items():
        value = getattr(ours, name)
        if _as_kind(settings, name, value) != value:
            yield name, reason, "Leave it out: crawler/settings.py has it"
    for name, reason in _EMPTY.items():
        if settings.get(name):
            yield name, reason, "Leave it out"
    if settings.get("USER_AGENT") not in (ours.USER_AGENT, job.scrapy_settings()["USER_AGENT"]):
        yield "USER_AGENT", "a site must learn who crawls it", "Leave it out, and set crawl.contact"
    if str(settings.get("STATS_CLASS")).endswith("DummyStatsCollector"):
        yield "STATS_CLASS", "statistics tell when a crawl goes wrong", "Leave it out"
    if not job.is_local:
        yield from _too_fast(settings, job)


def _too_fast(settings: BaseSettings, job: Job) -> Iterator[tuple[str, str, str]]:
    """Yield what `-s` makes faster than the pipeline says; a project's settings come below the pipeline's."""
    options, step = job.options, "Leave it out, or change the pipeline's"
    given = {name for name in settings if settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]}
    if "DOWNLOAD_DELAY" in given and settings.getfloat("DOWNLOAD_DELAY") < options.delay:
        yield "DOWNLOAD_DELAY", f"crawl.delay is {options.delay:g}, and -s can only make it longer", step
    for name in given & {"CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"}:
        if settings.getint(name) > options.concurrency:
            yield name, f"crawl.concurrency is {options.concurrency}", step


def _as_kind(settings: BaseSettings, name: str, wanted: bool | float | str) -> object:
    """Return a setting as what `wanted` is: from `-s` all come as text."""
    try:
        if isinstance(wanted, bool):
            return settings.getbool(name)
        return type(wanted)(settings.get(name))
    except (TypeError, ValueError):
        return settings.get(name)


def _origin(settings: BaseSettings, name: str) -> str:
    is_given = settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]
    return " by -s" if is_given else " in the project's settings"
