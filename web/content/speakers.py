"""Which run writes a pipeline's captions on the pages: the same one that the commands take."""

from collections.abc import Callable
from pathlib import Path

from store.errors import UserError
from store.manifest import NAME as MANIFEST
from store.place import Place
from train.lineage.choose import Chosen, choose, choose_by_data
from train.lineage.wanted import Wanted
from train.runs.names import FILE as NAMES
from web.content.file_cache import FileCache, file_version
from web.content.runs import Run, find_run, read_run, runs

PIPELINES = 100
"""So many pipelines are remembered with their runs."""


def unknown(_: str) -> Wanted | None:
    """Say of every pipeline that its settings are not known."""
    return None


class NoSettings(UserError):
    """A pipeline is in no config file, so that nothing tells what it wants."""


class Speakers:
    """Chooses the run of a pipeline: by its settings where they are known, else by its data alone.

    Args:
        wanted: returns what a pipeline's settings want, by its name; None where there are no settings.
        pipeline: the pipeline that the app was started for.
        run: the run that `--run` named of it.
    """

    def __init__(
        self, wanted: Callable[[str], Wanted | None] = unknown, pipeline: str = "", run: str | None = None
    ) -> None:
        self._wanted, self._pipeline, self._run = wanted, pipeline, run
        self._chosen = FileCache(PIPELINES)

    def known(self, place: Place) -> Wanted | None:
        """Return what the settings of a pipeline want; None where they are not known."""
        return self._wanted(place.name)

    def wanted(self, place: Place) -> Wanted:
        """Return what the settings of a pipeline want.

        Raises:
            NoSettings: they are not known.
        """
        found = self.known(place)
        if found is None:
            raise NoSettings(f"{place.config} has no settings of {place.name}: nothing tells what is stale")
        return found

    def chosen(self, place: Place) -> Chosen:
        """Return the run that speaks for a pipeline.

        Raises:
            UserError: none does; the message says why, and what to do.
        """
        manifests = sorted(place.runs.glob(f"*/{MANIFEST}"))
        version = file_version(place.directory / NAMES, place.dataset / MANIFEST, *manifests)
        # A look at all runs takes some milliseconds a run.
        return self._chosen.get(place.directory, version, lambda: self._choose(place))

    def _choose(self, place: Place) -> Chosen:
        wanted = self.known(place)
        if wanted is None:
            return choose_by_data(place)
        return choose(wanted, self._run if place.name == self._pipeline else None)

    def run(self, place: Place, name: str | None = None) -> Path:
        """Return the directory of the run `name`, by default of the one that speaks for the pipeline.

        Raises:
            MissingStage: there is no such run.
            UserError: none speaks for the pipeline.
        """
        return find_run(place, name) if name else self.chosen(place).run

    def with_models(self, place: Place) -> list[Run]:
        """Return the runs that can write captions: first the one that speaks, then the newest."""
        found = [run for run in runs(place) if run.has_model]
        try:
            first = read_run(self.chosen(place).run)
        except UserError:
            return found
        return [first, *(run for run in found if run.name != first.name)]
