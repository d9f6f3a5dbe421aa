"""Every figure on an example worked by hand."""

from math import exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.evaluation import metrics

CAT = ["the", "cat", "sat", "on", "the", "mat"]
REFERENCES = [["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]]
words = st.lists(st.sampled_from(["a", "b", "a b"]), max_size=6)
some = st.lists(st.sampled_from(["a", "b", "a b"]), min_size=1, max_size=6)


def test_bleu_counts_each_ngram_as_often_as_one_reference_has_it() -> None:
    seven = ["the"] * 7
    assert metrics.bleu([seven], [REFERENCES])[0] == pytest.approx(2 / 7)  # Papineni's own example


def test_bleu_is_the_geometric_mean_of_the_precisions() -> None:
    # 1-grams 5 of 6; 2-grams the-cat, on-the, the-mat of 5; 3-grams on-the-mat of 4; no 4-gram.
    found = metrics.bleu([CAT], [REFERENCES])
    assert found == pytest.approx([5 / 6, sqrt(5 / 6 * 3 / 5), (5 / 6 * 3 / 5 * 1 / 4) ** (1 / 3), 0])


def test_bleu_punishes_brevity_by_the_nearest_length() -> None:
    assert metrics.bleu([["a"]], [[["a", "b", "c"], ["a", "b"]]])[0] == pytest.approx(exp(1 - 2))
    assert metrics.bleu([["a", "b"]], [[["a"], ["a", "b", "c"]]])[0] == pytest.approx(
        1
    )  # of two as near, the shorter


def test_bleu_counts_over_the_corpus_not_by_caption() -> None:
    assert metrics.bleu([["a"], ["x", "y", "z"]], [[["a"]], [["p", "q", "r"]]])[0] == pytest.approx(1 / 4)


def test_bleu_tells_tokens_apart_that_hold_spaces() -> None:
    assert metrics.bleu([["a b", "c"]], [[["a", "b c"]]]) == [0, 0, 0, 0]
    assert metrics.bleu([["a b", " "]], [[["a b", " "], ["a"]]])[:2] == pytest.approx([1, 1])


def test_bleu_of_no_captions_and_of_one_without_tokens_is_zero() -> None:
    assert metrics.bleu([], []) == metrics.bleu([[]], [[["a", "b"]]]) == [0, 0, 0, 0]


def test_rouge_goes_by_the_longest_common_subsequence() -> None:
    police = ["police", "killed", "the", "gunman"]
    kill, gunman = ["police", "kill", "the", "gunman"], ["the", "gunman", "kill", "police"]
    assert metrics.rouge_l([kill], [[police]]) == pytest.approx(3 / 4)  # Lin's own examples
    assert metrics.rouge_l([gunman], [[police]]) == pytest.approx(2 / 4)


def test_rouge_weighs_recall_by_beta() -> None:
    p, r, square = 2 / 2, 2 / 4, 1.2**2
    expected = (1 + square) * p * r / (r + square * p)
    assert metrics.rouge_l([["a", "c"]], [[["a", "b", "c", "d"]]]) == pytest.approx(expected)


def test_rouge_of_several_references_is_that_of_the_coco_captions() -> None:
    captions = [
        ["a", "dog", "runs", "on", "the", "grass"],
        ["two", "cats", "sleep"],
        ["the", "the", "the", "red", "car", "car"],
    ]
    references = [
        ["a dog is running on the green grass", "the dog runs"],
        ["two cats sleep on a sofa", "cats sleeping", "sleepy cats"],
        ["the red car drives", "a car on the red road"],
    ]
    found = metrics.rouge_l(captions, [[text.split() for text in others] for others in references])
    assert found == pytest.approx(0.6591684783879187, rel=1e-12)  # pycocoevalcap 1.2


def test_cider_of_the_one_reference_is_ten() -> None:
    captions = [["a", "b", "c", "d"], ["e", "f", "g", "h"]]
    assert metrics.cider(captions, [[caption] for caption in captions]) == pytest.approx(10)


def test_cider_gives_nothing_for_what_every_photo_has() -> None:
    # Two photos: "a" is in both (weight 0), "b" and "c" in one each (weight ln 2). The caption "a c" of
    # the first: 1-grams (a: 0, c: ln 2 / 2) against (a: 0, b: …): cosine 0; "a b": cosine 1; 2-grams: 1.
    references = [[["a", "b"]], [["a", "c"]]]
    assert metrics.cider([["a", "b"], ["a", "b"]], references) == pytest.approx(10 * (1 + 1) / 4 / 2)


def test_cider_is_a_cosine_of_weighted_counts() -> None:
    # 1-grams only: the caption "b b c" has b: 2/3 ln 2, c: 1/3 ln 2; its reference "b": 1 ln 2.
    references = [[["b"]], [["c"]]]
    assert metrics.cider([["b", "b", "c"], ["x"]], references) == pytest.approx(10 * (2 / sqrt(5)) / 4 / 2)


def test_distinct_counts_different_ngrams() -> None:
    captions = [["a", "b", "a"], ["a", "b"]]
    assert metrics.distinct(captions, 1) == pytest.approx(2 / 5)
    assert metrics.distinct(captions, 2) == pytest.approx(2 / 3)
    assert metrics.distinct([], 1) == 0


def test_self_bleu_is_one_where_all_are_the_same_and_zero_where_none_share() -> None:
    assert metrics.self_bleu([["a", "b", "c", "d"]] * 3) == pytest.approx(1)
    assert metrics.self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) == 0


def test_sameness_is_a_share() -> None:
    assert metrics.sameness([["a"], ["a"], ["b"], ["c"]]) == 2 / 4


def test_recall_counts_ranks_below_k() -> None:
    assert [metrics.recall([0, 4, 5, 99], k) for k in (1, 5, 10)] == [1 / 4, 2 / 4, 3 / 4]


@given(st.lists(st.tuples(words, st.lists(some, min_size=1, max_size=3)), max_size=4))
def test_every_figure_keeps_its_range(pairs: list[tuple[list[str], list[list[str]]]]) -> None:
    captions, references = [caption for caption, _ in pairs], [others for _, others in pairs]
    figures = [*metrics.bleu(captions, references), metrics.rouge_l(captions, references)]
    figures += [metrics.cider(captions, references) / 10, metrics.distinct(captions, 2)]
    figures += [metrics.self_bleu(captions), metrics.sameness(captions)]
    assert all(0 <= figure <= 1 + 1e-9 for figure in figures)
