"""Caption metrics: against people's captions and among each other, on the dataset's own tokens.

A caption is a sequence of tokens. Each function returns a number for each of N captions, whose mean is the
figure: so every figure can say how far it may be trusted, by drawing photos again. NaN is a caption that the
figure is not of. BLEU alone is no mean, and comes as counts. n-grams of BLEU are counted by sacrebleu; the
libraries that compute ROUGE-L and CIDEr have had no release for years (docs/architecture.md), so these are
computed here and in `train.evaluation.cider`; all are tested on examples worked by hand.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from sacrebleu.metrics.bleu import BLEU, BLEUScore

from train.model import Array

Tokens = Sequence[str]
ORDERS = 4
NONE = float("nan")


def ngrams(tokens: Tokens, order: int) -> Counter[tuple[str, ...]]:
    """Return how often each n-gram of `order` tokens occurs."""
    return Counter(tuple(tokens[start : start + order]) for start in range(len(tokens) - order + 1))


def bleu_counts(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Array:
    """Return what BLEU is made of, (N, 10): see `bleu`.

    Of each caption its n-grams of 1 to 4 tokens that are in a reference, as often as one reference has them;
    its n-grams; its length; and that of the reference nearest in length, the shorter of two.
    """
    counts = np.zeros((len(captions), 2 * ORDERS + 2))
    for row, (caption, others) in enumerate(zip(captions, references, strict=True)):
        score = _score(caption, others)
        counts[row] = *score.counts, *score.totals, score.sys_len, score.ref_len
    return counts


def bleu(sums: Array, order: int) -> Array:
    """Return BLEU of `order`, 0 to 1, without smoothing; NaN where no caption is so long.

    Args:
        sums: (..., 2 * order + 2), sums over captions: of the n-grams of 1 to `order` tokens those that match
            and all, then lengths and lengths of references.

    Source: Papineni et al. 2002.
    """
    matches, found, (length, reference) = (
        sums[..., :order],
        sums[..., order:-2],
        np.moveaxis(sums[..., -2:], -1, 0),
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # log(0) is a precision of 0, 0 / 0 no n-gram
        precision = np.log(matches / found).mean(axis=-1)
        result: Array = np.exp(precision + np.minimum(0, 1 - reference / length))
    return result


def _score(caption: Tokens, references: Sequence[Tokens], effective: bool = False) -> BLEUScore:
    numbers: dict[str, int] = {}

    def text(tokens: Tokens) -> str:
        """Return tokens as numbers: sacrebleu splits at spaces, which a token may contain."""
        return " ".join(str(numbers.setdefault(token, len(numbers))) for token in tokens)

    measure = BLEU(
        tokenize="none",
        smooth_method="none",
        force=True,
        max_ngram_order=ORDERS,
        effective_order=effective,
    )
    score: BLEUScore = measure.corpus_score([text(caption)], [[text(other)] for other in references])
    return score


def rouge_l(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Array:
    """Return ROUGE-L of each caption, 0 to 1: an F-measure on the longest common subsequence.

    Source: Lin 2004, with beta = 1.2 and the best precision and the best recall over a photo's references, as
    for COCO captions.
    """
    return np.array([_rouge(caption, others) for caption, others in zip(captions, references, strict=True)])


def _rouge(caption: Tokens, references: Sequence[Tokens], beta: float = 1.2) -> float:
    common = [(_lcs(caption, other), len(other)) for other in references]
    precision = max((length / len(caption) for length, _ in common if caption), default=0.0)
    recall = max((length / total for length, total in common if total), default=0.0)
    if not precision or not recall:
        return 0.0
    return (1 + beta**2) * precision * recall / (recall + beta**2 * precision)


def _lcs(one: Tokens, other: Tokens) -> int:
    """Return the length of the longest common subsequence."""
    # Dynamic programming with one row of the table: `diagonal` is the value that the row has overwritten.
    best = [0] * (len(other) + 1)
    for token in one:
        diagonal = 0
        for column, candidate in enumerate(other, 1):
            above = best[column]
            best[column] = diagonal + 1 if token == candidate else max(best[column], best[column - 1])
            diagonal = above
    return best[-1]


def distinct(captions: Sequence[Tokens], order: int) -> Array:
    """Return numbers whose mean is distinct n-grams over all n-grams, of all captions together.

    They are jackknife pseudo-values: how much the share is what it is because of this caption. The n-grams of
    captions that are drawn again are no new ones, so that no other way of drawing would do. NaN throughout
    where there is no n-gram of `order` tokens, or only in one caption.

    Source: Li et al. 2016, distinct-1 and distinct-2; Miller 1974, The Jackknife, with their mean moved to
    the share of all captions.
    """
    found = [ngrams(caption, order) for caption in captions]
    everywhere: Counter[tuple[str, ...]] = sum(found, Counter())
    only = np.array([sum(everywhere[gram] == times for gram, times in own.items()) for own in found], float)
    rest = everywhere.total() - np.array([own.total() for own in found], float)  # (N,) of the other captions
    if not everywhere:
        return np.full(len(captions), NONE)
    share = len(everywhere) / everywhere.total()
    without = np.divide(len(everywhere) - only, rest, out=np.full(len(found), share), where=rest > 0)
    result: Array = share + (len(found) - 1) * (without.mean() - without)
    return result


def self_bleu(captions: Sequence[Tokens]) -> Array:
    """Return BLEU of each caption against the others, 0 to 1: 1 where all are the same.

    n-grams of 1 to 4 tokens, or to as many as a caption has: a caption of three tokens has no n-gram of four.
    NaN for a caption without tokens, and where there is no other.

    Source: Zhu et al. 2018, self-BLEU.
    """
    some = [row for row, caption in enumerate(captions) if caption]
    scores = np.full(len(captions), NONE)
    if len(some) > 1:
        for row, others in _each_and_others(some):
            score = _score(captions[row], [captions[other] for other in others], effective=True).score
            scores[row] = min(1.0, score / 100)  # it multiplies by 100 by way of logarithms
    return scores


def _each_and_others(rows: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    for index, row in enumerate(rows):
        yield row, [*rows[:index], *rows[index + 1 :]]


def sameness(captions: Sequence[Tokens]) -> Array:
    """Return 1 for each caption that is the most frequent one, the first of equals, and 0 for the others."""
    counts = Counter(map(tuple, captions))
    most = max(counts, key=lambda caption: counts[caption], default=())
    return np.array([tuple(caption) == most for caption in captions], float)
