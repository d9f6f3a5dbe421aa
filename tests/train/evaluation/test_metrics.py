"""Every figure on an example worked by hand."""

from collections.abc import Sequence
from itertools import zip_longest
from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from tests.train.evaluation.coco import CAPTIONS, OTHERS
from train.evaluation import metrics
from train.evaluation.cider import cider, cider_d
from train.evaluation.metrics import Tokens

CAT = ["the", "cat", "sat", "on", "the", "mat"]
REFERENCES = [["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]]
words = st.lists(st.sampled_from(["a", "b", "a b"]), max_size=6)
some = st.lists(st.sampled_from(["a", "b", "a b"]), min_size=1, max_size=6)


def bleu(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> list[float]:
    """Return BLEU-1 to BLEU-4 of a corpus."""
    sums = metrics.bleu_counts(captions, references).sum(axis=0)
    matches, found, lengths = sums[:4], sums[4:8], sums[8:]
    return [
        float(metrics.bleu(np.concatenate([matches[:order], found[:order], lengths]), order))
        for order in (1, 2, 3, 4)
    ]


def test_bleu_counts_each_ngram_as_often_as_one_reference_has_it() -> None:
    seven = ["the"] * 7
    assert bleu([seven], [REFERENCES])[0] == pytest.approx(2 / 7)  # Papineni's own example


def test_bleu_is_the_geometric_mean_of_the_precisions() -> None:
    # 1-grams 5 of 6; 2-grams the-cat, on-the, the-mat of 5; 3-grams on-the-mat of 4; no 4-gram.
    found = bleu([CAT], [REFERENCES])
    assert found == pytest.approx([5 / 6, sqrt(5 / 6 * 3 / 5), (5 / 6 * 3 / 5 * 1 / 4) ** (1 / 3), 0])


def test_bleu_punishes_brevity_by_the_nearest_length() -> None:
    assert bleu([["a"]], [[["a", "b", "c"], ["a", "b"]]])[0] == pytest.approx(exp(1 - 2))
    assert bleu([["a", "b"]], [[["a"], ["a", "b", "c"]]])[0] == pytest.approx(
        1
    )  # of two as near, the shorter


def test_bleu_counts_over_the_corpus_not_by_caption() -> None:
    assert bleu([["a"], ["x", "y", "z"]], [[["a"]], [["p", "q", "r"]]])[0] == pytest.approx(1 / 4)


def test_bleu_tells_tokens_apart_that_hold_spaces() -> None:
    assert bleu([["a b", "c"]], [[["a", "b c"]]])[:2] == [0, 0]
    assert bleu([["a b", " "]], [[["a b", " "], ["a"]]])[:2] == pytest.approx([1, 1])


def test_bleu_of_a_length_that_no_caption_has_is_none() -> None:
    assert bleu([["a", "b"]], [[["a", "b", "c", "d"]]])[:2] == pytest.approx([exp(-1), exp(-1)])
    assert np.isnan(bleu([["a", "b"]], [[["a", "b", "c", "d"]]])[2:]).all()
    assert np.isnan(bleu([[]], [[["a", "b"]]])).all()
    assert np.isnan(bleu([], [])).all()


@given(st.lists(st.tuples(words, st.lists(some, min_size=1, max_size=3)), min_size=1, max_size=4))
def test_bleu_is_sacrebleu_s_of_the_corpus(pairs: list[tuple[list[str], list[list[str]]]]) -> None:
    captions, references = [caption for caption, _ in pairs], [others for _, others in pairs]
    spelt = {"a": "a", "b": "b", "a b": "c"}  # sacrebleu splits at spaces
    columns = zip_longest(
        *([" ".join(map(spelt.__getitem__, other)) for other in others] for others in references)
    )
    hypotheses = [" ".join(map(spelt.__getitem__, caption)) for caption in captions]
    right = BLEU(tokenize="none", smooth_method="none", force=True).corpus_score(
        hypotheses, [*map(list, columns)]
    )
    if all(right.totals):
        assert bleu(captions, references)[3] == pytest.approx(right.score / 100)


def test_rouge_goes_by_the_longest_common_subsequence() -> None:
    police = ["police", "killed", "the", "gunman"]
    kill, gunman = ["police", "kill", "the", "gunman"], ["the", "gunman", "kill", "police"]
    assert metrics.rouge_l([kill], [[police]])[0] == pytest.approx(3 / 4)  # Lin's own examples
    assert metrics.rouge_l([gunman], [[police]])[0] == pytest.approx(2 / 4)


def test_rouge_weighs_recall_by_beta() -> None:
    p, r, square = 2 / 2, 2 / 4, 1.2**2
    expected = (1 + square) * p * r / (r + square * p)
    assert metrics.rouge_l([["a", "c"]], [[["a", "b", "c", "d"]]])[0] == pytest.approx(expected)


def test_rouge_of_several_references_is_that_of_the_coco_captions() -> None:
    # pycocoevalcap 1.2, Rouge().compute_score
    right = [0.726190476190476, 0.6288659793814433, 0.6224489795918368, 1.0, 0.5873452544704264]
    assert metrics.rouge_l(CAPTIONS, OTHERS) == pytest.approx(right, rel=1e-12)


def test_distinct_counts_different_ngrams() -> None:
    captions = [["a", "b", "a"], ["a", "b"]]
    assert metrics.distinct(captions, 1).mean() == pytest.approx(2 / 5)
    assert metrics.distinct(captions, 2).mean() == pytest.approx(2 / 3)


def test_what_a_caption_does_for_distinct_is_told_by_leaving_it_out() -> None:
    captions = [["a", "b"], ["a", "c", "d"], ["a"]]  # 4 of 6; without each 3 of 4, 2 of 3, 4 of 5
    share, without = 4 / 6, np.array([3 / 4, 2 / 3, 4 / 5])
    assert metrics.distinct(captions, 1) == pytest.approx(share + 2 * (without.mean() - without))


def test_ngrams_that_do_not_occur_are_not_distinct() -> None:
    assert np.isnan(metrics.distinct([["a"], ["b"]], 2)).all()
    assert metrics.distinct([], 1).tolist() == []
    assert metrics.distinct([["a", "b"], ["c"]], 2).mean() == 1


def test_self_bleu_is_one_where_all_are_the_same_and_zero_where_none_share() -> None:
    assert metrics.self_bleu([["a", "b", "c", "d"]] * 3).tolist() == [1, 1, 1]
    assert metrics.self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]).tolist() == [0, 0]


@pytest.mark.parametrize("tokens", [["お", "は", "よ"], ["お", "は"], ["お"]])
def test_self_bleu_of_equal_captions_is_one_however_short_they_are(tokens: list[str]) -> None:
    assert metrics.self_bleu([tokens] * 20).tolist() == [1] * 20


def test_self_bleu_of_a_short_caption_is_of_the_ngrams_that_it_has() -> None:
    # Against "a b d": 1-grams a, b of 3; 2-grams a-b of 2; no 3-gram in common: 0. "a b": 2 of 2, 1 of 1;
    # it is as long as 2 against 3: exp(1 - 3/2).
    assert metrics.self_bleu([["a", "b", "c"], ["a", "b", "d"]]).tolist() == [0, 0]
    assert metrics.self_bleu([["a", "b"], ["a", "b", "d"]])[0] == pytest.approx(exp(-1 / 2))


def test_self_bleu_without_tokens_or_without_others_is_none() -> None:
    np.testing.assert_array_equal(metrics.self_bleu([["a"], [], ["a"]]), [1, np.nan, 1])
    assert np.isnan(metrics.self_bleu([["a"], []])).all()


def test_sameness_names_the_most_frequent() -> None:
    assert metrics.sameness([["a"], ["b"], ["b"], ["c"]]).tolist() == [0, 1, 1, 0]
    assert metrics.sameness([["a"], ["b"]]).tolist() == [1, 0]
    assert metrics.sameness([]).tolist() == []


@given(st.lists(st.tuples(words, st.lists(some, min_size=1, max_size=3)), min_size=1, max_size=4))
def test_every_figure_keeps_its_range(pairs: list[tuple[list[str], list[list[str]]]]) -> None:
    captions, references = [caption for caption, _ in pairs], [others for _, others in pairs]
    figures = [
        *bleu(captions, references),
        *metrics.rouge_l(captions, references),
        *cider(captions, references) / 10,
        *cider_d(captions, references) / 10,
        metrics.distinct(captions, 2).mean(),
        *metrics.self_bleu(captions),
        *metrics.sameness(captions),
    ]
    assert all(np.isnan(figure) or 0 <= figure <= 1 + 1e-9 for figure in figures)
