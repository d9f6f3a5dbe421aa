"""Which drawing of the embedded site a crawl holds: it is written down, and never mixed with another one.

The site's odai and boke have the same numbers in every drawing. Where version, seed or size differ, the same
number stands for another photo, another caption, other stars.
"""

from pathlib import Path
from typing import Any

from crawler.job import Job
from crawler.memory.tables import Tables
from crawler.options import EMBEDDED_VERSION, EmbeddedSite
from store.errors import UserError
from store.place import Place
from store.register.listed import changing
from store.register.stages import Stage
from store.whole_file import read_object, write_json

NAME = "drawing.json"


def drawing(site: EmbeddedSite) -> dict[str, Any]:
    """Return what decides what the embedded site shows; a later day of one that grows is the same drawing."""
    settings = site.model_dump(mode="json")
    return {"version": EMBEDDED_VERSION, **settings, "day": None if settings["day"] is None else "grows"}


def drawing_of(directory: Path) -> dict[str, Any] | None:
    """Return the drawing that a crawl holds; None where it does not tell, as crawls of earlier versions.

    Raises:
        DamagedFile: the file cannot be read.
    """
    path = directory / NAME
    return dict(read_object(path)) if path.exists() else None


def check(job: Job, tables: Tables) -> None:
    """Refuse to go on with a crawl that holds another drawing of the embedded site.

    Raises:
        UserError: it does; the message says how they differ, and what to do.
    """
    if job.options.site != "embedded" or not tables.has_pages_of_site():
        return
    held, asked = drawing_of(job.directory), drawing(job.options.embedded)
    if held == asked:
        return
    elsewhere = Place(Path("elsewhere"), job.pipeline, job.config).command("crawl")
    raise UserError(
        f"{job.directory} holds another drawing of the embedded site: {_differences(held, asked)}. The same "
        "numbers would stand for other photos and captions, so the two are not mixed. Crawl into another "
        f"folder: {elsewhere}. Or delete {job.directory} and crawl anew"
    )


def keep(job: Job) -> Path | None:
    """Write down which drawing of the embedded site a crawl holds; return the file where it is new."""
    path = job.directory / NAME
    if job.options.site != "embedded" or path.exists():
        return None
    with changing(Stage("crawl", job.directory), [path]):
        write_json(path, drawing(job.options.embedded))
    return path


def _differences(held: dict[str, Any] | None, asked: dict[str, Any]) -> str:
    if held is None:
        return f"one of an earlier version, and this is version {asked['version']}"
    differing = [name for name in asked if held.get(name) != asked[name]]
    return ", ".join(f"{name} {_said(held.get(name))}, and here {_said(asked[name])}" for name in differing)


def _said(value: object) -> object:
    """Return a value as settings have it: of a site that grows, the day is any number."""
    if value is None:
        return "null"
    return "a number" if value == "grows" else value
