"""The figures of an evaluation as a table for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

MEANINGS = {
    "captions": "captions",
    "ln_v": "ln V: knowing nothing, nats per token",
    "unigram": "unigram entropy: knowing word frequencies",
    "random_nll": "the model, given noise",
    "shuffled_nll": "the model, given another photo",
    "nll": "the model",
    "measured": "... measured on so many captions",
    "compared": "... and with noise or another photo on",
    "floor": "the grammar's floor",
    "by_heart": "every caption memorised",
    "perplexity": "perplexity",
    "recall@1": "the photo's own caption ranks first among 50",
    "recall@5": "... among the first 5",
    "recall@10": "... among the first 10",
    "captioned": "photos captioned",
    "names": "captions that name what is in the photo",
    "names_shuffled": "... given another photo",
    "names_human": "... by people",
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr (0 to 10)",
    "distinct_1": "distinct-1",
    "distinct_2": "distinct-2",
    "self_bleu": "self-BLEU",
    "verbatim": "training captions word for word",
    "same": "share of the most frequent caption",
}


_KNOWN = {*MEANINGS, "photos", "tokens"}
"""All others are figures of metrics of other people's code."""


def table(figures: Mapping[str, Any]) -> Table:
    """Return a table of what `evaluate` returned: a row per figure, a column per split."""
    result = Table("", "dev", "train")
    others = [name for name in figures["dev"] | figures["train"] if name not in _KNOWN]
    for name, meaning in [*MEANINGS.items(), *((name, name) for name in others)]:
        result.add_row(meaning, *(_text(figures[split].get(name)) for split in ("dev", "train")))
    return result


def _text(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def show(figures: Mapping[str, Any]) -> None:
    """Print the table on standard output."""
    Console().print(table(figures))
