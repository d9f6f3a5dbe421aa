"""Where a pipeline's stages lie, which names are taken, and the command that makes each stage."""

import shlex
from dataclasses import dataclass
from pathlib import Path

DATA = Path("data")
CONFIG = Path("pipelines.yaml")
SHARED = ("features", "weights")
"""Folders beside the pipelines, for all of them: no pipeline can have such a name."""


@dataclass(frozen=True)
class Place:
    """The folders of one pipeline.

    Args:
        data: the folder of all output (`--data`).
        name: the pipeline's name, which is its folder in `data`.
        config: the file that holds its settings (`--config`).
    """

    data: Path
    name: str
    config: Path = CONFIG

    @property
    def directory(self) -> Path:
        """All that belongs to this pipeline alone."""
        return self.data / self.name

    @property
    def crawl(self) -> Path:
        """The crawl: `pages` and `images`."""
        return self.directory / "crawl"

    @property
    def dataset(self) -> Path:
        """The dataset: one row per photo."""
        return self.directory / "dataset"

    @property
    def runs(self) -> Path:
        """A folder per training run."""
        return self.directory / "runs"

    @property
    def features(self) -> Path:
        """The caches of photo vectors, a folder per key, shared by all pipelines."""
        return self.data / "features"

    @property
    def weights(self) -> Path:
        """Weights files, shared by all pipelines."""
        return self.data / "weights"

    def command(self, command: str, *arguments: str) -> str:
        """Return the command line that runs `bokeru COMMAND` for this pipeline, ready for a shell.

        Args:
            command: a stage, or another command that takes --pipeline.
            arguments: what comes behind the options that say where everything is.
        """
        parts = ["bokeru", command, "--pipeline", self.name]
        if self.config != CONFIG:
            parts += ["--config", str(self.config)]
        if self.data != DATA:
            parts += ["--data", str(self.data)]
        return shlex.join([*parts, *arguments])
