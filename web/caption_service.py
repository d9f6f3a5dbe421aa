"""The caption service: writes captions for pages and API, each token with its probability."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from featurize.read import Vectors
from store.errors import MissingStage
from store.manifest import fingerprint
from store.photo.decode import Picture
from store.place import Place
from train.captions.captioner import Caption, Captioner
from train.captions.mismatch import mismatch
from train.captions.pool import Neighbour, Pool
from train.ranking.artifact import RankerArtifact
from train.ranking.best_of import best_of
from web.caption_settings import CaptionSettings
from web.content.file_cache import file_version
from web.content.library import Library
from web.content.shown.hidden import Hidden
from web.content.shown.tokens import Token
from web.languages import LocalisedError, Message
from web.pictures import opened


@dataclass(frozen=True)
class ModelCaption:
    """A caption as the pages show it.

    Args:
        source: the photo it was written for, where that is another one.
        rank_score: how much the ranker likes it, where that chose it.
        is_hidden: the settings hide it: then it has no text, and a page says only that it is there.
    """

    caption: Caption
    source: Neighbour | None = None
    rank_score: float | None = None
    is_hidden: bool = False

    @property
    def text(self) -> str:
        """The caption."""
        return self.caption.text

    @property
    def log_probability(self) -> float:
        """Of the whole caption, in nats."""
        return self.caption.log_probability

    @property
    def score(self) -> float:
        """What captions are in the order of."""
        return self.caption.score if self.rank_score is None else self.rank_score

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Its tokens with their probabilities."""
        # Not strict: the last probability belongs to <EOS>, which has no text.
        pairs = zip(self.caption.tokens, self.caption.token_log_probabilities, strict=False)
        return tuple(Token(text, math.exp(value)) for text, value in pairs)


TOGETHER = 100
"""Photos whose captions are written at once, where there are many."""
HIDDEN = ModelCaption(Caption("", (), 0.0, (), 0.0), is_hidden=True)
"""Stands for a caption that the settings hide."""


@dataclass(frozen=True)
class UploadCaptions:
    """Captions for an uploaded photo, the photo decoded, and the training photos nearest to it."""

    picture: Picture
    captions: list[ModelCaption]
    neighbours: list[Neighbour]


class TooLong(LocalisedError):
    """The model took too long for one request."""


