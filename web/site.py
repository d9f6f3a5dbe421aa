"""What one running app holds on to, and the way that routes ask for it."""

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request

from web.pages import Pages
from web.stages import Place, pipelines


@dataclass(frozen=True)
class Site:
    """The data folder, the pipeline that was asked for, and what is shared between requests."""

    data: FilePath
    pipeline: str
    pages: Pages

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


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(_site)]


def _place(site: TheSite, pipeline: Annotated[str, Path(description="A pipeline's name")]) -> Place:
    return site.place(pipeline)


ThePlace = Annotated[Place, Depends(_place)]
