"""The embedded site with faults: what is asked for is looked at, and the right answer spoilt."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote, urlencode, urlsplit

from demo.content import photo_of
from demo.faults import Faults
from demo.responses import Asked, Response
from demo.routes import Routes, number_in


class HostileRoutes:
    """Answers like `Routes`, but with faults.

    Args:
        routes: the right answers.
        faults: keys of `demo.variants.FAULTS`.

    Raises:
        ValueError: an unknown fault; the message names it.
    """

    def __init__(self, routes: Routes, faults: Iterable[str]) -> None:
        self.site, self._routes = routes.site, routes
        self._faults = Faults(faults, routes.site.seed)

    def respond(self, target: str, host: str) -> Response:
        """Return the answer to GET `target` (a path with its query) at `host` (with its port)."""
        return self._faults.spoil(self._routes.respond(target, host), self.asked(target, host))

    def asked(self, target: str, host: str) -> Asked:
        """Return what an address is about."""
        address = urlsplit(target)
        parts = [unquote(part) for part in address.path.split("/") if part]
        page = number_in(address.query, "page", 1)
        missing = self._routes.missing().body
        asked = Asked("other", target, page, None, lambda page: self._page(address.path, page, host), missing)
        match parts:
            case ["robots.txt"]:
                return replace(asked, kind="robots")
            case ["boke", _] | ["boke", "category", _] if not parts[1].isdecimal():
                return replace(asked, kind="list")
            case ["odai", odai] if odai.isdecimal() and len(odai) < 16:
                return replace(asked, kind="odai", photo=self._known(photo_of(self.site.seed, int(odai))))
            case ["photo", "odai", width, file]:
                photo = self.site.photo_named(file.partition("_")[0])
                return replace(asked, kind="photo", photo=photo, other=lambda p: self._photo(p, width, host))
        return asked

    def _known(self, photo: int | None) -> int | None:
        return photo if photo is not None and photo < self.site.photos else None

    def _page(self, path: str, page: int, host: str) -> Response:
        return self._routes.respond(f"{path}?{urlencode({'page': page})}", host)

    def _photo(self, photo: int, width: str, host: str) -> Response:
        name = self.site.photo_name(photo)
        return self._routes.respond(f"/photo/odai/{width}/{name}_{width}.jpg", host)
