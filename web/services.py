"""What all requests to one app share, and FastAPI's dependencies that hand it to the routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path as FilePath
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Path, Request

from dataset.held.contains import Alike
from store.place import Place
from web.caption_service import CaptionService
from web.content.browse.finding import Finding
from web.content.catalogue import Catalogue
from web.content.judging.contests import Contests
from web.content.library import Library
from web.content.shown.hidden import Hidden
from web.content.speakers import Speakers
from web.content.stages import pipelines
from web.door.keys import KeyRing
from web.door.queue import FairQueue, QueueFull
from web.door.rates import Rate
from web.door.security import from_other_site
from web.door.uploads import Uploads
from web.door.visitor import visitor_of
from web.held import Held
from web.languages import LocalisedError, Message
from web.options import WebOptions
from web.pages import Pages

T = TypeVar("T")


PAUSE = 2.0
"""Seconds that a refusal by the queue waits."""


class OtherSite(LocalisedError):
    """Another site caused a request that takes work."""


@dataclass(frozen=True)
class Services:
    """The data folder, the pipeline that the app was started for, and the services behind the routes."""

    data: FilePath
    pipeline: str
    pages: Pages
    library: Library
    captions: CaptionService
    speakers: Speakers = field(default_factory=Speakers)
    """Choose whose model writes captions."""
    keys: KeyRing = field(default_factory=KeyRing)
    """The keys that open the app, or a part of it; a part that has keys of its own adds their source."""
    votes: Rate = field(default_factory=lambda: votes_at_most(WebOptions().votes_per_minute))
    """How often a visitor may vote."""
    contact: Callable[[str], str | None] = lambda pipeline: None
    """Returns whom the owner of a photo or caption can write to, by a pipeline's name."""
    contests: Contests = field(default_factory=Contests)
    queue: FairQueue = field(default_factory=FairQueue)
    uploads: Uploads = field(default_factory=Uploads)
    searches: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "neighbours"))
    """Looks for neighbours, one photo's at a time: each look reads all vectors, and no page waits for it."""

    @cached_property
    def finding(self) -> Finding:
        """Finds photos by words and by photos."""
        return Finding(self.library, self.speakers)

    def place(self, pipeline: str) -> Place:
        """Return the directories of a pipeline that exists.

        Only names from the list of pipelines become paths: a name from a request could lead out of the data.

        Raises:
            HTTPException: 404, no such pipeline.
        """
        known = pipelines(self.data, self.pipeline)
        if pipeline not in known:
            raise HTTPException(
                404, f"There is no pipeline {pipeline[:100]!r}. There are: {', '.join(known)}"
            )
        return Place(self.data, known[known.index(pipeline)])

    def held(self, place: Place) -> Held:
        """Return where visitors look for what is theirs."""
        opened = partial(self._alike, place)
        return Held(place, Hidden(self.library.options.hide), self.contact(place.name), opened)

    def _alike(self, place: Place) -> Alike:
        """Return what compares photos by the vectors that a pipeline's model reads."""
        captioner = self.library.captioner(self.speakers.run(place))
        lookalikes = self.library.lookalikes(place, captioner.features_key)
        extractor = self.library.extractor(place, captioner)
        return lambda content: lookalikes.of(extractor.vectors([content])[0])

    async def queued(self, request: Request, work: Callable[[], T]) -> T:
        """Run work with a model in the queue, when it is this visitor's turn.

        Raises:
            OtherSite: another site led here.
            QueueFull: too many requests are waiting.
        """
        _own_site(request)
        try:
            return await self.queue.run(visitor_of(request).name, work)
        except QueueFull:
            # A program that asks again at once would else keep the app busy with refusals.
            await asyncio.sleep(PAUSE)
            raise

    async def searched(self, request: Request, work: Callable[[], T]) -> T:
        """Look for neighbours, when those who asked before have theirs.

        Raises:
            OtherSite: another site led here.
        """
        _own_site(request)
        return await asyncio.get_running_loop().run_in_executor(self.searches, work)

    def in_turns(self, request: Request, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Return what takes long to make as a whole, each chunk made between other visitors' searches.

        Raises:
            OtherSite: another site led here.
        """
        _own_site(request)
        return self._in_turns(chunks)

    async def _in_turns(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        while chunk := await loop.run_in_executor(self.searches, next, chunks, b""):
            yield chunk


def _own_site(request: Request) -> None:
    if from_other_site(request.headers):
        text = "Another site led here: nothing is worked out for it. Open the page anew, or use its form."
        raise OtherSite(Message(text))


def votes_at_most(per_minute: int) -> Rate:
    """Return the limit of a visitor's votes; a minute's votes may come at once."""
    return Rate(per_minute, per_minute)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


def _place(services: ServicesDep, pipeline: Annotated[str, Path(description="A pipeline's name")]) -> Place:
    return services.place(pipeline)


PlaceDep = Annotated[Place, Depends(_place)]


def _catalogue(services: ServicesDep, place: PlaceDep) -> Catalogue:
    return services.library.catalogue(place)


CatalogueDep = Annotated[Catalogue, Depends(_catalogue)]


def _photo(
    catalogue: CatalogueDep, sha256: Annotated[str, Path(description="A photo's SHA-256, in hex")]
) -> str:
    if sha256 not in catalogue.index:
        raise HTTPException(404, f"The dataset has no photo {sha256[:64]!r}.")
    # The dataset's own string goes on, not the one from the request.
    return catalogue.sha256s[catalogue.index[sha256]]


PhotoDep = Annotated[str, Depends(_photo)]
"""The SHA-256 of a photo that the dataset has."""
