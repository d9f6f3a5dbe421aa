"""CIDEr on examples worked by hand, CIDEr-D by pycocoevalcap."""

from math import exp, log, sqrt

import numpy as np
import pytest

from tests.train.evaluation.coco import CAPTIONS, OTHERS
from train.evaluation.cider import cider, cider_d

ABC = ["a", "b", "c", "d"]
"""Has n-grams of each length: with it in the references no figure is None."""


def test_cider_of_the_one_reference_is_ten() -> None:
    captions = [ABC, ["e", "f", "g", "h"]]
    assert cider(captions, [[caption] for caption in captions]) == pytest.approx([10, 10])
    assert cider_d(captions, [[caption] for caption in captions]) == pytest.approx([10, 10])


def test_cider_gives_nothing_for_what_every_photo_has() -> None:
    # Three photos: "a" is in all (weight 0), "b" and "c" in one each. The caption "a b" of the second:
    # 1-grams: a counts nothing, b is not in "a c": 0. 2-grams: a-b is not in "a c": 0. Of the first: 1 and 1.
    references = [[["a", "b"]], [["a", "c"]], [["a", "x", "y", "z"]]]
    found = cider([["a", "b"], ["a", "b"], ["a"]], references)
    assert found == pytest.approx([10 * (1 + 1) / 4, 0, 0])


def test_cider_is_a_cosine_of_weighted_counts() -> None:
    # 1-grams only: the caption "b b c" has b twice, c once, of equal weight; its reference is "b".
    references = [[["b"]], [["c"]], [["a", "x", "y", "z"]]]
    assert cider([["b", "b", "c"], ["x"], ["q"]], references) == pytest.approx([10 * (2 / sqrt(5)) / 4, 0, 0])


def test_cider_d_counts_an_ngram_as_often_as_the_reference_has_it_and_punishes_another_length() -> None:
    # As above, but b counts once (1 of 1), over the size of (2, 1), and 3 tokens against 1: delta 2.
    references = [[["b"]], [["c"]], [["a", "x", "y", "z"]]]
    right = 10 * (1 / sqrt(5)) / 4 * exp(-(2**2) / (2 * 6**2))
    assert cider_d([["b", "b", "c"], ["x"], ["q"]], references) == pytest.approx([right, 0, 0])


def test_cider_d_is_what_pycocoevalcap_calls_cider() -> None:
    # pycocoevalcap 1.2, Cider().compute_score
    right = [1.745235885289211, 2.1392151155324193, 2.359560110864654, 2.976143245690036, 0.3724399674591927]
    found = cider_d(CAPTIONS, OTHERS)
    assert found == pytest.approx(right, rel=1e-12)
    assert found.mean() == pytest.approx(1.9185188649671026, rel=1e-12)
    assert (cider(CAPTIONS, OTHERS) >= found - 1e-12).all()  # it clips nothing, and punishes no length


def test_rare_ngrams_weigh_more() -> None:
    # Of four photos "a" is in two, weight ln 2, "b" in one, ln 4.
    references = [[["a", "b"]], [["a"]], [["x"]], [["p", "q", "r", "s"]]]
    found = cider([["a"], ["a"], ["x"], ["p"]], references)[0]
    assert found == pytest.approx(10 * (log(2) / sqrt(log(2) ** 2 + log(4) ** 2)) / 4)


@pytest.mark.parametrize("figure", [cider, cider_d])
def test_ngrams_that_do_not_occur_make_it_none(figure) -> None:  # type: ignore[no-untyped-def]
    short = [["a", "b", "c"], ["d", "e", "f"]]
    assert np.isnan(figure(short, [[caption] for caption in short])).all()
    assert np.isnan(figure([ABC], [[ABC]])).all()  # one photo: every weight is 0
    assert figure([], []).tolist() == []
