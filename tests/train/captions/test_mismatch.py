"""Captions of other photos, at a set distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist  # type: ignore[import-untyped]

from dataset.text.vocabulary import SPECIALS, Vocabulary
from store.errors import UserError
from train.arithmetic.arithmetic import choose
from train.captions.captioner import Captioner
from train.captions.mismatch import mismatch
from train.captions.pool import Pool
from train.model import CaptionModel, Sizes

D = 6


def captioner() -> Captioner:
    vocabulary = Vocabulary([*SPECIALS, "猫", "が", "飛ん", "だ"])
    model = CaptionModel.fresh(Sizes(vocabulary=8, vector=D, embedding=5, hidden=7), seed=1)
    return Captioner(choose(np).decoder(model), vocabulary, dimensions=D)


def pool(count: int = 40, seed: int = 0) -> Pool:
    vectors = np.random.default_rng(seed).gamma(2, size=(count, D)).astype(np.float32)
    return Pool([f"{number:04x}" for number in range(count)], vectors)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), count=st.integers(2, 60))
def test_distances_are_those_of_standardised_vectors(seed: int, count: int) -> None:
    photos = pool(count, seed)
    queries = np.random.default_rng(seed + 1).gamma(2, size=(5, D)).astype(np.float32)
    vectors = photos.vectors[:]
    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
    expected = cdist((queries - mean) / deviation, (vectors - mean) / deviation, "cosine")
    for near, distances in zip(photos.nearest(queries, count), expected, strict=True):
        found = {one.sha256: one.distance for one in near}
        assert [found[name] for name in photos.sha256s] == pytest.approx(distances, abs=1e-4)


def test_a_photo_is_its_own_nearest_unless_left_out() -> None:
    photos = pool()
    near = photos.nearest(photos.vectors[:3], 2)
    assert [found[0].sha256 for found in near] == photos.sha256s[:3]
    assert near[0][0].distance == pytest.approx(0, abs=1e-5)
    others = photos.nearest(photos.vectors[:3], 1, without=photos.sha256s[:3])
    assert [found[0] for found in others] == [found[1] for found in near]


def test_the_distance_can_be_set() -> None:
    photos = pool(400)
    for distance in (0.3, 1.0, 1.6):
        for found in photos.nearest(photos.vectors[:5], 3, distance=distance):
            assert [near.distance for near in found] == pytest.approx([distance] * 3, abs=0.1)


def test_captions_fit_the_photo_they_name() -> None:
    photos, writer = pool(), captioner()
    written = mismatch(
        writer, photos.vectors[:2], photos, distance=1.0, n=3, without=photos.sha256s[:2], strategy="greedy"
    )
    for number, found in enumerate(written):
        assert len({one.source.sha256 for one in found}) == 3
        for one in found:
            source = photos.sha256s.index(one.source.sha256)
            assert source != number
            (expected,) = writer.caption(photos.vectors[source][None], strategy="greedy")[0]
            assert one.caption.tokens == expected.tokens


def test_a_component_that_never_varies_does_not_count() -> None:
    vectors = np.ones((3, D), np.float32)
    vectors[:, 0] = [1, 2, 4]
    found = Pool(["a", "b", "c"], vectors).nearest(np.full((1, D), 9, np.float32), 1)
    assert np.isfinite(found[0][0].distance)


def test_an_empty_pool_is_refused() -> None:
    with pytest.raises(UserError, match="no photo to compare with"):
        Pool([], np.zeros((0, D), np.float32))
