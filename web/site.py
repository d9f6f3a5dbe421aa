"""What one running app holds on to, and the ways that routes ask for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Path, Request

from store.place import Place
from web.content.catalogue import Catalogue
from web.content.library import Library
from web.content.stages import pipelines
from web.pages import VISITOR, Pages
from web.queue import FairQueue
from web.studio import Studio

T = TypeVar("T")


@dataclass(frozen=True)
class Site:
    """The data folder, the pipeline that was asked for, and what is shared between requests."""

    data: FilePath
    pipeline: str
    pages: Pages
    library: Library
    studio: Studio
    queue: FairQueue = field(default_factory=FairQueue)

    def place(self, pipeline: str) -> Place:
        """Return the directories of a pipeline that exists; a name from a request goes no further than this.

        Raises:
            HTTPException: 404, no such pipeline.
        """
        known = pipelines(self.data, self.pipeline)
        if pipeline not in known:
            raise HTTPException(
                404, f"There is no pipeline {pipeline[:100]!r}. There are: {', '.join(known)}"
            )
        return Place(self.data, known[known.index(pipeline)])

    async def queued(self, request: Request, work: Callable[[], T]) -> T:
        """Do work with a model when it is this visitor's turn.

        Raises:
            QueueFull: too many are waiting.
        """
        visitor = request.cookies.get(VISITOR) or (request.client.host if request.client else "")
        return await self.queue.run(visitor[:100], work)


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(_site)]


def _place(site: TheSite, pipeline: Annotated[str, Path(description="A pipeline's name")]) -> Place:
    return site.place(pipeline)


ThePlace = Annotated[Place, Depends(_place)]


def _catalogue(site: TheSite, place: ThePlace) -> Catalogue:
    return site.library.catalogue(place)


TheCatalogue = Annotated[Catalogue, Depends(_catalogue)]


def _photo(
    catalogue: TheCatalogue, sha256: Annotated[str, Path(description="A photo's SHA-256, in hex")]
) -> str:
    if sha256 not in catalogue.place:
        raise HTTPException(404, f"The dataset has no photo {sha256[:64]!r}.")
    return catalogue.sha256s[catalogue.place[sha256]]


ThePhoto = Annotated[str, Depends(_photo)]