class CaptionService:
    """Writes captions with the models in the library. A call keeps the cores busy: run it in the queue.

    Args:
        model_seconds: the most that the model may take for one call.
    """

    def __init__(self, library: Library, model_seconds: float = math.inf) -> None:
        self._library, self._model_seconds = library, model_seconds

    def for_photos(
        self, place: Place, run: Path, sha256s: Sequence[str], settings: CaptionSettings
    ) -> list[list[ModelCaption]]:
        """Return captions for photos of the dataset, a list per photo.

        Raises:
            UserError: there is no model or no vectors, or they do not belong together.
            NotReady: what it needs is being made.
        """
        captioner, vectors = self._model(place, run)
        pool = self._library.pool(place, captioner.features_key) if settings.needs_pool else None
        ranker = self._library.ranker(run) if settings.needs_ranker else None
        return self._shown(_write(captioner, vectors.of(sha256s)[:], settings, sha256s, pool, ranker))

    def for_upload(
        self, place: Place, run: Path, photo: bytes, settings: CaptionSettings, neighbours: int = 6
    ) -> UploadCaptions:
        """Return captions for a visitor's photo.

        Raises:
            UnusablePhoto: the bytes are not a photo, or one that is too large.
            UserError: there is no model, or no weights of the network that encodes photos.
        """
        picture = opened(photo)
        captioner, _ = self._model(place, run)
        pool = self._library.pool(
            place, captioner.features_key, waits=True
        )  # the photo would have to come again
        # The same network as in training: other vectors would mean nothing to the model.
        vector = np.asarray(self._library.extractor(place, captioner).vectors([picture]), np.float32)
        ranker = self._library.ranker(run) if settings.needs_ranker else None
        (captions,) = self._shown(_write(captioner, vector, settings, [None], pool, ranker))
        (near,) = pool.nearest(vector, neighbours)
        return UploadCaptions(picture, captions, near)

    def neighbours(self, place: Place, run: Path, sha256: str, count: int = 6) -> list[Neighbour]:
        """Return the training photos that are nearest to a photo of the dataset.

        Raises:
            UserError: there is no model, or no vector.
            NotReady: what it needs is being made.
        """
        captioner, vectors = self._model(place, run)
        vector = vectors.of([sha256])[:]
        pool = self._library.pool(place, captioner.features_key)
        # The photo itself would be the nearest.
        return pool.nearest(vector, count, [sha256])[0]

    def likeliest(self, place: Place, run: Path, of: str, sha256s: Sequence[str]) -> dict[str, ModelCaption]:
        """Return the likeliest caption of each of many photos that has a vector, by photo.

        They are written once for each version of the model, in the background.

        Args:
            of: what the photos are: of each such name the last are kept.

        Raises:
            UserError: there is no model or no vectors, or they do not belong together.
            NotReady: they are being written, or what they need is being made.
        """
        captioner, vectors = self._library.captioner(run), self._model(place, run)[1]
        files = (run / "model" / name for name in ("model.safetensors", "config.json", "vocabulary.json"))
        versions = self._library.made_of(place, captioner.features_key)[1].version, file_version(*files)
        written = self._library.prepared(
            ("likeliest", run, of),
            (versions, fingerprint(list(sha256s))),
            "The captions are being written",
            partial(_likeliest, captioner, vectors, sha256s),
        )
        return dict(
            zip(written, (one for (one,) in self._shown([[one] for one in written.values()])), strict=True)
        )

    def prepare(self, place: Place, run: Path) -> None:
        """Load what captions and neighbours need, and write one, so that the first visitor need not wait.

        Raises:
            UserError: there is no model or no vectors, or they do not belong together.
        """
        captioner, vectors = self._model(place, run)
        captioner.caption(np.zeros((1, vectors.data.values.shape[1]), np.float32))
        self._library.pool(place, captioner.features_key, waits=True)

    def _shown(self, written: list[list[ModelCaption]]) -> list[list[ModelCaption]]:
        """Return captions, the hidden ones without what they say."""
        rule = Hidden(self._library.options.hide)
        return [
            [HIDDEN if rule.hides(caption.text) else caption for caption in captions] for captions in written
        ]

    def _model(self, place: Place, run: Path) -> tuple[Captioner, Vectors]:
        captioner = self._library.captioner(run).watched(self._time())
        if not (place.features / captioner.features_key).is_dir():
            raise MissingStage(place.features / captioner.features_key, place.command("features"))
        return captioner, self._library.vectors(place, captioner.features_key)

    def _time(self) -> Callable[[], None]:
        """Return what raises `TooLong` once the time of a call that begins now is over."""
        end = time.monotonic() + self._model_seconds

        def check() -> None:
            if time.monotonic() > end:
                limit = {"seconds": f"{self._model_seconds:g}"}
                text = "The captions took more than {seconds} seconds. Ask for fewer, or a narrower beam."
                raise TooLong(Message(text, limit))

        return check


def _likeliest(
    captioner: Captioner, vectors: Vectors, sha256s: Sequence[str], report: Callable[[int, int], None]
) -> dict[str, ModelCaption]:
    rows = vectors.find(pa.array(sha256s, pa.string()))
    found: dict[str, ModelCaption] = {}
    for start in range(0, len(rows), TOGETHER):
        some = np.flatnonzero(rows[start : start + TOGETHER] >= 0) + start
        photos = np.asarray(vectors.data.values[rows[some]], np.float32)
        captions = captioner.caption(photos, strategy="greedy") if len(some) else []
        found |= {sha256s[int(at)]: ModelCaption(one) for at, (one,) in zip(some, captions, strict=True)}
        report(min(start + TOGETHER, len(rows)), len(rows))
    return found


def _write(
    captioner: Captioner,
    photos: NDArray[np.float32],
    settings: CaptionSettings,
    sha256s: Sequence[str | None],
    pool: Pool | None,
    ranker: RankerArtifact | None,
) -> list[list[ModelCaption]]:
    """Return captions for vectors (N, D) of photos; `sha256s[i]` is None where photo i is an upload."""
    if ranker:
        liked = best_of(captioner, ranker, photos, **settings.decoding())
        return [[ModelCaption(one.caption, rank_score=one.score) for one in captions] for captions in liked]
    if settings.needs_pool and pool:
        found = mismatch(captioner, photos, pool, without=sha256s, **settings.decoding())
        return [[ModelCaption(one.caption, one.source) for one in captions] for captions in found]
    written = captioner.caption(photos, **settings.decoding())
    return [[ModelCaption(one) for one in captions] for captions in written]
