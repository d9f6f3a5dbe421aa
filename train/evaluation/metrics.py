"""Caption metrics: against people's captions and among each other, on the dataset's own tokens.

A caption is a sequence of tokens. BLEU is sacrebleu's. The libraries that compute ROUGE-L and CIDEr have had
no release for years (docs/architecture.md), so these are computed here; all are tested on examples worked by
hand.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import log, sqrt

from sacrebleu.metrics.bleu import BLEU

Tokens = Sequence[str]
ORDERS = 4


def ngrams(tokens: Tokens, order: int) -> Counter[tuple[str, ...]]:
    """Return how often each n-gram of `order` tokens occurs."""
    return Counter(tuple(tokens[start : start + order]) for start in range(len(tokens) - order + 1))


def bleu(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> list[float]:
    """Return BLEU-1 to BLEU-4 of a corpus, 0 to 1, without smoothing.

    Source: Papineni et al. 2002, by sacrebleu; n-grams are counted over the whole corpus, and the brevity
    penalty goes by the reference nearest in length, the shorter of two.
    """
    return [_bleu(captions, references, order) for order in range(1, ORDERS + 1)]


def _bleu(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], order: int) -> float:
    if not captions:
        return 0.0
    numbers: dict[str, int] = {}

    def text(tokens: Tokens) -> str:
        """Return tokens as numbers: sacrebleu splits at spaces, which a token may contain."""
        return " ".join(str(numbers.setdefault(token, len(numbers))) for token in tokens)

    hypotheses = [text(caption) for caption in captions]
    # sacrebleu wants the first references of all captions, then the second; None where a caption has fewer.
    columns = zip_longest(*([text(other) for other in others] for others in references))
    measure = BLEU(tokenize="none", smooth_method="none", force=True, max_ngram_order=order)
    return float(measure.corpus_score(hypotheses, [list(column) for column in columns]).score) / 100


def rouge_l(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> float:
    """Return the mean ROUGE-L, 0 to 1: an F-measure on the longest common subsequence with a reference.

    Source: Lin 2004, with beta = 1.2 and the best precision and the best recall over a photo's references, as
    for COCO captions.
    """
    scores = [_rouge(caption, others) for caption, others in zip(captions, references, strict=True)]
    return sum(scores) / len(scores) if scores else 0.0


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


def cider(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> float:
    """Return the mean CIDEr, 0 to 10: similarity to a photo's references; rare n-grams count more.

    Source: Vedantam et al. 2015, equation 3, times 10 as is the custom; n-grams of 1 to 4 tokens, weighted by
    the share of photos in `references` that have them. With one photo every weight, and so CIDEr, is 0.
    """
    if not captions:
        return 0.0
    score = 0.0
    for order in range(1, ORDERS + 1):
        photos_with = Counter(  # counts a photo once, however many of its references have the n-gram
            gram for others in references for gram in {g for o in others for g in ngrams(o, order)}
        )
        weights = {gram: log(len(references) / count) for gram, count in photos_with.items()}
        rarest = log(len(references))  # the weight of an n-gram that no reference has
        for caption, others in zip(captions, references, strict=True):
            vector = _weighted(caption, order, weights, rarest)
            score += sum(_cosine(vector, _weighted(o, order, weights, rarest)) for o in others) / len(others)
    return 10 * score / ORDERS / len(captions)


Vector = dict[tuple[str, ...], float]


def _weighted(tokens: Tokens, order: int, weights: Vector, rarest: float) -> Vector:
    """Return the tf-idf of each n-gram of a caption."""
    found = ngrams(tokens, order)
    return {gram: count / found.total() * weights.get(gram, rarest) for gram, count in found.items()}


def _cosine(one: Vector, other: Vector) -> float:
    size = sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return sum(value * other.get(gram, 0.0) for gram, value in one.items()) / size if size else 0.0


def distinct(captions: Sequence[Tokens], order: int) -> float:
    """Return distinct n-grams over all n-grams, of all captions together.

    Source: Li et al. 2016, distinct-1 and distinct-2.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for caption in captions:
        found.update(ngrams(caption, order))
    return len(found) / found.total() if found else 0.0


def self_bleu(captions: Sequence[Tokens]) -> float:
    """Return the mean BLEU-4 of each caption against the others; 1 where all are the same.

    Source: Zhu et al. 2018, self-BLEU.
    """
    if len(captions) < 2:
        return 0.0
    scores = [_bleu([caption], [others], ORDERS) for caption, others in _each_and_others(captions)]
    return sum(scores) / len(scores)


def _each_and_others(captions: Sequence[Tokens]) -> Iterator[tuple[Tokens, list[Tokens]]]:
    for index, caption in enumerate(captions):
        yield caption, [*captions[:index], *captions[index + 1 :]]


def sameness(captions: Sequence[Tokens]) -> float:
    """Return the share of captions that are the most frequent one."""
    counts = Counter(map(tuple, captions))
    return max(counts.values()) / len(captions) if captions else 0.0


def recall(ranks: Sequence[int], k: int) -> float:
    """Return recall at k: the share of `ranks`, counted from 0, that are below k."""
    return sum(rank < k for rank in ranks) / len(ranks) if len(ranks) else 0.0
