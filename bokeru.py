"""Bokeru from Python: a pipeline's photos, vectors and runs, and a model that writes captions.

    import bokeru

    demo = bokeru.pipeline("data/demo")
    demo.photos(where="stars > 100", split="train").to_pandas()
    demo.model().caption("cat.jpg", strategy="sample", n=3)

What is here stays; the commands do their work by the same functions. Nothing is imported before it is needed.
Errors that you can act on are `bokeru.UserError`; the message says what to do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import UsageError, UserError
from store.place import CONFIG, DATA, Place

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from commands.pipeline import Pipeline as PipelineWithSettings
    from featurize.words.found import Found
    from train.captions.answers import PhotoCaptions
    from train.captions.photo_captioner import PhotoCaptioner
    from train.captions.pool import Neighbour
    from train.runs.compare import Comparison

_HUB = "hub:"
"""How the address of a model on the Hub begins."""
__all__ = ["Model", "Pipeline", "UserError", "model", "pipeline"]


def pipeline(directory: str | Path = "data/demo", config: str | Path | None = None) -> "Pipeline":
    """Return a pipeline by its folder, `data/<pipeline>`.

    Args:
        config: the file of settings; by default pipelines.yaml beside `data`, else in the working folder. It
            is read only to tell which run is the pipeline's own.

    Raises:
        UserError: there is no such folder.
    """
    folder = Path(directory).resolve()
    if not folder.is_dir():
        raise UserError(f"{directory} is not there. Name the folder of a pipeline, such as data/demo")
    beside = folder.parent.parent / CONFIG
    chosen = Path(config) if config is not None else beside if beside.exists() else CONFIG
    return Pipeline(Place(folder.parent, folder.name, chosen))


def model(directory: str | Path, weights: str | Path | None = None) -> "Model":
    """Return the model of a run, or one that was given away.

    Args:
        directory: the run's folder, `data/<pipeline>/runs/<run>`; the weights of the network that encodes
            photos, and the dataset, are looked for beside that pipeline. Or a copy of its folder `model`,
            wherever it lies; such weights are then looked for in data/weights. Or `hub:owner/name` on the
            Hugging Face Hub, also with `@revision`: fetched, checked, and kept in its own cache.
        weights: the network's file, where it is the user's own and does not lie where it did in training.

    Raises:
        UserError: no model is there, or the Hub does not give it.
    """
    if str(directory).startswith(_HUB):
        from train.sharing.fetched import fetch_model

        run = fetch_model(str(directory).removeprefix(_HUB))
    else:
        run = Path(directory).resolve()
    if _is_of_a_run(run):
        run = run.parent
    if not ((run / "model").is_dir() or (run / "config.json").is_file()):
        raise UserError(f"{directory} has no model. Name the folder of a run, such as data/demo/runs/NAME")
    return Model(run, Path(weights) if weights is not None else None)


def _is_of_a_run(folder: Path) -> bool:
    """Tell whether a folder is that of a run's model, so that dataset and vectors are known."""
    return folder.name == "model" and folder.parent.parent.name == "runs"


