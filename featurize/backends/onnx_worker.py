"""`python -m featurize.backends.onnx_worker ACTION PATH BYTES …`: the process that reads an .onnx file first.

    files PATH BYTES             says which files beside it hold its weights
    try PATH BYTES OPTIONS       opens it and tries it out, with settings of features as JSON
    text PATH BYTES OPTIONS      does so with a text tower; their `layer` is the output of the image tower

It answers in JSON: before each step how long that may take, and what is to be said where it takes longer; at
the end what was found, or why the model cannot be used. Nothing but the end of this process ends some steps.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from featurize.backends.onnx_encoder import Tried
from featurize.backends.onnx_graph import external_files
from featurize.backends.onnx_limits import Limits, too_slow
from featurize.backends.onnx_open import open_model
from featurize.feeding.doubts import trial_pictures
from featurize.feeding.resolve import Fed
from featurize.options import FeatureOptions
from featurize.words.tower import TriedTower, open_tower
from store.errors import UserError
from store.processes.memory import limit

LOADING_SECONDS = 10.0
"""What a model may take to be read, and to be loaded, even if `features.seconds` is less."""
GRACE = 5.0
"""What a step may take beyond its time: a run that is told to stop does so between two steps."""
Tell = Callable[[float, UserError], None]


def main() -> None:
    """Do what is asked for, within the memory that there is for it."""
    action, path, memory, *settings = sys.argv[1:]
    answers = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # what libraries print is no answer
    limit(int(memory))

    def tell(seconds: float, reason: UserError) -> None:
        answers.send_bytes(json.dumps({"seconds": seconds, "reason": f"{path} {reason}"}).encode())

    try:
        if action == "files":
            tell(LOADING_SECONDS, UserError(f"takes longer than {LOADING_SECONDS:g} s to be read"))
            found: dict[str, Any] = {"files": external_files(Path(path))}
        else:
            options = FeatureOptions.model_validate_json(*settings)
            attempt = _tried if action == "try" else _tried_tower
            found = {"tried": attempt(Path(path), options, tell).model_dump()}
    except UserError as error:
        found = {"failed": str(error), "status": error.exit_status}
    answers.send_bytes(json.dumps(found).encode())


@dataclass(frozen=True)
class _Told(Limits):
    """Limits that say before each step how long it may take."""

    tell: Tell = field(kw_only=True)

    def load(self, model: bytes | str, folder: Path | None = None) -> onnxruntime.InferenceSession:
        self.reading()
        return super().load(model, folder)

    def reading(self) -> None:
        """Say how long the model may take to be read, or to be loaded."""
        seconds = max(self.seconds, LOADING_SECONDS)
        self.tell(seconds, too_slow(seconds, "to load"))

    def run(
        self, session: onnxruntime.InferenceSession, output: str, feed: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        reason = too_slow(self.seconds, f"a {self.noun}")
        self.tell(self.seconds * max(map(len, feed.values())) + GRACE, reason)
        return super().run(session, output, feed)


def _tried(path: Path, options: FeatureOptions, tell: Tell) -> Tried:
    """Return what is found as a model is tried out on two pictures that are prepared by the settings."""
    limits = _Told(options.seconds, int(options.memory_gb * 1e9), tell=tell)
    limits.reading()
    backend = open_model(path, options.layer, options.size, options.pool, limits)
    recipe = Fed(options, "").recipe(backend.size)
    return backend.try_out(np.stack([recipe.prepare(picture) for picture in trial_pictures()]))


def _tried_tower(path: Path, options: FeatureOptions, tell: Tell) -> TriedTower:
    """Return what is found as a text tower is tried out on two texts."""
    limits = _Told(options.seconds, int(options.memory_gb * 1e9), "text", tell=tell)
    limits.reading()
    return open_tower(path, options.layer or "", limits).try_out()


if __name__ == "__main__":
    main()
