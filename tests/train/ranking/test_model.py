"""The ranker's score is what its description says, computed by NumPy alone."""

import numpy as np

from train.ranking.model import Ranker, RankerSizes, initial
from train.ranking.words import EMPTY


def test_a_score_is_the_one_computed_by_hand() -> None:
    sizes = RankerSizes(words=5, vector=3, embedding=4)
    moments = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.5, 0.5])
    t = initial(sizes, moments, seed=1)
    t["word_w"] = np.arange(5, dtype=np.float32)[:, None]
    vector = np.array([1, -1, 2], np.float32)
    length = np.array([10 / 20, (10 / 20) ** 2])
    caption = t["word_e"][1] + t["word_e"][4] + t["length_w"] @ length
    photo = t["meet_w"] @ np.tanh(t["photo_w"] @ (3 * (vector - moments[0]) * 0.5))
    seen = np.concatenate([caption, length, caption * photo, photo])
    expected = 1 + 4 + caption @ photo + (t["score_w"] @ np.maximum(t["both_w"] @ seen, 0))[0]
    ranker = Ranker(sizes, t)
    found = ranker.scores(np.array([[1, 4, EMPTY]], np.int32), np.array([10]), vector[None])
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_its_tensors_are_those_that_its_sizes_name() -> None:
    for sizes in (RankerSizes(words=5, vector=3, embedding=4), RankerSizes(words=5, vector=0, embedding=4)):
        moments = (np.zeros(3), np.ones(3)) if sizes.vector else None
        tensors = Ranker(sizes, initial(sizes, moments, 0)).tensors()
        assert {name: tensor.shape for name, tensor in tensors.items()} == dict(sizes.shapes())
        assert {str(tensor.dtype) for tensor in tensors.values()} == {"float32"}
