"""The exact search among vectors: every cosine is NumPy's in float64, and ties are in order."""

from pathlib import Path

import numpy as np
import pytest

from featurize.read import Chosen, read
from featurize.words.gallery import Gallery
from featurize.words.search import BLOCK, best, cosines
from store.errors import UserError
from store.place import Place
from tests.featurize.test_neighbours import write_vectors

RANDOM = np.random.default_rng(3)


def exact(values: np.ndarray, direction: np.ndarray, mean: np.ndarray | float = 0.0) -> np.ndarray:
    """Return cosines in float64, 0 where a vector has no length."""
    centred, wanted = values.astype(np.float64) - mean, direction.astype(np.float64) - mean
    lengths = np.linalg.norm(centred, axis=1) * np.linalg.norm(wanted)
    return np.asarray(np.divide(centred @ wanted, lengths, out=np.zeros(len(values)), where=lengths > 0))


@pytest.mark.parametrize("kind", [np.float32, np.float16])
@pytest.mark.parametrize("length", [1, 7, 512, 1000])
def test_cosines_are_those_of_float64(kind: type[np.floating], length: int) -> None:
    values = RANDOM.standard_normal((300, length)).astype(kind)
    least, most = (1e-15, 1e15) if kind is np.float32 else (6e-8, 65_504)  # float16's ends
    values[7], values[8], values[9] = 0, least, most
    rows = RANDOM.permutation(300)[:200]
    direction, mean = (
        RANDOM.standard_normal(length).astype(np.float32),
        values[:100].mean(0, dtype=np.float32),
    )
    for offset in (None, mean):
        found = cosines(Chosen(values, rows), direction, offset)
        wanted = exact(values[rows], direction, 0.0 if offset is None else offset)
        np.testing.assert_allclose(found, wanted, atol=3e-6)


def test_every_float16_is_read_as_it_is() -> None:
    """All 63,488 finite ones: each beside 1, so that its cosine with (1, 0) tells it."""
    bits = np.arange(2**16, dtype=np.uint16).view(np.float16)
    bits = bits[np.isfinite(bits)]
    values = np.stack([bits, np.ones_like(bits)], 1)
    found = cosines(Chosen(values, np.arange(len(values))), np.array([1, 0], np.float32))
    wide = bits.astype(np.float64)
    np.testing.assert_allclose(found, wide / np.hypot(wide, 1), rtol=1e-6, atol=0)


def test_more_photos_than_a_block_are_all_compared() -> None:
    values = RANDOM.standard_normal((BLOCK + 9, 2)).astype(np.float16)
    found = cosines(Chosen(values, np.arange(len(values))), np.array([1, 2], np.float32))
    np.testing.assert_allclose(found[-9:], exact(values[-9:], np.array([1, 2])), atol=1e-6)


def test_equal_photos_are_found_in_their_order() -> None:
    values = np.tile(RANDOM.standard_normal(513).astype(np.float16), (40, 1))
    values[5] = -values[5]
    found = cosines(Chosen(values, np.arange(40)), values[0].astype(np.float32))
    assert best(found, 8).tolist() == [0, 1, 2, 3, 4, 6, 7, 8]
    assert best(found, 99).tolist() == [*range(5), *range(6, 40), 5]


def test_the_best_are_those_of_a_stable_sort() -> None:
    scores = RANDOM.integers(0, 9, 500).astype(np.float32)
    wanted = np.argsort(-scores, kind="stable")
    for count in (1, 2, 60, 499, 500, 600):
        np.testing.assert_array_equal(best(scores, count), wanted[:count])
    assert best(np.array([], np.float32), 3).tolist() == []


def test_a_gallery_has_the_datasets_order_and_leaves_out_what_has_no_vector(tmp_path: Path) -> None:
    values = RANDOM.standard_normal((30, 6)).astype(np.float32) + 3
    names = write_vectors(tmp_path, values)
    mine = [*names[20:], "0" * 64, *names[:5]]
    gallery = Gallery(mine, read(tmp_path, Place.using(tmp_path)))
    assert len(gallery.places) == 15
    own = np.concatenate([values[20:], values[:5]])
    order = [*range(10), *range(11, 16)]
    found = gallery.like_words(own[3], 4)
    wanted = np.argsort(-exact(own, own[3]), kind="stable")[:4]
    assert [place for place, _ in found] == [order[row] for row in wanted]
    near = gallery.like_photo(own[3], 4, [3])
    centred = exact(own, own[3], own.mean(0))
    centred[3] = -np.inf
    assert [place for place, _ in near] == [order[row] for row in np.argsort(-centred)[:4]]
    np.testing.assert_allclose([cosine for _, cosine in near], np.sort(centred)[::-1][:4], atol=1e-5)
    with pytest.raises(UserError, match=r"gives 5 values a text, and photos have 6"):
        gallery.like_words(own[3, :5], 4)
