"""Draws captions for the pages: settings in, tokens with their probabilities out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from store.errors import MissingStage
from store.place import Place
from train.captions.captioner import Caption, Captioner
from train.captions.mismatch import Neighbour, mismatch
from train.captions.options import DecodingOptions
from web.content.library import Library, Vectors
from web.pictures import measure


def _blank(value: object) -> object:
    return None if value == "" else value


Whole = Annotated[int | None, BeforeValidator(_blank)]
Share = Annotated[float | None, BeforeValidator(_blank)]


class Drawing(BaseModel):
    """How captions are drawn. An empty field means that there is no such limit."""

    model_config = ConfigDict(use_attribute_docstrings=True, allow_inf_nan=False)

    strategy: Literal["greedy", "beam", "sample", "mismatch"] = "beam"
    """The likeliest token each time, a search, at random, or the best caption of another photo."""
    n: int = Field(3, ge=1, le=10)
    """Captions per photo."""
    seed: int = Field(0, ge=0, lt=2**31)
    """The same photo, settings and seed give the same samples."""
    beam_width: int = Field(5, ge=1, le=20)
    """Unfinished captions that a search keeps."""
    length_normalisation: float = Field(0.7, ge=0, le=4)
    """Beams are ranked by log-probability divided by length to this power."""
    no_repeat: Whole = Field(None, ge=1, le=20)
    """No run of this many tokens comes twice."""
    temperature: float = Field(0.8, ge=0.05, le=5)
    """Below 1 plays safe, above 1 is bolder."""
    top_k: Whole = Field(None, ge=1, le=100_000)
    """Draw among this many likeliest tokens."""
    top_p: Share = Field(None, gt=0, le=1)
    """Draw among the fewest tokens that hold this probability."""
    distance: float = Field(0.8, ge=0, le=2)
    """How far the other photo is in fc7: 0 the same, 1 unrelated, 2 the opposite."""
    forbid: str = Field("", max_length=200)
    """Words that no caption may hold, with spaces between them."""

    def decoding(self) -> dict[str, Any]:
        """Return the settings of `train.captions.options.DecodingOptions`."""
        settings = {
            name: getattr(self, name) for name in DecodingOptions.model_fields if name in Drawing.model_fields
        }
        strategy = "beam" if self.strategy == "mismatch" else self.strategy
        forbidden = tuple(self.forbid.replace("、", " ").replace(",", " ").split())
        return {**settings, "strategy": strategy, "forbidden": forbidden}


@dataclass(frozen=True)
class Token:
    """A token with the probability that the model gave it."""

    text: str
    probability: float

    @property
    def level(self) -> int:
        """0 (a surprise) to 5 (nearly certain): the shade that it is shown in."""
        return sum(self.probability >= bound for bound in (0.01, 0.05, 0.2, 0.5, 0.8))


@dataclass(frozen=True)
class Written:
    """A caption as it is shown. `source` is the other photo that it was written for, if it was."""

    text: str
    tokens: tuple[Token, ...]
    log_probability: float
    source: Neighbour | None = None


@dataclass(frozen=True)
class Answer:
    """What a visitor's own photo got: its size in pixels, captions, and the training photos nearest to it."""

    width: int
    height: int
    captions: list[Written]
    neighbours: list[Neighbour]


class Studio:
    """Writes captions with the models in the library. Its work takes a core for a while: queue it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def captions(
        self, place: Place, run: Path, sha256s: Sequence[str], drawing: Drawing
    ) -> list[list[Written]]:
        """Write captions for photos of the dataset.

        Raises:
            UserError: no model, no vectors, or they do not belong together.
        """
        captioner, vectors = self._model(place, run)
        return self._draw(captioner, vectors, vectors.of(sha256s), drawing, sha256s)

    def answer(self, place: Place, run: Path, photo: bytes, drawing: Drawing, neighbours: int = 6) -> Answer:
        """Write captions for a visitor's photo.

        Raises:
            UnusablePhoto: it is none.
            UserError: no model, or no weights to see the photo with.
        """
        width, height, _ = measure(photo)
        captioner, vectors = self._model(place, run)
        seen = np.asarray(self._library.extractor(place, captioner).vectors([photo]), np.float32)
        (captions,) = self._draw(captioner, vectors, seen, drawing, [None])
        (near,) = vectors.pool.nearest(seen, neighbours)
        return Answer(width, height, captions, near)

    def neighbours(self, place: Place, run: Path, sha256: str, count: int = 6) -> list[Neighbour]:
        """Return the training photos that are nearest to a photo of the dataset."""
        _, vectors = self._model(place, run)
        return vectors.pool.nearest(vectors.of([sha256]), count, [sha256])[0]

    def _model(self, place: Place, run: Path) -> tuple[Captioner, Vectors]:
        captioner = self._library.captioner(run)
        if not (place.features / captioner.features_key).is_dir():
            raise MissingStage(place.features / captioner.features_key, place.command("features"))
        return captioner, self._library.vectors(place, captioner.features_key)

    def _draw(
        self,
        captioner: Captioner,
        vectors: Vectors,
        photos: NDArray[np.float32],
        drawing: Drawing,
        names: Sequence[str | None],
    ) -> list[list[Written]]:
        settings = drawing.decoding()
        if drawing.strategy == "mismatch":
            settings = {name: value for name, value in settings.items() if name != "n"}
            drawn = mismatch(
                captioner,
                photos,
                vectors.pool,
                distance=drawing.distance,
                n=drawing.n,
                without=names,
                **settings,
            )
            return [[written(one.caption, one.source) for one in found] for found in drawn]
        return [[written(one) for one in captions] for captions in captioner.caption(photos, **settings)]


def written(caption: Caption, source: Neighbour | None = None) -> Written:
    """Return a caption of the model as it is shown."""
    pairs = zip(caption.tokens, caption.token_log_probabilities, strict=False)  # without that of <EOS>
    tokens = tuple(Token(text, math.exp(value)) for text, value in pairs)
    return Written(caption.text, tokens, caption.log_probability, source)
