"""How a photo's own caption ranks: by hand, by plain NumPy, and where nothing tells candidates apart."""

from math import log

import numpy as np
import pytest

from dataset.text.vocabulary import BOS, EOS
from store.schema import EVALUATED
from tests.train import plain_model, toy_training
from train.arithmetic.arithmetic import choose
from train.evaluation.intervals import estimates
from train.evaluation.retrieval import CANDIDATES, ranks, retrieval
from train.examples import Examples
from train.model import Array


def one_each(captions: list[list[int]]) -> Examples:
    count = len(captions)
    return Examples.build([str(row) for row in range(count)], range(count), captions, [0] * count, BOS, EOS)


def measured(captions: list[list[int]], vectors: Array) -> dict[str, Array]:
    return retrieval(toy_training.model(), one_each(captions), vectors, choose(np))


def test_equal_scores_share_their_mean_rank() -> None:
    scores = [[-1.0, -1.0, -2.0], [-3.0, -1.0, -2.0], [-1.0, -1.5, -2.0]]
    assert ranks(np.array(scores)).tolist() == [1.5, 1, 3]
    assert ranks(np.zeros((60, 60))).tolist() == [30.5] * 60


def test_sixty_photos_that_share_one_caption_tell_nothing() -> None:
    found = measured([[5, 6, 7]] * 60, toy_training.vectors(60))
    assert found["rank"].tolist() == found["rank_pmi"].tolist() == [30.5] * 60
    none = np.full(60, np.nan)
    figures = estimates(dict.fromkeys(EVALUATED.names, none) | found)
    assert figures["recall@1"].value == figures["recall@10"].value == figures["recall_pmi@10"].value == 0


def test_photos_that_look_alike_tell_nothing_but_which_caption_is_likely() -> None:
    captions = [[5, 6], [7, 8, 9], [10], [11, 12, 13, 14]]
    found = measured(captions, np.repeat(toy_training.vectors(1), 4, axis=0))
    assert found["rank_pmi"].tolist() == [2.5] * 4
    assert found["photo_nats"] == pytest.approx([0] * 4, abs=1e-4)
    assert sorted(found["rank"]) == [1, 2, 3, 4]


def test_both_ranks_are_those_of_plain_numpy() -> None:
    random = np.random.default_rng(1)
    captions = [random.integers(4, 50, random.integers(1, 6)).tolist() for _ in range(11)] + [[5, 6], [5, 6]]
    vectors = toy_training.vectors(13)
    model = toy_training.model()
    tensors = {name: tensor.astype(np.float64) for name, tensor in model.tensors().items()}
    log_p = [[-sum(plain_model.token_nats(tensors, vector, ids)) for ids in captions] for vector in vectors]
    found = measured(captions, vectors)
    for photo in range(13):
        pmi = [
            log_p[photo][caption] - log(sum(np.exp(log_p[other][caption]) for other in range(13)) / 13)
            for caption in range(13)
        ]
        for name, scores in (("rank", log_p[photo]), ("rank_pmi", pmi)):
            own = scores[photo]
            before = sum(score > own + 1e-6 for score in scores)
            equal = sum(abs(score - own) <= 1e-6 for score in scores)
            assert found[name][photo] == before + (1 + equal) / 2, name
        assert found["photo_nats"][photo] == pytest.approx(pmi[photo], abs=1e-4)


def test_a_photo_is_worth_at_most_the_logarithm_of_the_candidates() -> None:
    # A model that is certain of which caption belongs to which photo: the first token is the photo's.
    model = toy_training.model(embedding=8, hidden=8)
    for tensor in model.tensors().values():
        tensor[...] = 0
    model.scale[...] = 1
    model.photo_w.array[...] = 50 * np.eye(8)
    model.lstm0_b.array[:8] = model.lstm0_b.array[16:24] = 50  # input and output gates are open
    model.lstm0_x.array[24:] = np.eye(8)  # the candidate is the photo
    model.output_w.array[4:12] = 100 * np.eye(8)
    found = retrieval(
        model, one_each([[4 + row] for row in range(8)]), np.eye(8, dtype=np.float32), choose(np)
    )
    assert found["photo_nats"] == pytest.approx([log(8)] * 8, abs=1e-3)
    assert found["rank"].tolist() == found["rank_pmi"].tolist() == [1] * 8


def test_no_more_photos_take_part_than_are_said() -> None:
    found = measured(
        [[5 + row % 40] for row in range(CANDIDATES + 20)], toy_training.vectors(CANDIDATES + 20)
    )
    assert {len(column) for column in found.values()} == {CANDIDATES}
