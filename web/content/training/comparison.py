"""The comparison of runs on the Training page: their settings and figures, and the chart of their losses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.runs.differ import differing
from web.content.runs import Run
from web.content.training.curves import Drawing, curves
from web.languages import Translator

FIGURES = {
    "nll": "loss, nats per token",
    "nll_known": "loss over known tokens",
    "nll_caption": "loss, nats per caption, whatever its tokens",
    "nll_character": "loss, nats per character, whatever its tokens",
    "unknown": "share of unknown tokens (<UNK>)",
    "perplexity": "perplexity",
    "shuffled_nll": "loss with another photo's vector",
    "shuffled_nll_known": "the same over known tokens",
    "unigram": "unigram entropy",
    "unigram_known": "unigram entropy over known tokens",
    "ln_v": "ln V",
    "floor": "grammar's floor",
    "floor_known": "grammar's floor over known tokens",
    "by_heart": "every caption known by heart",
    "other_photo_nats": "what another photo's vector costs, nats per token",
    "photo_nats": "what the photo tells of its caption, nats per caption",
    "names": "captions that name what is in the photo",
    "names_shuffled": "the same with another photo's vector",
    "names_human": "the same by people",
    "clip_score": "CLIPScore: how much captions say what photos show (0 to 2.5)",
    "clip_score_shuffled": "the same beside another photo",
    "clip_score_human": "the same by people",
    "recall@1": "own caption first, by likelihood",
    "recall@5": "own caption among the first 5, by likelihood",
    "recall@10": "own caption among the first 10, by likelihood",
    "recall_pmi@1": "own caption first, by what the photo adds (PMI)",
    "recall_pmi@5": "own caption among the first 5, by what the photo adds (PMI)",
    "recall_pmi@10": "own caption among the first 10, by what the photo adds (PMI)",
    "chance@1": "own caption first, by chance",
    "chance@5": "own caption among the first 5, by chance",
    "chance@10": "own caption among the first 10, by chance",
    "candidates": "photos among whose captions the own one is looked for",
    "random_nll": "loss with noise for a vector",
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr (0 to 10)",
    "cider_d": "CIDEr-D (0 to 10)",
    "distinct_1": "distinct words (distinct-1)",
    "distinct_2": "distinct pairs of words (distinct-2)",
    "self_bleu": "likeness of the captions to each other (self-BLEU)",
    "verbatim": "training captions word for word",
    "same": "share of the most frequent caption",
    "captions": "captions",
    "left_out": "captions left out as too long",
    "measured": "captions that the loss is of",
    "compared": "captions that the losses with another vector are of",
    "captioned": "photos that captions were written for",
    "photos": "photos",
    "tokens": "tokens",
}
"""Figures of evaluation.json with their titles, in this order; all others follow under their own names."""
PERCENTAGES = ("names", "recall", "chance", "verbatim", "same", "unknown")
"""What the names of those figures begin with that are shares."""


def compare(
    shown: Sequence[Run], folders: Sequence[Path], _: Translator, drawing: Drawing | None = None
) -> dict[str, Any]:
    """Return the chart, the table of settings and the table of figures of runs, given with their folders."""
    warning = _warning(shown, _)
    return {
        "curves": curves(shown, folders, _, drawing or Drawing(), per_character=warning is not None),
        "settings": _settings(shown),
        "warning": warning,
        "evaluation": _evaluation(shown, _),
    }


def _settings(shown: Sequence[Run]) -> list[tuple[str, list[str], bool]]:
    """Return (setting, its value in each run, whether the runs differ); those that differ come first."""
    differ = differing([run.settings for run in shown])
    names = dict.fromkeys([*differ, *(name for run in shown for name in run.settings)])
    return [
        (name, [str(run.settings[name]) if name in run.settings else "–" for run in shown], name in differ)
        for name in names
    ]


def _warning(shown: Sequence[Run], _: Translator) -> str | None:
    """Return why losses per token say nothing of each other: they are of other tokens, or other words."""
    for name in ("dataset.tokenizer", "inputs.tokens", "inputs.vocabulary"):
        if len({run.settings[name] for run in shown if name in run.settings}) > 1:
            return _(
                "They read other tokens ({name}): losses per token do not compare, those per character do.",
                name=name,
            )
    return None


def _evaluation(shown: Sequence[Run], _: Translator) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (figure, its values and intervals): for each run those of dev and of train."""
    # Lists and tables in evaluation.json are details; only single numbers fit a row.
    found = [run.evaluation.get(split, {}) for run in shown for split in ("dev", "train")]
    if not any(found):
        return []
    # Only drawn captions have a grammar, and a floor.
    told = {
        name
        for each in found
        for name, value in each.items()
        if value is not None or not name.startswith("floor")
    }
    names = [*(name for name in FIGURES if name in told), *sorted(told - FIGURES.keys())]
    return [
        (
            _(FIGURES.get(name, name.replace("_", " "))),
            [(_figure(name, each.get(name)), _interval(name, each.get("intervals"))) for each in found],
        )
        for name in names
        if not any(isinstance(each.get(name), list | dict) for each in found)
    ]


def _figure(name: str, value: object) -> str:
    if not _is_number(value):
        return "–"
    if name in FIGURES and name.startswith(PERCENTAGES):
        return f"{value:.0%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def _interval(name: str, intervals: object) -> str:
    """Return the interval of a figure; nothing where there is none."""
    ends = intervals.get(name) if isinstance(intervals, dict) else None
    if not isinstance(ends, list) or len(ends) != 2 or not all(map(_is_number, ends)):
        return ""
    return " – ".join(_figure(name, end) for end in ends)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
