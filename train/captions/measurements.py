"""The lines of a progress.jsonl: what they are, and how they are read."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from store.errors import DamagedFile
from store.whole_file import read_whole

NAME = "progress.jsonl"


class Written(TypedDict):
    """A caption as the model wrote it.

    Attributes:
        text: the caption.
        tokens: what it was written of.
        log_probabilities: of each token, in nats, then that of the end; None where it is not finite.
    """

    text: str
    tokens: list[str]
    log_probabilities: list[float | None]


class Watched(TypedDict):
    """A photo with its captions; None stands for one that was forgotten.

    Attributes:
        sha256: the photo's.
        greedy: the likeliest token each time.
        sample: one drawn at random, always with the same draws.
    """

    sha256: str
    greedy: Written | None
    sample: Written | None


class Measurement(TypedDict):
    """A line of the file: what the model wrote after an epoch."""

    epoch: int
    photos: list[Watched]


def measurements(path: Path) -> Iterator[Measurement]:
    """Yield the lines of a progress.jsonl; none where there is no such file.

    A line that a kill cut short, and any other that is no measurement, is left out; `verify` names those.
    """
    try:
        content = read_whole(path)
    except (FileNotFoundError, DamagedFile):
        return
    for line in content.splitlines():
        if (found := parsed(line)) is not None:
            yield found


def parsed(line: bytes) -> Measurement | None:
    """Return the measurement of a line; None where it is none."""
    try:
        value = json.loads(line)
        photos = [
            Watched(sha256=str(photo["sha256"]), greedy=_read(photo["greedy"]), sample=_read(photo["sample"]))
            for photo in value["photos"]
        ]
        return Measurement(epoch=int(value["epoch"]), photos=photos)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


def _read(value: dict[str, Any] | None) -> Written | None:
    """Return a caption of a file.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    if value is None:
        return None
    text, tokens = str(value["text"]), [str(token) for token in value["tokens"]]
    logs = [None if each is None else float(each) for each in value["log_probabilities"]]
    if "".join(tokens) != text or len(logs) != len(tokens) + 1:
        raise ValueError("tokens, text and probabilities do not fit")
    if not all(each is None or math.isfinite(each) for each in logs):
        raise ValueError("no number")
    return Written(text=text, tokens=tokens, log_probabilities=logs)
