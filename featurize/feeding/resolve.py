"""The settings of features with nothing left open that a model's surroundings answer: how photos are fed
to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featurize.feeding.beside import beside
from featurize.feeding.presets import PRESETS
from featurize.options import FeatureOptions, is_onnx
from featurize.preprocess import PARTS, Recipe
from featurize.weights import is_published, known
from store.errors import UsageError

NAMED = ("untrained", "caffenet")
"""Weights that are always fed as CaffeNet is."""


@dataclass(frozen=True)
class Fed:
    """How photos are fed to a network.

    Args:
        options: the settings, with `preprocess` set, and each part that something else than the preset says.
        source: who says so, for the user.
        doubts: what speaks against it, a sentence each.
    """

    options: FeatureOptions
    source: str
    doubts: tuple[str, ...] = ()

    def recipe(self, size: int) -> Recipe:
        """Return the recipe for a network whose input has `size` rows and columns."""
        options = self.options
        return Recipe(options.preprocess or "caffe", size, **{name: getattr(options, name) for name in PARTS})


def fed(options: FeatureOptions, path: Path | None, weights: Path) -> Fed:
    """Return how photos are fed to the network of a weights file.

    Args:
        path: the file; None for weights that are known by name.
        weights: the folder of made and fetched weights files, which also keeps what is known of others.

    Raises:
        UsageError: nothing says it, or what says it cannot be followed: it is asked for.
    """
    if path is None or options.weights in (*NAMED, "random"):
        method = options.preprocess or "caffe"
        return Fed(_filled(options, {"preprocess": method}), _source(options))
    if is_onnx(path):
        return _onnx(options, path)
    return _caffe(options, path, weights)


def _onnx(options: FeatureOptions, path: Path) -> Fed:
    """Return how an .onnx is fed: as it is set, else as what lies beside it says."""
    if options.preprocess is not None:
        return Fed(options, _source(options), _contradiction(options, path))
    if found := beside(path):
        filled = _filled(options, {"preprocess": "imagenet", **found.parts})
        set_here = [name for name in ("size", *PARTS) if getattr(options, name) is not None]
        return Fed(filled, f"from {found.path}" + (f", {', '.join(set_here)} as set" if set_here else ""))
    raise UsageError(
        f"{path} does not say how its photos are prepared, and no preprocessor_config.json or timm "
        f"config.json lies "
        "beside it. Set features.preprocess to imagenet (torchvision, most of timm), clip, siglip or "
        "inception. "
        "What earlier versions did, and the vectors that they made, stay with: features: {preprocess: caffe}"
    )


def _contradiction(options: FeatureOptions, path: Path) -> tuple[str, ...]:
    """Return in which parts the settings differ from what lies beside a model."""
    try:
        found = beside(path)
    except UsageError:
        return ()  # it cannot be followed, which is why the user has set it
    if not found or options.preprocess is None:
        return ()
    size = options.size or found.parts["size"]
    mine = Fed(options, "").recipe(size).resolved()
    theirs = (
        Fed(_filled(FeatureOptions(), {"preprocess": "imagenet", **found.parts}), "").recipe(size).resolved()
    )
    whole = all(one["fit"] == "squash" and one["crop"] == 1 for one in (mine, theirs))  # nothing is cut off
    parts = [name for name in PARTS if not (whole and name == "rounding")]
    odd = [name for name in parts if not _same(mine[name], theirs[name])]
    if not odd:
        return ()
    said = ", ".join(f"{name} {_plain(theirs[name])}, not {_plain(mine[name])}" for name in odd)
    return (f"{found.path} says otherwise than features.preprocess {options.preprocess}: {said}",)


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values of a part are the same; numbers to four digits."""
    if isinstance(one, float):
        return bool(abs(one - other) < 5e-4)
    if isinstance(one, tuple):
        return all(abs(a - b) <= 1e-4 * max(1.0, abs(a)) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def _plain(value: Any) -> str:
    return " ".join(f"{x:.4g}" for x in value) if isinstance(value, tuple) else f"{value}"


def _caffe(options: FeatureOptions, path: Path, weights: Path) -> Fed:
    """Return how a .caffemodel is fed: where nothing is set, as its own data layer says."""
    method = options.preprocess or "caffe"
    filled = _filled(options, {"preprocess": method})
    stated = known(path, weights).stated
    if not stated:
        return Fed(filled, _source(options))
    if method != "caffe":
        said = ", ".join(stated)
        return Fed(
            filled,
            _source(options),
            (f"{path} states {said} in its data layer, which features.preprocess {method} does not obey",),
        )
    _ask(options, path, stated)
    heard = _heard(stated)
    named = " and ".join(name for name in heard if getattr(options, name) is None)
    source = f"{named} as {path.name} states" if named else _source(options)
    return Fed(_filled(filled, heard), source)


def _heard(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that a data layer states: Caffe takes the mean off, then multiplies by the scale."""
    heard: dict[str, Any] = {}
    if "mean" in stated:
        mean = [float(value) for value in stated["mean"]]
        heard["mean"] = tuple(mean * 3 if len(mean) == 1 else mean)
    if "scale" in stated:
        heard["deviation"] = (1 / float(stated["scale"]),) * 3
    return heard


def _ask(options: FeatureOptions, path: Path, stated: Mapping[str, Any]) -> None:
    """Raise UsageError for what a data layer states and cannot be obeyed, unless a setting answers it."""
    if "mean_file" in stated and options.mean is None and not is_published(path):
        raise UsageError(
            f"{path} states mean_file {stated['mean_file']!r} in its data layer; the mean is in that file, "
            f"which is not "
            "read. Set its mean, blue, green and red: features: {mean: [104.007, 116.669, 122.679]} is "
            "ImageNet's"
        )
    if "force_gray" in stated and options.preprocess is None:
        raise UsageError(
            f"{path} states force_gray in its data layer; photos are fed in colour. If that is right all "
            f"the same: "
            "features: {preprocess: caffe}"
        )
    if "mean" in stated and len(stated["mean"]) not in (1, 3) and options.mean is None:
        raise UsageError(
            f"{path} states {len(stated['mean'])} values of mean_value, not 1 or 3. Set features.mean"
        )


def _filled(options: FeatureOptions, values: Mapping[str, Any]) -> FeatureOptions:
    """Return the settings with those values where they have none."""
    return options.model_copy(
        update={name: value for name, value in values.items() if getattr(options, name) is None}
    )


def _source(options: FeatureOptions) -> str:
    changed = [name for name in PARTS if getattr(options, name) is not None]
    preset = "the default" if options.preprocess is None else f"features.preprocess {options.preprocess}"
    return f"{preset}, {', '.join(changed)} as set" if changed else preset


def changed_parts(options: FeatureOptions) -> dict[str, Any]:
    """Return the parts, but for the mean, in which settings differ from their preset: what a key has to
    hold."""
    preset = PRESETS[options.preprocess or "caffe"]
    parts = {name: getattr(options, name) for name in PARTS if name != "mean"}
    return {name: v for name, v in parts.items() if v is not None and v != getattr(preset, name, None)}
