"""A ranker's files: whole again when they are read, and what is wrong with them is told."""

from pathlib import Path

import numpy as np
import pytest

from store.errors import DamagedFile, MissingStage
from tests.train.ranking.taste import VOCABULARY
from train.ranking.artifact import FOLDER, TENSORS, RankerArtifact, RankerConfig, load
from train.ranking.model import Ranker, RankerSizes, initial
from train.ranking.words import kinds


@pytest.fixture
def made() -> RankerArtifact:
    sizes = RankerSizes(words=kinds(VOCABULARY), vector=2, embedding=3)
    ranker = Ranker(sizes, initial(sizes, (np.zeros(2), np.ones(2)), 1))
    return RankerArtifact(ranker, VOCABULARY, RankerConfig(sizes=sizes, features_key="k", fingerprint="f"))


def test_what_was_written_ranks_the_same(made: RankerArtifact, tmp_path: Path) -> None:
    made.save(tmp_path / FOLDER)
    captions, vector = [("a c", ["a", "c"]), ("b ?", ["b", "?"])], np.array([1, 2], np.float32)
    read = load(tmp_path)
    assert read.config == made.config
    np.testing.assert_array_equal(read.scores(captions, vector), made.scores(captions, vector))


def test_a_ranker_that_is_missing_or_damaged_is_told(made: RankerArtifact, tmp_path: Path) -> None:
    run = tmp_path / "demo" / "runs" / "r"
    with pytest.raises(MissingStage, match=r"bokeru train --pipeline demo.*--set train\.ranker=true"):
        load(run)
    made.save(run / FOLDER)
    tensors = run / FOLDER / TENSORS
    tensors.write_bytes(tensors.read_bytes()[:-8])
    with pytest.raises(DamagedFile, match=r"ranker\.safetensors is damaged"):
        load(run)
    made.ranker.word_e.array[0, 0] = np.nan
    made.save(run / FOLDER)
    with pytest.raises(DamagedFile, match="word_e holds values that are no numbers"):
        load(run)
    (run / FOLDER / "config.json").write_text('{"format": 2}')
    with pytest.raises(DamagedFile, match=r"config\.json is damaged: format"):
        load(run)
