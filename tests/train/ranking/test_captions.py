"""Captions as the ranker reads them: pairs and bags, worked out by hand."""

import numpy as np
import pyarrow as pa

from dataset.text.vocabulary import SPECIALS, Vocabulary
from tests.train.ranking import taste
from train.ranking.captions import characters, ranked
from train.ranking.words import EMPTY, SCRIPTS, bags_of, frequent, ids, kinds, script

VOCABULARY = Vocabulary.from_counts({"犬": 9, "が": 8, "走る": 7})
DOG, GA, RUNS = (VOCABULARY.tokens.index(token) for token in ("犬", "が", "走る"))


def test_pairs_are_of_one_photo_and_differ_clearly() -> None:
    """Twice as many stars and three: 3 of 0, 5 of 1, 9 of 3, but 8 is not clearly more than 3."""
    rows = [("p", 0), ("p", 3), ("p", 9), ("q", 1), ("q", 5), ("q", 4), ("r", 100)]
    columns = {"sha256": [photo for photo, _ in rows], "stars": [stars for _, stars in rows]}
    found = ranked(pa.table({**columns, "text": ["犬"] * 7, "tokens": [["犬"]] * 7}), VOCABULARY)
    assert {(better, worse) for better, worse in found.pairs().tolist()} == {(1, 0), (2, 0), (2, 1), (4, 3)}


def test_no_captions_have_no_pairs() -> None:
    found = ranked(taste.SCHEMA.empty_table(), VOCABULARY)
    assert (len(found), found.pairs().shape) == (0, (0, 2))


def test_a_bag_has_each_word_once_and_lengths_count_what_is_seen() -> None:
    tokens = [["犬", "が", "犬", "が", "走る"], ["猫", "が"]]
    texts = ["犬が 犬が\n走る", "猫が"]
    columns = {"sha256": ["p", "p"], "text": texts, "tokens": tokens, "stars": [1, None]}
    found = ranked(pa.table(columns), VOCABULARY)
    assert [set(row) - {EMPTY} for row in found.words.tolist()] == [
        {DOG, GA, RUNS},
        {frequent(VOCABULARY) + SCRIPTS.index("CJK"), GA},
    ]
    assert found.words.shape == (2, 3)
    assert found.characters.tolist() == [6, 2] == [characters(text) for text in texts]
    assert found.examples.stars.tolist() == [1, 0]
    np.testing.assert_array_equal(bags_of(tokens, VOCABULARY), found.words)


def test_rare_words_count_by_their_script() -> None:
    vocabulary = Vocabulary.from_counts({"often": 999_000, "five": 150, "four": 149})
    often, five = (vocabulary.tokens.index(token) for token in ("often", "five"))
    assert frequent(vocabulary) == five + 1
    katakana, hiragana, kanji, latin, digit, other = range(five + 1, kinds(vocabulary))
    rare = ["ゴン", "ぽん", "謎", "four", "7", "〜", "<UNK>", ""]
    found = [katakana, hiragana, kanji, latin, digit, other, other, other]
    assert ids(["often", "five", *rare], vocabulary).tolist() == [often, five, *found]
    assert [script(token) for token in ("ゴン", "7")] == [0, 4]


def test_in_few_words_a_share_is_enough() -> None:
    """Of 6,000 words a 2,000th is 3."""
    vocabulary = Vocabulary.from_counts({"often": 5995, "three": 3, "two": 2})
    assert vocabulary.tokens[frequent(vocabulary) - 1] == "three"
    assert frequent(Vocabulary.from_counts({"once": 1})) == len(SPECIALS) + 1
