"""The YAML in front of a model's card, which the Hub reads.

Source: huggingface.co/docs/hub/model-cards, and modelcard.md of huggingface/hub-docs.
"""

from typing import Any

import yaml

from dataset.rights.attribution import hub_licence
from train.sharing.told import Told

LIBRARY = "bokeru"
TASK = "image-to-text"
_METRICS = (
    ("bleu", "bleu_4", "BLEU-4 (0 to 1)"),
    ("rouge", "rouge_l", "ROUGE-L (0 to 1)"),
    ("cider", "cider_d", "CIDEr-D (0 to 10)"),
    ("loss", "nll", "nats per token, <EOS> counted"),
    ("recall", "recall_pmi@1", "its own caption first, by what the photo adds"),
)
"""Of each figure that the Hub shows its type there, our name, and what it is."""
_ON_THE_HUB = ("bleu", "rouge")
"""Those of them that huggingface.co/metrics has."""


def front_matter(told: Told) -> str:
    """Return the YAML, with its two lines of hyphens."""
    content: dict[str, Any] = {
        "language": ["ja"],
        "license": hub_licence(told.learned.figures() if told.learned else {}),
        "library_name": LIBRARY,
        "pipeline_tag": TASK,
        "tags": ["image-captioning", "humor", "lstm"],
    }
    measured = [
        {"type": kind, "value": round(told.dev[name], 4), "name": meaning}
        for kind, name, meaning in _METRICS
        if told.dev.get(name) is not None
    ]
    if measured:
        data = told.learned.pipeline if told.learned else "unknown"
        result = {
            "task": {"type": TASK, "name": "Joke captions for photos"},
            "dataset": {"type": data, "name": f"{data}, built by Bokeru", "split": "dev"},
            "metrics": measured,
        }
        content["metrics"] = [one["type"] for one in measured if one["type"] in _ON_THE_HUB]
        content["model-index"] = [{"name": told.run, "results": [result]}]
    return f"---\n{yaml.safe_dump(content, allow_unicode=True, sort_keys=False)}---"
