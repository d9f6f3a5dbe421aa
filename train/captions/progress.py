"""What a model writes for the same photos of dev while it learns: `progress.jsonl`, a line per writing.

P photos of a split, n watched photos, D components of a photo's vector.
"""

import hashlib
import heapq
import json
import logging
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from store.whole_file import write_whole
from train.arithmetic.arrays import to_host
from train.captions.captioner import Caption, Captioner
from train.captions.measurements import NAME, Measurement, Watched, Written, measurements
from train.data import Split
from train.model import Array

log = logging.getLogger(__name__)
BOARD = "tensorboard/captions"
"""The folder of a run in which TensorBoard finds the same captions."""
WATCHED = 8
"""Photos that a training is watched by."""
DIGITS = 4
"""Decimal places of a log-probability."""
EVERY = 2_500
"""Captions that are learned between two writings, at least: so they take less than 2% of a training's time.

Two captions for each of eight photos take as long as learning 25 to 45 (`python -m benchmarks.watching`).
"""


@dataclass
class CaptionProgress:
    """The photos that a training is watched by, and the file of what it writes for them.

    Attributes:
        path: the run's progress.jsonl.
        sha256s: of the photos (n,).
        vectors: (n, D) float32, raw.
        seed: of the samples: the same after every epoch, so that only the model changes.
        every: epochs from the first measurement to the next writing, and between all others.
        last: what was written last; None before.
    """

    path: Path
    sha256s: list[str]
    vectors: Array
    seed: int
    every: int = 1
    last: Measurement | None = None

    @classmethod
    def of(
        cls, run: Path, dev: Split, dataset: str, captions: int = EVERY, dev_every: int = 1
    ) -> "CaptionProgress":
        """Return that of a run.

        Args:
            dev: the photos to choose from.
            dataset: the dataset's fingerprint. It fixes photos and draws, so all runs on it can be compared.
            captions: that an epoch learns.
            dev_every: epochs between measurements.
        """
        photos = [str(sha256) for sha256 in dev.examples.photos]
        rows = watched(photos, dataset)
        seed = int.from_bytes(hashlib.blake2b(dataset.encode(), digest_size=7).digest())
        vectors = to_host(dev.vectors[np.array(rows, np.int64)])
        every = dev_every * math.ceil(EVERY / (captions * dev_every))
        return cls(run / NAME, [photos[row] for row in rows], vectors, seed, every)

    def due(self, measured: Sequence[int], *, is_over: bool) -> list[int]:
        """Return the epochs after which captions are written, of those after which dev was measured.

        These are the first, then each that comes `every` epochs later, and the last of a run that is over.
        They follow from epochs alone, so a run that was killed writes after the same ones.
        """
        return [
            epoch
            for epoch in measured
            if (epoch - measured[0]) % self.every == 0 or (is_over and epoch == measured[-1])
        ]

    def write(self, epoch: int, captioner: Captioner) -> None:
        """Let a model write a caption of each kind for each photo, and append the line.

        It is on the disk before this returns: a snapshot that is taken later knows of the measurement.
        """
        captions = captioner.likeliest_and_drawn(self.vectors, self.seed)
        photos = [
            Watched(sha256=sha256, greedy=_written(likeliest), sample=_written(drawn))
            for sha256, (likeliest, drawn) in zip(self.sha256s, captions, strict=True)
        ]
        line = Measurement(epoch=epoch, photos=photos)
        with self.path.open("ab") as file:
            file.write(_line(line).encode())
            file.flush()
            os.fsync(file.fileno())
        _tell(line, self.last)
        self.last = line

    def texts(self) -> dict[str, str]:
        """Return the captions that were written last, as TensorBoard's Markdown, by photo."""
        photos = self.last["photos"] if self.last else []
        found = {}
        for number, photo in enumerate(photos, 1):
            lines = (caption["text"] for caption in (photo["greedy"], photo["sample"]) if caption)
            # The whole sha256: it is what `bokeru forget` finds the file by.
            found[f"photo {number}"] = "\n\n".join((*lines, f"`{photo['sha256']}`"))
        return found

    def keep(self, measured: Sequence[int], due: Sequence[int]) -> list[int]:
        """Drop all lines but those of measurements that were made; return those of `due` that have none.

        A run that goes on from a snapshot measures the later epochs again. One of an earlier version has a
        line of each measurement: those that are there stay.
        """
        found = {line["epoch"]: line for line in measurements(self.path) if line["epoch"] in measured}
        kept = "".join(_line(found[epoch]) for epoch in sorted(found))
        if kept:
            write_whole(self.path, kept)
        else:
            self.path.unlink(missing_ok=True)
        return sorted(set(due) - found.keys())


def _tell(line: Measurement, last: Measurement | None) -> None:
    """Log the first photo's likeliest caption where it has changed: one is enough to see a model learn."""
    photo = line["photos"][0]
    now, before = photo["greedy"], last and last["photos"][0]["greedy"]
    if now and (not before or now["text"] != before["text"]):
        total = sum(each or 0.0 for each in now["log_probabilities"])
        epoch, name = line["epoch"], photo["sha256"][:12]
        log.info("after epoch %d, photo %s…: %s (log p %.1f)", epoch, name, now["text"], total)


def watched(photos: list[str], dataset: str) -> list[int]:
    """Return the rows of the photos (P,), given by their sha256, that have the smallest digests.

    The digest is that of a photo and the dataset's fingerprint: a photo that one run leaves out, as its
    captions are too long for it, changes nothing for the others.
    """

    def digest(row: int) -> bytes:
        return hashlib.blake2b(f"{dataset} {photos[row]}".encode(), digest_size=16).digest()

    return heapq.nsmallest(WATCHED, range(len(photos)), key=digest)


def _written(caption: Caption) -> Written:
    logs = [round(each, DIGITS) if math.isfinite(each) else None for each in caption.token_log_probabilities]
    return Written(text=caption.text, tokens=list(caption.tokens), log_probabilities=logs)


def _line(measurement: Measurement) -> str:
    return json.dumps(measurement, ensure_ascii=False) + "\n"
