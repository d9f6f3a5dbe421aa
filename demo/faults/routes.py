"""The embedded site's responses with faults injected."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from urllib.parse import unquote, urlencode, urlsplit

from demo.content import odai_photo
from demo.evaluation import EVALUATION_PHOTO
from demo.faults.fault import Request
from demo.faults.injection import FaultInjector
from demo.routes import Routes, query_number
from demo.serving.responses import Response


class FaultyRoutes:
    """Responds like `Routes`, with faults.

    Args:
        routes: the correct responses, kept as `correct`.
        faults: keys of `demo.variants.FAULTS`.
        after: how many requests are answered correctly before the faults begin.

    Raises:
        ValueError: an unknown fault; the message names it.
    """

    def __init__(self, routes: Routes, faults: Iterable[str], after: int = 0) -> None:
        self.site, self.correct = routes.site, routes
        self._injector = FaultInjector(faults, routes.site.seed)
        self._numbers, self._after = count(), after

    def respond(self, target: str, host: str) -> Response:
        """Return the response to GET `target` (a path with its query) at `host` (with its port)."""
        response = self.correct.respond(target, host)
        if next(self._numbers) < self._after:
            return response
        return self._injector.inject(response, self.request(target, host))

    def request(self, target: str, host: str) -> Request:
        """Return the request for an address, with its kind, page and photo."""
        address = urlsplit(target)
        parts = [unquote(part) for part in address.path.split("/") if part]
        request = Request(
            kind="other",
            target=target,
            page=query_number(address.query, "page", 1),
            photo=None,
            correct_response_for=lambda page: self._page(address.path, page, host),
            not_found_page=self.correct.not_found().body,
        )
        match parts:
            case ["robots.txt"]:
                return replace(request, kind="robots")
            case ["boke", _] | ["boke", "category", _] if not parts[1].isdecimal():
                return replace(request, kind="list")
            case ["odai", odai] if odai.isdecimal() and len(odai) < 16:
                return replace(request, kind="odai", photo=self._photo_of_odai(int(odai)))
            case ["photo", "odai", width, file]:
                return replace(
                    request,
                    kind="photo",
                    photo=self._photo_of_file(file.partition("_")[0]),
                    correct_response_for=lambda photo: self._photo(photo, width, host),
                )
        return request

    def _photo_of_odai(self, odai: int) -> int | None:
        photo = odai_photo(self.site.seed, odai)
        return photo if photo is not None and photo < self.site.photos else None

    def _photo_of_file(self, name: str) -> int | None:
        photo = self.site.photo_named(name)
        return photo if photo is not None and photo < EVALUATION_PHOTO else None

    def _page(self, path: str, page: int, host: str) -> Response:
        return self.correct.respond(f"{path}?{urlencode({'page': page})}", host)

    def _photo(self, photo: int, width: str, host: str) -> Response:
        name = self.site.photo_name(photo)
        return self.correct.respond(f"/photo/odai/{width}/{name}_{width}.jpg", host)
