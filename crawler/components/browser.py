"""Renders pages in Chromium: since 2024, an odai shows more boke only when a button is pressed."""

import asyncio
import base64
import json
import logging
import os
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from crawler.layouts.next_2024 import MORE
from crawler.network.proxy import Proxy
from crawler.options import CrawlOptions
from store.errors import UsageError
from store.public import is_public

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Request as BrowserRequest
    from playwright.async_api import Response as BrowserResponse

_log = logging.getLogger(__name__)
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome")
RESOURCE_TYPES = ("document", "script", "xhr", "fetch")
"""What the button needs; pictures, styles and fonts would only load the site."""
_HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
_ENTRIES = "#__next h1"
_SECONDS = 30
"""How long a press may take to bring more."""


class BrowserAnswer(NamedTuple):
    """What a request that the browser made was answered, with its headers Retry-After and Date."""

    url: str
    status: int
    retry_after: list[bytes]
    date: bytes | None


def executable() -> str | None:
    """Return the path of the system's Chromium; None leaves it to Playwright's own.

    Raises:
        UsageError: neither is installed.
    """
    if not find_spec("scrapy_playwright"):
        raise UsageError("crawl.render is chromium, which needs scrapy-playwright: make install-scale")
    if path := next(filter(None, map(shutil.which, SYSTEM_NAMES)), None):
        return path
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright").expanduser()
    if any(cache.glob("chromium*")):
        return None
    raise UsageError(
        "crawl.render is chromium, and there is no Chromium. Install it: apt-get install chromium, "
        "or .venv/bin/playwright install chromium"
    )


def browser_settings(
    hosts: frozenset[str], proxy: Proxy | None, options: CrawlOptions, *, is_local: bool
) -> dict[str, Any]:
    """Return the Scrapy settings by which requests with `browser_meta` go through Chromium.

    The browser reaches nothing but `hosts`, under addresses that were checked beforehand.

    Args:
        hosts: the hosts with their ports, if any.
        proxy: what all requests go through; None where they go straight to the hosts.
        options: the crawl's settings.
        is_local: whether the site is on this machine, so that its hosts may have addresses of this machine.
    """
    launch: dict[str, Any] = {"executable_path": executable(), "args": _arguments(hosts, proxy, is_local)}
    if proxy:
        launch["proxy"] = {"server": proxy.address}
        if proxy.user is not None:
            launch["proxy"] |= {"username": proxy.user, "password": proxy.password}
    return {
        "DOWNLOAD_HANDLERS": {"http": _HANDLER, "https": _HANDLER},
        "PLAYWRIGHT_LAUNCH_OPTIONS": launch,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": options.timeout * 1000,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": options.concurrency,
    }


def browser_meta(delay: float, presses: int) -> dict[str, object]:
    """Return the meta of a request whose page the browser opens, pressing its button until it is gone.

    `meta["browser_answers"]` comes to hold what the page's own requests were answered.

    Args:
        delay: seconds between two presses, each of which is a request.
        presses: the most presses.
    """
    from scrapy_playwright.page import PageMethod

    answers: list[BrowserAnswer] = []

    def keep(response: "BrowserResponse") -> None:
        headers = {name: value.encode() for name, value in response.headers.items()}
        wait = headers.get("retry-after", b"").splitlines()  # a header that comes twice
        answers.append(BrowserAnswer(response.url, response.status, wait, headers.get("date")))

    return {
        "playwright": True,
        "playwright_page_methods": [PageMethod(press_more, delay, presses)],
        "playwright_page_event_handlers": {"response": keep},
        "browser_answers": answers,
    }


def is_needed(request: "BrowserRequest", hosts: frozenset[str]) -> bool:
    """Tell whether the button needs a request: no picture or style, and of no host but these."""
    return request.resource_type in RESOURCE_TYPES and urlsplit(request.url).netloc.lower() in hosts


async def press_more(page: "Page", delay: float, presses: int) -> None:
    """Press the "more" button until it is gone, brings nothing, or was pressed often enough.

    A press that leads to another address is undone and reported: that page's boke are of another odai. The
    button is then still there, so the page's row says that it may be incomplete.
    """
    button, address, refused = page.locator(MORE).first, page.url, _refused(page)
    for _press in range(presses):
        if not await button.count():
            return
        await asyncio.sleep(delay)
        before = await page.locator(_ENTRIES).count()
        await _press_once(page, before, refused)
        if page.url.partition("#")[0] != address.partition("#")[0]:
            _log.warning("the button of %s led to %s: undone", address, page.url)
            await page.goto(address)
            return
        if await page.locator(_ENTRIES).count() <= before:
            return


def _refused(page: "Page") -> list[str]:
    """Return a list that comes to hold what the page's own host did not answer, or with an error."""
    found: list[str] = []
    host = urlsplit(page.url).netloc

    def keep(request: "BrowserRequest") -> None:
        if is_needed(request, frozenset([host])):
            found.append(request.url)

    page.on("requestfailed", keep)
    page.on("response", lambda response: keep(response.request) if response.status >= 400 else None)
    return found


async def _press_once(page: "Page", before: int, refused: list[str]) -> None:
    """Press the button, and wait until there are more entries than before, or a request is refused."""
    from playwright.async_api import TimeoutError as Timeout

    has_grown = (
        f"document.querySelectorAll('{_ENTRIES}').length > {before} || !document.querySelector('{MORE}')"
    )
    refused.clear()
    try:
        await page.locator(MORE).first.click()
    except Timeout:
        return
    for _second in range(_SECONDS):
        try:
            await page.wait_for_function(has_grown, timeout=1000)
        except Timeout:
            if refused:
                return
        else:
            return


def _arguments(hosts: frozenset[str], proxy: Proxy | None, is_local: bool) -> list[str]:
    """Return Chromium's command line: only these hosts resolve, each to an address that was checked."""
    others: list[str] = []
    if proxy:  # which then looks names up
        rules = ["MAP * ~NOTFOUND", f"EXCLUDE {proxy.host}"]
        others = [f"--proxy-pac-url={_proxy_script(hosts, proxy)}"]
    else:
        names = {urlsplit(f"//{host}").hostname or "" for host in hosts}
        rules = [
            f"MAP {name} {address}" for name in sorted(names) if (address := _checked_address(name, is_local))
        ]
        rules.append("MAP * ~NOTFOUND")
    arguments = ["--host-resolver-rules=" + ", ".join(rules), "--disable-background-networking", *others]
    # Chromium refuses to start as root with its sandbox, as in a container.
    return arguments + (["--no-sandbox"] if os.geteuid() == 0 else [])


def _proxy_script(hosts: frozenset[str], proxy: Proxy) -> str:
    """Return the data address of the script by which Chromium chooses the way to a host.

    It sends requests of its own to its makers. Those go straight, and so nowhere, since no name resolves;
    through the proxy they would arrive.
    """
    names = json.dumps(sorted({urlsplit(f"//{host}").hostname or "" for host in hosts}))
    script = (
        "function FindProxyForURL(url, host) {"
        f' return {names}.indexOf(host) < 0 ? "DIRECT" : "PROXY {proxy.shown}"; }}'
    )
    return "data:application/x-ns-proxy-autoconfig;base64," + base64.b64encode(script.encode()).decode()


def _checked_address(name: str, is_local: bool) -> str | None:
    try:
        address = socket.gethostbyname(name)
    except OSError:
        return None
    return address if is_local or is_public(address) else None
