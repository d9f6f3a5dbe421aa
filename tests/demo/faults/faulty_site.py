"""The responses of a site with faults, at the addresses that a fault affects."""

import warnings
from collections.abc import Iterable
from io import BytesIO

from parsel import Selector
from PIL import Image

from demo.content import EmbeddedSite, odai_id
from demo.faults.injection import FaultInjector
from demo.faults.routes import FaultyRoutes
from demo.routes import HOST, Routes
from demo.serving.responses import Response
from demo.variants import PAGE_FAULTS, PHOTO_FAULTS

SITE = EmbeddedSite(40, 12, seed=2)


def affected(names: Iterable[str], photos: int, seed: int) -> dict[str, list[int]]:
    """Return, for each fault, the photos that have it: the file itself, or the odai page of the photo.

    Every fault affects at least one photo where the site has 8 photos or more, and no fewer than it has page
    faults. Faults of the whole site have an empty list.

    Args:
        names: keys of `demo.variants.FAULTS`.
        photos: how many photos the site has.
        seed: the site's seed.
    """
    injector = FaultInjector(names, seed)
    found = {name: list[int]() for name in sorted(injector.names)}
    for photo in range(photos):
        for kind in (PAGE_FAULTS, PHOTO_FAULTS):
            if name := injector.fault_of(photo, kind):
                found[name].append(photo)
    return found


def affected_photo(fault: str) -> int:
    return affected([fault], SITE.photos, SITE.seed)[fault][0]


def faulty_page(fault: str, query: str = "", times: int = 1, layout: str = "angular_2020") -> Response:
    """Return the last of `times` answers for the first odai page with a fault."""
    routes = FaultyRoutes(Routes(SITE, layout), [fault])
    target = f"/odai/{odai_id(SITE.seed, affected_photo(fault))}{query}"
    return [routes.respond(target, HOST) for _ in range(times)][-1]


def correct_page(fault: str, query: str = "", layout: str = "angular_2020") -> Response:
    target = f"/odai/{odai_id(SITE.seed, affected_photo(fault))}{query}"
    return Routes(SITE, layout).respond(target, HOST)


def faulty_photo(fault: str, times: int = 1) -> Response:
    routes = FaultyRoutes(Routes(SITE, "angular_2020"), [fault])
    name = SITE.photo_name(affected_photo(fault))
    return [routes.respond(f"/photo/odai/600/{name}_600.jpg", HOST) for _ in range(times)][-1]


def opened(fault: str) -> Image.Image:
    with warnings.catch_warnings(action="ignore" if fault == "photo-exif" else "error"):
        return Image.open(BytesIO(faulty_photo(fault).body))


def captions(response: Response) -> list[str]:
    """Return the captions of a page of Bootstrap 2018, the simplest layout."""
    return ["".join(a.css("::text").getall()) for a in Selector(response.body.decode()).css("a.boke-text")]
