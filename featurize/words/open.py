"""The text tower that settings name for a cache of vectors: the one whose texts lie beside its photos."""

from dataclasses import dataclass
from pathlib import Path

from featurize.backends.onnx_limits import Limits
from featurize.backends.onnx_trial import trial
from featurize.fetch import file_sha256
from featurize.options import FeatureOptions, is_onnx
from featurize.weights import at_home, identity, known
from featurize.words.tokens import files
from featurize.words.tower import TextTower, TriedTower, open_tower
from store.errors import UsageError, UserError
from store.manifest import fingerprint
from store.place import Place
from store.whole_file import read_json

SETTINGS = "settings.json"
"""Beside the vectors, as `featurize.extract` writes it."""


@dataclass(frozen=True)
class Words:
    """The text tower that `features.text` names, before it is opened.

    Args:
        options: of features, with `text` set.
        cache: the photos' vectors, `features/<key>`: which output of the image tower they are is kept there.
        weights: the folder that keeps digests and trials.
    """

    options: FeatureOptions
    cache: Path
    weights: Path

    @property
    def identity(self) -> str:
        """What tells this tower with its tokenizer from others.

        Raises:
            UsageError: `features.text` names no .onnx file that is there.
        """
        return fingerprint(identity(str(self._path), self.weights), *map(file_sha256, files(self._path)))

    @property
    def _path(self) -> Path:
        text = str(self.options.text)
        path = at_home(text)
        if not path.is_file() or not is_onnx(path):
            why = "is no .onnx" if path.is_file() else "is not there"
            raise UsageError(f"features.text is {text!r}, which {why}. Name a text tower: an .onnx file")
        return path

    def tower(self) -> TextTower:
        """Return the tower, which was tried in a process of its own.

        Raises:
            UsageError: `features.text` names no .onnx file that is there.
            UserError: the tower cannot be used; the message says why.
        """
        path, layer, options = self._path, output_of(self.cache), self.options
        asked = options.model_copy(update={"layer": layer})
        beside = [*(path.parent / name for name in known(path, self.weights).external), *files(path)]
        found = trial("text", TriedTower, path, asked, self.identity, beside, self.weights)
        tower = open_tower(path, layer, Limits(options.seconds, int(options.memory_gb * 1e9), "text"))
        tower.take(found)
        return tower


def words_of(options: FeatureOptions, cache: Path, weights: Path) -> Words | None:
    """Return the text tower of settings; None where they name none."""
    return None if options.text is None else Words(options, cache, weights)


def output_of(cache: Path) -> str:
    """Return the name of the layer or output that a cache's vectors are.

    Raises:
        UserError: nothing says it, since an early version made them.
    """
    command = Place.using(cache).command("features")
    try:
        settings = read_json(cache / SETTINGS, f"Delete it and run: {command}")
    except FileNotFoundError:
        settings = None
    layer = settings.get("layer") if isinstance(settings, dict) else None
    if not isinstance(layer, str):
        raise UserError(f"{cache} does not say which output its vectors are. Run: {command}")
    return layer