@dataclass(frozen=True)
class Pipeline:
    """What the stages of a pipeline have made.

    Args:
        place: its folders.
    """

    place: Place

    @property
    def runs(self) -> list[Path]:
        """The folders of the runs that were trained to their end, the oldest first."""
        from train.runs.find import complete

        return complete(self.place.runs)

    def photos(self, where: str | None = None, split: str | None = None) -> "pa.Table":
        """Return photos of the dataset with their captions, without their bytes; `to_pandas()` makes a frame.

        Args:
            where: an expression as the setting `dataset.where` takes it, such as `stars > 100 AND width >
                height`: photos that have a caption for which it holds. It reaches nothing but columns.
            split: train or dev; by default both.

        Returns:
            A row per photo, with the columns of docs/data.md and `split`.

        Raises:
            UserError: there is no dataset, or `where` is no such expression.
        """
        from dataset.where.photos import photos

        return photos(self.place.dataset, where, split)

    def photo(self, sha256: str) -> bytes:
        """Return the bytes of a photo of the dataset, as a file has them.

        Raises:
            UserError: the dataset has no such photo.
        """
        from dataset.read import photo_bytes

        for _, content in photo_bytes(self.place.dataset, [sha256]):
            return content
        raise UserError(f"{self.place.dataset} has no photo {sha256}. `photos` returns those that there are")

    def vectors(self, sha256s: Iterable[str]) -> "NDArray[np.float32]":
        """Return the vectors of photos of the dataset, as `model()` reads them.

        Returns:
            (N, D) float32, in the order of `sha256s`.

        Raises:
            UserError: there is no model, or a photo has no vector.
        """
        return self.model()._captioner.vectors.of(list(sha256s))[:]

    def neighbours(self, photo: str | Path, n: int = 6) -> "list[Neighbour]":
        """Return the photos of train that are nearest to a photo, by the vectors that `model()` reads.

        Args:
            photo: the sha256 of a photo of the dataset, or a file.
            n: how many.

        Returns:
            Each with `sha256` and `distance` (0 the same, 1 unrelated, 2 opposite), the nearest first.

        Raises:
            UserError: there is no model, or no vector of the photo.
        """
        is_file = isinstance(photo, Path) or Path(photo).is_file()
        return self.model()._captioner.neighbours(Path(photo) if is_file else str(photo), n)

    def find(self, words: str | None = None, photo: str | Path | None = None, n: int = 24) -> "Found":
        """Find photos by words, or those that are most like another photo, as `bokeru find` does.

        Args:
            words: what photos should show. It takes an encoder with a text tower, `features.text`; without
                one, captions and labels are searched, and `remark` says so.
            photo: instead of words, a file, or the sha256 of a photo of the dataset.
            n: how many at most.

        Returns:
            Its `matches` have `sha256`, `likeness`, `split`, `labels` and a `caption` each.

        Raises:
            UserError: there is no dataset or no vector, or the encoder cannot be used.
        """
        from featurize.words.find import Finder

        if (words is None) == (photo is None):
            raise UsageError("find takes words or a photo: one of the two")
        pipeline = self._with_settings()
        options = pipeline.settings.features
        needs = photo is not None or options.text is not None
        cache = pipeline.feature_cache if needs else pipeline.features
        finder = Finder(options, pipeline.dataset, cache, pipeline.weights)
        return finder.by_words(words, n) if words is not None else finder.by_photo(str(photo), n)

    def compare(self, runs: Iterable[str | Path] = (), split: str = "dev") -> "Comparison":
        """Compare evaluated runs as `bokeru compare` does: the first with each of the others.

        Args:
            runs: their names (or how these begin or end) or folders; by default all that are evaluated.
            split: whose photos the figures are of: dev or train.

        Returns:
            `figures` of the first run and differences of the `others`, each with its 95% interval.

        Raises:
            UserError: a run that is not there or not evaluated, or two without a photo in common.
        """
        from train.runs.compare import compare
        from train.runs.find import compared

        return compare(compared(map(str, runs), self.place.runs), split)

    def model(self, run: str | None = None) -> "Model":
        """Return the model of a run.

        Args:
            run: its name, or how this begins or ends; by default the run that the commands take: the pinned
                one, else the best on dev of those that the pipeline's own settings made; where the
                settings are not known, of those that its dataset made.

        Raises:
            UserError: no run is complete, none has that name, or none is the pipeline's own.
        """
        from train.runs.find import named

        return Model(named(self.place.runs, run) if run is not None else self._own_run())

    def _with_settings(self) -> "PipelineWithSettings":
        """Return it with its settings.

        Raises:
            UsageError: there are none.
        """
        from commands.pipeline import Pipeline as PipelineWithSettings
        from pipelines import load

        place = self.place
        return PipelineWithSettings(
            place.data, place.name, place.config, settings=load(place.name, place.config)
        )

    def _own_run(self) -> Path:
        from commands.lineage import wanted
        from train.lineage.choose import choose, choose_by_data

        try:
            pipeline = self._with_settings()
        except UsageError:  # as the browser does where there are no settings
            return choose_by_data(self.place).run
        return choose(wanted(pipeline)).run


@dataclass(frozen=True)
class Model:
    """A captioning model with the network that makes its vectors; what was opened once stays open.

    Args:
        run: the folder of the run that trained it, or of the model alone.
        weights: as `model` takes it.
    """

    run: Path
    weights: Path | None = None

    def caption(self, *photos: str | Path, **settings: Any) -> "list[PhotoCaptions]":
        """Write captions for photos, as `bokeru caption --json` does.

        Args:
            photos: files, or folders of photos.
            settings: how: `strategy` (greedy, beam, sample, mismatch), `n`, `temperature`, `seed` and the
                other options of `bokeru caption`, with `_` for `-`.

        Returns:
            For each photo its `file`, and `captions` (the best first, each with its `text`), or `error`: the
            reason why it has none.

        Raises:
            UserError: a file is not there, a setting cannot have its value, or the weights are missing.
        """
        from train.captions.files import caption_files

        return list(caption_files(self._captioner, map(Path, photos), settings))

    @cached_property
    def _captioner(self) -> "PhotoCaptioner":
        from train.captions.photo_captioner import PhotoCaptioner

        if not (self.run / "model").is_dir():
            return PhotoCaptioner(self.run, DATA / "weights", device="cpu", encoder=self.weights)
        place = Place.of(self.run)
        return PhotoCaptioner(
            self.run,
            place.weights,
            dataset=place.dataset,
            features=place.features,
            device="cpu",
            encoder=self.weights,
        )
