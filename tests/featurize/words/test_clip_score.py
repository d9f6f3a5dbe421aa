"""CLIPScore against its definition, by hand."""

import numpy as np
import pytest

from featurize.words.clip_score import clip_score


def test_pairs_worked_by_hand() -> None:
    photos = np.array([[3, 4], [1, 0], [1, 0], [0, 0], [1, 1]], np.float32)
    texts = np.array([[4, 3], [0, 5], [-2, 0], [1, 0], [7, 0]], np.float32)
    # cosines: 24 / 25, 0, -1, none, 1 / sqrt 2
    assert clip_score(photos, texts).tolist() == pytest.approx([2.4, 0, 0, 0, 2.5 / 2**0.5])
