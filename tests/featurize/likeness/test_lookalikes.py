"""Photos that are like one which is in no dataset, by vectors that are made up."""

from collections.abc import Mapping

import numpy as np
import pytest

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from featurize.likeness.lookalikes import Lookalikes
from store.errors import UserError
from store.place import Place
from store.schema import features
from store.shards import ShardWriter
from tests.crawl_tables import crawl

D, PHOTOS = 64, 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Photos whose vectors are random, around a mean that is far from 0, as that of a ReLU is."""
    found = Place(tmp_path_factory.mktemp("lookalikes"), "p")
    crawl(found.crawl, PHOTOS, 1)
    build(DatasetOptions(dev_fraction=0.25), [found.crawl], found.dataset, name="p")
    with ShardWriter(found.features / "k", "vectors", features(D)) as shards:
        for sha256, vector in vectors(found).items():
            shards.append({"sha256": sha256, "outcome": "ok", "vector": vector.tolist()})
    return found


def vectors(place: Place) -> Mapping[str, np.ndarray]:
    random = np.random.default_rng(1)
    names = sorted(read.photos(place.dataset)["sha256"].to_pylist())
    return {name: (random.normal(size=D) + 5).astype(np.float32) for name in names}


def test_the_photo_itself_and_what_is_close_to_it_are_found_and_no_stranger(place: Place) -> None:
    lookalikes, random = Lookalikes(place.features / "k", place.dataset), np.random.default_rng(2)
    for name, vector in vectors(place).items():  # of train and of dev
        assert lookalikes.of(vector) == [name]
        noise = random.normal(size=D).astype(np.float32)
        # The cosine of the centred vectors is about 1 / sqrt(1 + 0.1²), 0.995; strangers' nearest is about
        # 0.3, so 1 - 0.7 / 5 = 0.86 counts. With twice as much noise as vector it is 0.45.
        assert lookalikes.of(vector + 0.1 * noise) == [name]
        assert lookalikes.of(vector + 2 * noise) == []
    for _ in range(100):
        assert lookalikes.of((random.normal(size=D) + 5).astype(np.float32)) == []


def test_without_vectors_that_is_said(place: Place) -> None:
    with pytest.raises(UserError, match="has a vector of none of these photos"):
        Lookalikes(place.features / "none", place.dataset)
