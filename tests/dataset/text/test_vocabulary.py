"""The vocabulary: its order, its special tokens, its limits."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.text.vocabulary import BOS, EOS, PAD, SPECIALS, UNK, Vocabulary
from store.errors import DamagedFile

COUNTS = {"犬": 3, "猫": 3, "が": 9, "鳴く": 1}


def test_special_tokens_come_first_then_by_count_then_by_text() -> None:
    assert Vocabulary.from_counts(COUNTS).tokens == (*SPECIALS, "が", "犬", "猫", "鳴く")


def test_rare_tokens_are_unknown_and_counted_as_such() -> None:
    vocabulary = Vocabulary.from_counts(COUNTS, min_count=2)
    assert "鳴く" not in vocabulary
    assert vocabulary.counts is not None
    assert vocabulary.counts[UNK] == 1


def test_max_size_counts_the_special_tokens() -> None:
    assert Vocabulary.from_counts(COUNTS, max_size=5).tokens == (*SPECIALS, "が")
    assert Vocabulary.from_counts(COUNTS, max_size=4).tokens == SPECIALS


def test_a_token_that_looks_special_is_no_second_one() -> None:
    assert len(Vocabulary.from_counts({"<EOS>": 5})) == 4


def test_encode_and_decode() -> None:
    vocabulary = Vocabulary.from_counts(COUNTS)
    assert vocabulary.encode(["犬", "が", "飛ぶ"]) == [5, 4, UNK]
    assert vocabulary.decode([BOS, 5, 4, EOS, 6, PAD]) == ["犬", "が"]


@settings(max_examples=30)
@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 9), max_size=20))
def test_what_was_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int]) -> None:
    path = tmp_path_factory.mktemp("v") / "vocabulary.json"
    vocabulary = Vocabulary.from_counts(
        {token.encode(errors="replace").decode(): n for token, n in counts.items()}
    )
    vocabulary.save(path)
    loaded = Vocabulary.load(path)
    assert (loaded.tokens, loaded.counts) == (vocabulary.tokens, vocabulary.counts)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 100_000,
        "[]",
        "{}",
        '{"tokens": 3}',
        '{"tokens": ["a"]}',
        '{"tokens": ["<PAD>", "<UNK>", "<BOS>", "<EOS>", [1]]}',
    ],
)
def test_a_file_that_is_no_vocabulary_is_damaged(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(DamagedFile, match=r"vocabulary\.json is damaged"):
        Vocabulary.load(path)


def test_a_vocabulary_cannot_hold_a_token_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Vocabulary([*SPECIALS, "犬", "犬"])
