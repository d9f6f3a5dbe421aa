"""Where a pipeline's stages lie, which names are taken, and the command that makes each stage."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

DATA = Path("data")
CONFIG = Path("pipelines.yaml")
LAUNCHER = Path(__file__).resolve().parents[1] / "bokeru"
"""The file at the top of the checkout that starts the command of its .venv."""
SHARED = ("features", "weights")
"""Folders beside the pipelines, for all of them: no pipeline can have such a name."""
FORGETTING = "forgetting.json"
INDEX = "index"
"""The folder of a pipeline with what the web app made of its dataset, to be mapped into memory."""
MAP = "map"
"""The folder of a pipeline with where the web app's map shows its photos."""
STAGES = ("crawl", "dataset", "runs")
"""Folders of a pipeline, one a stage."""


@dataclass
class Invocation:
    """How this process was called. What is deep inside a stage knows folders only; its hints need this too.

    Args:
        config: `--config`.
        pipeline: `--pipeline`, for what belongs to no pipeline; a word to fill in where none was named.
        verbosity: how often `-v` was given.
    """

    config: Path = CONFIG
    pipeline: str = "NAME"
    verbosity: int = 0


INVOCATION = Invocation()
"""Set by the command line for as long as its command runs, and in a crawl's child process from its job."""


@contextmanager
def invoked(config: Path, pipeline: str | None, verbosity: int = 0) -> Iterator[None]:
    """Let hints repeat how the process was called, while the block runs."""
    before = replace(INVOCATION)
    _set_invocation(Invocation(config, pipeline or Invocation.pipeline, verbosity))
    try:
        yield
    finally:
        _set_invocation(before)


def _set_invocation(called: Invocation) -> None:
    vars(INVOCATION).update(vars(called))


@dataclass(frozen=True)
class Place:
    """The folders of one pipeline.

    Args:
        data: the folder of all output (`--data`).
        name: the pipeline's name, which is its folder in `data`.
        config: the file that holds its settings; by default the one that this process was called with.
    """

    data: Path
    name: str
    config: Path = field(default_factory=lambda: INVOCATION.config)

    @staticmethod
    def of(directory: Path) -> "Place":
        """Return the pipeline that a stage's folder, or anything in it, belongs to.

        Args:
            directory: `data/demo/dataset` or `data/demo/runs/<run>/model`, say.
        """
        if not directory.name:  # `.`, the working folder
            directory = directory.absolute()
        for folder in (directory, *directory.parents):
            if folder.name in STAGES:
                parent = folder.parent
                break
        else:
            parent = directory.parent
        if not parent.name:  # a path such as `dataset`, relative to the pipeline's own folder
            parent = parent.absolute()
        return Place(parent.parent, parent.name)

    @staticmethod
    def using(cache: Path) -> "Place":
        """Return the pipeline that this process was called for, beside a folder that all of them share.

        Args:
            cache: a folder of vectors, `data/features/<key>`.
        """
        return Place(cache.parent.parent, INVOCATION.pipeline)

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
    def scores(self) -> Path:
        """A folder per name of scores."""
        return self.directory / "scores"

    @property
    def photos(self) -> Path:
        """What was computed from the decoded photos of its crawls."""
        return self.directory / "photos"

    @property
    def features(self) -> Path:
        """The caches of photo vectors, a folder per key, shared by all pipelines."""
        return self.data / "features"

    @property
    def weights(self) -> Path:
        """Weights files, shared by all pipelines."""
        return self.data / "weights"

    @property
    def unfinished_forget(self) -> Path:
        """What a forget that has not ended looks for; else it is not there."""
        return self.directory / FORGETTING

    def command(self, command: str, *arguments: str) -> str:
        """Return the command line that runs `bokeru COMMAND` for this pipeline, ready for a shell.

        Args:
            command: a stage, or another command that takes --pipeline, such as `runs list`.
            arguments: what comes behind the options that say where everything is.
        """
        where = ["--pipeline", self.name]
        if self.config != CONFIG:
            where += ["--config", _word(self.config)]
        return bokeru(command, *where, *_data(self.data), *arguments)


def bokeru(command: str, *arguments: str | Path) -> str:
    """Return the command line of a command that knows no pipeline, such as `inspect`, ready for a shell."""
    return shlex.join([program(), *command.split(), *map(_word, arguments)])


def program() -> str:
    """Return what the shell that this process was started from has to call to start it again.

    That is `bokeru` where PATH leads to it; else the file of that name at the top of the checkout, or the one
    beside this interpreter if it is another environment's.
    """
    script = Path(sys.executable).with_name("bokeru")
    found = shutil.which("bokeru")
    if found and Path(found).resolve() in (script.resolve(), LAUNCHER):
        return "bokeru"
    if script.parent.resolve() != (LAUNCHER.parent / ".venv" / "bin").resolve():
        return str(script)
    return "./bokeru" if Path.cwd() == LAUNCHER.parent else str(LAUNCHER)


def interpreter() -> str:
    """Return what the shell has to call to start this process's Python, which has all libraries."""
    path = Path(sys.executable)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def weights_command(weights: Path, name: str) -> str:
    """Return the command line that fetches published weights into a folder, `data/weights`."""
    return bokeru("weights", *_data(weights.parent), name)


def _data(data: Path) -> list[str]:
    return [] if data == DATA else ["--data", _word(data)]


def _word(argument: str | Path) -> str:
    """Return an argument as a word; of a path such as `-data` a parser would think that it is an option."""
    word = str(argument)
    return f"./{word}" if isinstance(argument, Path) and word.startswith("-") else word
