"""A ranker's files: whole again when they are read, and what is wrong with them is told."""

from pathlib import Path

import numpy as np
import pytest

from dataset.text.vocabulary import UNK, Vocabulary
from store.errors import DamagedFile, MissingStage
from tests.train.ranking.taste import VOCABULARY
from train.ranking.artifact import FOLDER, TENSORS, RankerArtifact, RankerConfig, known, load, words_of
from train.ranking.captions import EMPTY
from train.ranking.model import Ranker, RankerSizes, initial


@pytest.fixture
def made() -> RankerArtifact:
    sizes = RankerSizes(words=len(VOCABULARY), vector=2, embedding=3)
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


def test_rare_words_count_as_unknown() -> None:
    vocabulary = Vocabulary.from_counts({"often": 9, "five": 5, "four": 4})
    often, five, four = (vocabulary.tokens.index(token) for token in ("often", "five", "four"))
    assert words_of(vocabulary) == five + 1
    found = known(np.array([[UNK, often, four], [five, four, EMPTY]], np.int32), words_of(vocabulary))
    assert [sorted(set(row) - {EMPTY}) for row in found.tolist()] == [[UNK, often], [UNK, five]]
    assert (found == UNK).sum() == 2, "once a caption"
