"""The addresses of pages, photos and static files on the server; `web.offline.links` has those of a copy."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

STATIC = Path(__file__).parent / "static"


class Links:
    """Addresses on the server. Templates write no address themselves, so that a copy can have its own.

    Args:
        prefix: what a proxy takes off the front of all of them, such as /bokeru.
    """

    is_copy = False
    writes = False
    """Whether the page itself writes captions, in the browser: a copy's."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def overview(self) -> str:
        """Return the address of the first page."""
        return f"{self._prefix}/"

    def api(self, path: str = "") -> str:
        """Return the address of the API's documentation, or of a path of the API."""
        return f"{self._prefix}/api{path}"

    def progress(self, pipeline: str, run: str) -> str:
        """Return the address of what a run wrote while it learned."""
        return self.api(f"/pipelines/{quote(pipeline)}/runs/{quote(run)}/progress")

    def photos_api(self, pipeline: str, **query: object) -> str:
        """Return the address of a list of photos in the API."""
        return self.api(f"/pipelines/{quote(pipeline)}/photos") + _query(query)

    def page(self, name: str, pipeline: str, **query: object) -> str:
        """Return the address of a page of a pipeline: `data`, `find`, `contains`, `training`, `try` …"""
        return f"{self._prefix}/pipelines/{quote(pipeline)}/{name}" + _query(query)

    def photo_page(self, pipeline: str, sha256: str, part: str = "") -> str:
        """Return the address of the page about one photo, or of a part of it: `neighbours` or `rows`."""
        return f"{self._prefix}/pipelines/{quote(pipeline)}/photos/{sha256}{part and f'/{part}'}"

    def photo(self, pipeline: str, sha256: str, size: int = 600) -> str:
        """Return the address of a photo as a JPEG of at most `size` pixels a side."""
        return f"{self._prefix}/pipelines/{quote(pipeline)}/photos/{sha256}.jpg?size={size}"

    def judge(self, pipeline: str, contest: str) -> str:
        """Return the address of a contest's Judge page."""
        return self.page("judge", pipeline) + f"/{contest}"

    def judged_photo(self, pipeline: str, contest: str, pair: str) -> str:
        """Return the address of the photo of a pair, which the contest's key opens."""
        return f"{self.judge(pipeline, contest)}/photos/{pair}.jpg"

    def contest(self, pipeline: str, contest: str) -> str:
        """Return the address of what the votes of a contest say."""
        return self.page("contests", pipeline) + f"/{contest}"

    def static(self, name: str) -> str:
        """Return the address of a stylesheet, script or icon.

        It changes with the content, so that no browser shows an old copy.
        """
        return f"{self._prefix}/static/{name}?v={_digest(name)}"


def _query(query: dict[str, object]) -> str:
    # Empty values are left out, so that one page has one address.
    given = {name: value for name, value in query.items() if value not in (None, "", ())}
    return "?" + urlencode(given, doseq=True) if given else ""


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
