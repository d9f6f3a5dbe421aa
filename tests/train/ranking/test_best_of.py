"""The best of several captions: by the ranker, and not twice nearly the same."""

from train.captions.captioner import Caption
from train.ranking.best_of import Liked, alike, chosen


def liked(text: str, score: float) -> Liked:
    return Liked(Caption(text, tuple(text.split()), -1.0, (), -1.0), score)


def test_alike_is_the_share_of_words_that_both_have() -> None:
    assert alike(liked("a b c", 0).caption, liked("b c d", 0).caption) == 2 / 4


def test_the_best_are_kept_and_of_those_that_are_alike_one() -> None:
    some = [liked("a b c", 3), liked("a b d c", 2), liked("e f", 1), liked("g h", 0)]
    assert [one.score for one in chosen(some, 1)] == [3]
    assert [one.score for one in chosen(some, 2)] == [3, 1]
    assert [one.score for one in chosen(some, 4)] == [3, 2, 1, 0], "where there are no others, they are shown"
    assert [one.score for one in chosen(some, 9)] == [3, 2, 1, 0]
    assert chosen([], 2) == []
