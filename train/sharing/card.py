"""A model's card, model/README.md: written from the run's files alone, the same whenever it is written.

It names no photo and no caption of the dataset, so that `bokeru forget` has nothing to take out of it.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dataset.rights.attribution import section
from store.whole_file import write_whole
from train.evaluation.figures import MEANINGS, value_and_interval
from train.sharing.front import front_matter
from train.sharing.learned_from import NAME as LEARNED_FROM
from train.sharing.learned_from import LearnedFrom
from train.sharing.limits import not_for, says_badly
from train.sharing.told import Told, tell

NAME = "README.md"
FOLDER = "model"
PATH = f"{FOLDER}/{NAME}"
"""What its snippet calls the folder that the card lies in."""
_SHOWN = (
    *("captions", "captioned", "ln_v", "unigram", "shuffled_nll", "nll", "nll_known", "floor", "perplexity"),
    *("photo_nats", "recall_pmi@1", "chance@1", "names", "names_shuffled", "names_human"),
    *("bleu_4", "rouge_l", "cider_d", "distinct_2", "self_bleu", "verbatim", "same"),
)
"""The figures that the card repeats: those that tell what the model is worth."""


_SEAL = re.compile(
    rb"\n<!-- Bokeru wrote this card \((\w{16})\)\. Change it, and it stays as you leave it\. -->\n\Z"
)
log = logging.getLogger(__name__)


def write(run: Path) -> None:
    """Write the card of a run's model into its folder, unless somebody has changed the one that is there.

    Raises:
        MissingStage, DamagedFile: as `train.sharing.told.tell`.
    """
    if changed_by_hand(run) is not None:
        log.warning("%s was changed by hand: it is kept as it is. Delete it for a new one", run / PATH)
        return
    content = card(run).encode()
    seal = (
        f"\n<!-- Bokeru wrote this card ({_digits(content)}). Change it, and it stays as you leave it. -->\n"
    )
    write_whole(run / PATH, content + seal.encode())


def changed_by_hand(run: Path) -> bytes | None:
    """Return the card of a run that is not as Bokeru wrote it; None where it is, and where there is none."""
    try:
        content = (run / PATH).read_bytes()
    except FileNotFoundError:
        return None
    sealed = _SEAL.search(content)
    if sealed and sealed[1].decode() == _digits(content[: sealed.start()]):
        return None
    return content


def _digits(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def card(run: Path, address: str = FOLDER) -> str:
    """Return the card of a run's model: Markdown, with its metadata in front as YAML.

    Args:
        address: what its snippet opens: a folder, or `hub:owner/name`.

    Raises:
        MissingStage, DamagedFile: as `train.sharing.told.tell`.
    """
    told = tell(run)
    name = told.learned.pipeline if told.learned else told.run
    parts = [
        front_matter(told),
        f"# {name}: a model that writes jokes for photos",
        f"It reads a photo and writes a caption (boke) in Japanese. Run `{told.run}`, trained by Bokeru "
        f"{told.version}.",
        _use(told, address),
        *_data(told.learned),
        _made(told),
        _figures(told.figures),
        "## What it says badly\n\n" + _list(says_badly(told)),
        "## What it must not be used for\n\n" + _list(not_for(told)),
        _FILES,
    ]
    return "\n\n".join(parts) + "\n"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _use(told: Told, address: str) -> str:
    file = f', weights="{told.encoder.file}"' if told.encoder.file else ""
    return f"""## Use

In a checkout of Bokeru, with `.venv/bin/python`:

```python
import bokeru

model = bokeru.model("{address}"{file})
for photo in model.caption("photo.jpg", n=3):
    for caption in photo["captions"]:
        print(caption["text"])
```

The network that turns a photo into the {told.config.sizes.vector:,} numbers that the model reads is not in \
this folder. {told.encoder.text}"""


def _data(learned: LearnedFrom | None) -> Iterator[str]:
    yield "## What it learned from"
    if learned is None:
        yield "Nobody knows any more: an earlier version trained it, and its dataset is another one by now."
        return
    told = (
        f"{split} {counted.photos:,} photos with {counted.captions:,} captions"
        for split, counted in learned.splits.items()
    )
    splits = "; ".join(told) or "not counted"
    yield (
        f"The dataset of pipeline `{learned.pipeline}`, build `{learned.dataset}`: {splits}. dev is not "
        "learned from."
    )
    sources = [source.model_dump() for source in learned.sources]
    yield section(learned.figures(), sources).replace("## ", "### ", 1)


def _made(told: Told) -> str:
    sizes, kept_epoch = told.config.sizes, told.kept
    where = "the first token" if sizes.injection == "first" else "every token"
    what = (
        f"An LSTM ({sizes.layers} x {sizes.hidden} cells) writes token by token, over a vocabulary of "
        f"{sizes.vocabulary:,}; the photo's vector goes through a linear layer and is added to {where}'s "
        f"embedding ({sizes.embedding})."
    )
    kept = f" What is kept is epoch {kept_epoch.epoch}." if kept_epoch else ""
    if kept_epoch and kept_epoch.captions is not None:
        left = f"; {kept_epoch.left_out:,} were longer" if kept_epoch.left_out else ""
        kept += (
            f" An epoch reads {kept_epoch.captions:,} captions of at most {told.config.max_tokens} "
            f"tokens{left}."
        )
    settings = "\n".join(
        f"- `{key}`: `{json.dumps(value, ensure_ascii=False, default=str)}`"
        for key, value in told.settings.items()
    )
    return f"## How it was made\n\n{what}{kept}\n\n{settings}"


def _figures(splits: Mapping[str, Mapping[str, Any]]) -> str:
    if not splits:
        return "## Figures\n\nNot measured yet: the stage `evaluate` measures them and writes the card again."
    names = [name for name in _SHOWN if any(found.get(name) is not None for found in splits.values())]
    rows = "\n".join(
        f"| {MEANINGS[name]} | "
        + " | ".join(
            text for split in ("dev", "train") for text in value_and_interval(splits.get(split, {}), name)
        )
        + " |"
        for name in names
    )
    return (
        "## Figures\n\nCaptions are the likeliest ones (greedy). 95% is the interval that the figure lies in "
        "when the photos are drawn again; docs/evaluation.md of Bokeru defines each. dev are photos that the "
        "model has not seen.\n\n"
        f"| figure | dev | 95% | train | 95% |\n| --- | --- | --- | --- | --- |\n{rows}"
    )


_FILES = f"""## Files

`model.safetensors` (weights), `config.json` (sizes, and how a photo becomes a vector), `vocabulary.json` \
(the tokens it writes), `{LEARNED_FROM}` (what is said above of the data, as JSON). None \
of them can run code."""
