"""A run's model beside the network that makes its vectors: from photos to captions, and to photos like them.

B photos of a batch, D values in a vector.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from store.errors import UserError
from store.progress import Progress
from train.captions.answers import PhotoCaptions, WrittenCaption, written
from train.captions.captioner import Captioner
from train.captions.mismatch import mismatch
from train.captions.options import parse_decoding
from train.captions.pool import Neighbour, Pool

if TYPE_CHECKING:
    from featurize.extract import Extractor
    from featurize.read import Vectors
    from train.ranking.artifact import RankerArtifact

STANDARD_INPUT = Path("-")
BATCH = 64
"""Photos in memory at a time."""
Floats = NDArray[np.float32]


class PhotoCaptioner:
    """Opens what it needs of a run, its network and its dataset when it is asked for, and once.

    Args:
        run: the training run whose model writes; or the folder of a model alone, as it was given away.
        weights: the folder of weights files, for the network that makes the model's vectors.
        dataset: its training photos are those that neighbours and mismatches are looked for among.
        features: the folder of all feature caches, for the vectors of those photos.
        device: as `train.device` says; `auto` is the CPU.
        encoder: the network's file, where it is the user's own and does not lie where it did in training.
    """

    def __init__(
        self,
        run: Path,
        weights: Path,
        *,
        dataset: Path | None = None,
        features: Path | None = None,
        device: str = "auto",
        encoder: Path | None = None,
    ) -> None:
        self.run, self._weights, self._device, self._encoder = run, weights, device, encoder
        self._dataset, self._features = dataset, features

    @cached_property
    def captioner(self) -> Captioner:
        """The model.

        Raises:
            UserError: there is none, or its files do not belong together.
        """
        # Imported here: it takes seconds. A step of decoding is too little work for `auto` to take a GPU.
        from train.arithmetic.device import device_if_there
        from train.artifact import folder_of

        return Captioner.load(folder_of(self.run), device_if_there(self._device, 0))

    @cached_property
    def ranker(self) -> "RankerArtifact":
        """The run's ranker.

        Raises:
            UserError: there is none, or its files do not belong together.
        """
        from train.ranking.artifact import load

        return load(self.run)

    @cached_property
    def extractor(self) -> "Extractor":
        """The network.

        Raises:
            UserError: its weights are missing, or others than then; or a file was named, and the model was
                trained with a network that has a name.
        """
        from featurize.extract import Extractor
        from featurize.weights import at_home, is_own

        captioner = self.captioner
        options, digest = captioner.feature_options(), captioner.weights_digest
        weights = str(self._encoder or options.weights)
        if self._encoder and not is_own(options.weights):
            raise UserError(f"The model's network is {options.weights}, no file: leave {weights} out")
        if is_own(weights) and not at_home(weights).is_file():
            known = f" (SHA-256 {digest})" if digest else ""
            raise UserError(
                f"The model reads vectors of {Path(options.weights).name}{known}, and {weights} is missing. "
                "Ask for the file where the model is from, and name it: "
                "bokeru.model(FOLDER, weights=FILE)"
            )
        return Extractor(options.model_copy(update={"weights": weights}), self._weights, digest)

    @cached_property
    def vectors(self) -> "Vectors":
        """The vectors of the dataset's photos, as the model reads them.

        Raises:
            UserError: there are none.
        """
        from featurize.read import read

        if self._features is None:
            raise UserError("A mismatch needs vectors of photos. Run the stages of this pipeline first")
        return read(self._features / self.captioner.features_key)

    @cached_property
    def pool(self) -> Pool:
        """The training photos, by their vectors.

        Raises:
            UserError: there is no dataset, or a photo has no vector.
        """
        from dataset.read import photos

        if self._dataset is None:
            raise UserError("A mismatch needs the dataset's photos. Run the stages of this pipeline first")
        sha256s = photos(self._dataset, "train")["sha256"].to_pylist()
        return Pool(sha256s, self.vectors.of(sha256s))

    def caption(self, files: Sequence[Path], settings: Mapping[str, Any]) -> Iterator[PhotoCaptions]:
        """Write captions for photos, `BATCH` at a time.

        Args:
            files: photos in any of the formats that `store.photo` reads, whatever they are called, or `-`
                for one on standard input.
            settings: those of `train.captions.options.DecodingOptions`.

        Yields:
            For each photo its captions, the best first, or the reason why it has none.

        Raises:
            UsageError: a setting with a value it cannot have.
            UserError: there is no model, no weights, or no vectors to choose a mismatch by.
        """
        decoding = parse_decoding(settings)
        # Everything that can be wrong with the request is checked before the first photo is read.
        captioner, pool = self.captioner, self.pool if decoding.strategy == "mismatch" else None
        ranker = self.ranker if decoding.strategy == "best-of" else None
        _ = self.extractor
        remaining = iter(files)
        with Progress("caption", len(files), "photos") as progress:
            while batch := list(islice(remaining, BATCH)):
                extracted = list(self._extract(batch))
                vectors = np.array([vector for _, vector, _ in extracted if vector is not None], np.float32)
                vectors = vectors.reshape(-1, captioner.dimensions)  # (B, D), also where B is 0
                captions = self._captions(vectors, pool, ranker, settings)
                progress.advance(len(batch))
                for file, vector, error in extracted:
                    if vector is None:
                        yield PhotoCaptions(file=str(file), error=error)
                    else:
                        yield PhotoCaptions(file=str(file), captions=next(captions))

    def neighbours(self, photo: Path | str, count: int) -> list[Neighbour]:
        """Return the training photos that are nearest to a photo, the nearest first.

        Args:
            photo: a file, or the sha256 of a photo of the dataset, which is not its own neighbour.

        Raises:
            UserError: there is no model, no dataset, or no vector of the photo.
        """
        if isinstance(photo, str):
            return self.pool.nearest(self.vectors.of([photo])[:], count, [photo])[0]
        [(_, vector, error)] = self._extract([photo])
        if vector is None:
            raise UserError(f"{photo}: {error}")
        return self.pool.nearest(np.asarray([vector], np.float32), count)[0]

    def _captions(
        self,
        vectors: Floats,
        pool: Pool | None,
        ranker: "RankerArtifact | None",
        settings: Mapping[str, Any],
    ) -> Iterator[list[WrittenCaption]]:
        """Yield the captions of each photo of vectors (B, D)."""
        if ranker:
            from train.ranking.best_of import best_of

            for liked in best_of(self.captioner, ranker, vectors, **settings):
                yield [written(one.caption, rank_score=one.score) for one in liked]
        elif pool is None:
            for captions in self.captioner.caption(vectors, **settings):
                yield [written(caption) for caption in captions]
        else:
            for mismatches in mismatch(self.captioner, vectors, pool, **settings):
                yield [written(one.caption, one.source) for one in mismatches]

    def _extract(self, files: Sequence[Path]) -> Iterator[tuple[Path, Any, str]]:
        """Yield each file with its vector (D,), or with the reason why it has none."""
        contents: list[bytes | str] = [_read(file) for file in files]
        readable = [content for content in contents if isinstance(content, bytes)]
        try:
            vectors: Iterator[Any] | None = iter(self.extractor.vectors(readable))
        except UserError:
            vectors = None  # one of them is broken: extracted one by one, it shows which
        for file, content in zip(files, contents, strict=True):
            if isinstance(content, str):
                yield file, None, content
            elif vectors is not None:
                yield file, next(vectors), ""
            else:
                try:
                    yield file, self.extractor.vectors([content])[0], ""
                except UserError as error:
                    yield file, None, str(error)


def _read(file: Path) -> bytes | str:
    """Return a file's bytes, or as a string the reason why it cannot be read."""
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
