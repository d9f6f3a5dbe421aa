"""Embedded sites as a ranker meets them: captions with stars, and vectors of the photos.

P photos, D components of a photo's vector.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from dataset.text.captions import TOKEN_SEPARATOR, Tokenizer, normalise
from dataset.text.vocabulary import BOS, EOS, Vocabulary
from demo.content import EmbeddedSite
from demo.scenes import Contents, Scene, jpeg
from train.data import random_vector
from train.examples import Examples
from train.model import Array
from train.ranking.captions import RankedCaptions, ranked


class Site:
    """An embedded site's captions with their stars, and its photos' scenes.

    Args:
        photos, per_photo, seed: as `EmbeddedSite` takes them.
        tokenizer: cuts the captions.
    """

    def __init__(self, photos: int, per_photo: int, seed: int, tokenizer: Tokenizer) -> None:
        site = EmbeddedSite(photos, per_photo, seed)
        self.scenes = [site.scene(photo) for photo in range(photos)]
        rows = [
            (photo, normalise(boke.text), boke.stars)
            for photo in range(photos)
            for page in range(1, site.odai_pages(photo) + 1)
            for boke in site.odai_bokes(photo, page)
        ]
        photo, text, stars = zip(*rows, strict=True)
        self.tokens = [tokenizer.segment(one).split(TOKEN_SEPARATOR) for one in text]
        self.names = [f"{seed}/{number}" for number in range(photos)]
        self._photo, self._stars = photo, stars
        self._columns = {"sha256": [self.names[one] for one in photo], "text": text, "stars": stars}

    def ranked(self, vocabulary: Vocabulary) -> RankedCaptions:
        """Return the captions as a ranker reads them."""
        return ranked(pa.table({**self._columns, "tokens": self.tokens}), vocabulary)

    def examples(self, vocabulary: Vocabulary) -> Examples:
        """Return the captions as a captioner learns them."""
        ids = [vocabulary.encode(tokens) for tokens in self.tokens]
        return Examples.build(self.names, self._photo, ids, self._stars, BOS, EOS)


def contents_of(scene: Contents) -> list[str]:
    """Return what a scene shows, each thing with the part that it plays."""
    subject, traits, companions, place, time, weather = scene
    many = [f"trait {each}" for each in traits] + [f"beside {each}" for each in companions]
    return [f"subject {subject}", *many, f"place {place}", f"time {time}", f"weather {weather}"]


def scene_vectors(scenes: Sequence[Scene], parts: Sequence[str]) -> Array:
    """Return (P, D) float32: 1 for each of the parts that a scene has."""
    places = {part: place for place, part in enumerate(parts)}
    vectors = np.zeros((len(scenes), len(parts)), np.float32)
    for row, scene in zip(vectors, scenes, strict=True):
        row[[places[part] for part in contents_of(scene.contents) if part in places]] = 1
    return vectors


def fc7(scenes: Sequence[Scene]) -> Array:
    """Return fc7 (P, 4096) of CaffeNet with random weights for the pictures of scenes."""
    from featurize.encoder import open_encoder
    from featurize.options import FeatureOptions

    photos = [("", jpeg(scene)) for scene in scenes]
    with TemporaryDirectory() as weights:
        encoder = open_encoder(FeatureOptions(weights="untrained"), Path(weights))
        rows = [row for some in range(0, len(photos), 64) for row in encoder.rows(photos[some : some + 64])]
    return np.array([row["vector"] for row in rows], np.float32)


def noise(names: Sequence[str]) -> Array:
    """Return a random vector for each photo, (P, 64)."""
    return np.stack([random_vector(name, 64) for name in names])
