"""The figures of an evaluation as a table for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

MEANINGS = {
    "captions": "captions",
    "left_out": "... too long for train.max_tokens",
    "unknown": "share of unknown tokens, <UNK>",
    "ln_v": "ln V: knowing nothing, nats per token",
    "unigram": "unigram: knowing word frequencies",
    "unigram_known": "... over known tokens",
    "random_nll": "the model, given noise",
    "shuffled_nll": "the model, given another photo",
    "shuffled_nll_known": "... over known tokens",
    "nll": "the model",
    "nll_known": "... over known tokens",
    "nll_caption": "... nats a caption, whatever its tokens",
    "nll_character": "... nats a character, whatever its tokens",
    "measured": "... measured on so many captions",
    "compared": "... with noise or another photo on",
    "floor": "the grammar's floor",
    "floor_known": "... over known tokens",
    "by_heart": "every caption memorised",
    "perplexity": "perplexity",
    "other_photo_nats": "another photo costs, nats per token",
    "photo_nats": "its photo is worth, nats per caption",
    "candidates": "candidates for a photo's caption",
    **{
        f"{name}@{k}": text
        for name, words in {
            "recall": "by likelihood: its own caption ",
            "recall_pmi": "by what the photo adds: its own ",
            "chance": "by chance: its own ",
        }.items()
        for k, text in ((1, f"{words}first"), (5, "... among the first 5"), (10, "... among the first 10"))
    },
    "captioned": "photos captioned",
    "names": "captions that name what is there",
    "names_shuffled": "... given another photo",
    "names_human": "... by people",
    "clip_score": "CLIPScore (0 to 2.5)",
    "clip_score_shuffled": "... beside another photo",
    "clip_score_human": "... by people",
    **{f"bleu_{order}": f"BLEU-{order}" for order in (1, 2, 3, 4)},
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr (0 to 10)",
    "cider_d": "CIDEr-D (0 to 10)",
    "distinct_1": "distinct-1",
    "distinct_2": "distinct-2",
    "self_bleu": "self-BLEU",
    "verbatim": "training captions word for word",
    "same": "share of the most frequent caption",
}
"""Every figure with what it means; docs/evaluation.md defines them."""

_ENDS = ("perplexity", "chance@10", "clip_score_human", "cider_d")
"""The last figures of what belongs together."""
_SOMETIMES = ("floor", "clip_score")
KNOWN = {*MEANINGS, "photos", "tokens", "intervals"}
"""What evaluation.json has of a split; all others are figures of metrics of other people's code."""


def table(figures: Mapping[str, Any]) -> Table:
    """Return a table of what `evaluate` returned: a row per figure; of each split its value and interval."""
    titles = ("dev", "95%", "train", "95%")
    columns = (Column(title, no_wrap=True, justify="right") for title in titles)
    result = Table("", *columns, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))  # it has to fit into 80 characters
    others = [name for name in figures["dev"] | figures["train"] if name not in KNOWN]
    for name, meaning in [*MEANINGS.items(), *((name, name) for name in others)]:
        if name.startswith(_SOMETIMES) and all(
            figures[split].get(name) is None for split in ("dev", "train")
        ):
            continue  # only drawn captions have a grammar, and few encoders a text tower
        cells = [text for split in ("dev", "train") for text in value_and_interval(figures[split], name)]
        result.add_row(meaning, *cells, end_section=name in _ENDS)
    return result


def value_and_interval(figures: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return a figure of a split as text, `-` where it is not known, and its interval."""
    return _text(figures.get(name)), interval((figures.get("intervals") or {}).get(name))


def interval(ends: Sequence[float] | None) -> str:
    """Return the two ends of an interval as text; nothing where there is none."""
    return "" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}"


def _text(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def show(figures: Mapping[str, Any]) -> None:
    """Print the table on standard output."""
    Console().print(table(figures))
