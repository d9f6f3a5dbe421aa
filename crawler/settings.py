"""Scrapy's settings for every crawl; a pipeline's own settings come on top (`Job.scrapy_settings`)."""

from crawler.components import headers
from store import version

BOT_NAME = "bokeru"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.scrapy_commands"
SPIDER_CONTRACTS = {
    "crawler.scrapy_project.contracts.RowContract": 20,
    "crawler.scrapy_project.contracts.FilledContract": 21,
}
USER_AGENT = f"bokeru/{version.VERSION}"
DEFAULT_REQUEST_HEADERS = headers.PAGE
REFERRER_POLICY = "no-referrer"  # else a page's second try would name the page itself

# Politeness.
ROBOTSTXT_OBEY = True
ROBOTSTXT_PARSER = "crawler.components.robots.RobotsParser"
RETRY_HTTP_CODES: list[int] = []  # crawler.retries is about these
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
CONCURRENT_ITEMS = 1  # each answer makes one row; Scrapy starts as many tasks for it as this says
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 3.0
DOWNLOAD_DELAY_JITTER = 0.0  # else half of the requests would come before the delay is over
COOKIES_ENABLED = False

# Security.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
HTTPPROXY_ENABLED = False  # a proxy from the environment would hide the addresses that are checked
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5

# Limits. The largest page seen so far has 60 KB, the largest photo 1 MB.
DOWNLOAD_MAXSIZE = 32 * 2**20
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 60
TWISTED_DNS_RESOLVER = "crawler.network.resolver.PublicResolver"

# The tables are the crawl's memory: no duplicates filter, and nothing on disk beside them.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

LOG_LEVEL = "WARNING"
LOG_FORMATTER = "crawler.components.logs.QuietFormatter"
MEMUSAGE_ENABLED = False

FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {
    "csv": "crawler.scrapy_project.exporters.CsvRows",
    "xml": "crawler.scrapy_project.exporters.XmlRows",
}

STATS_DUMP = False  # crawl/report.json has them

# Parts of Scrapy that look at every request and response to no use here: requests come from the frontier and
# not from callbacks.
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,  # every response becomes a row
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
EXTENSIONS = {
    "scrapy.extensions.remote_control.RemoteControl": None,  # is off, and imports aiohttp to say so
    "scrapy.extensions.logstats.LogStats": None,  # store.progress says it
    "crawler.extensions.metrics.Metrics": 500,
    "crawler.extensions.limits.Limits": 500,
    "crawler.extensions.monitor.Monitor": 510,
    "crawler.extensions.canaries.Canaries": 500,
    "crawler.extensions.notices.PauseNotices": 500,
    "crawler.extensions.history.HistoryKeeper": 520,  # after the monitor, which knows more of the cause
}
