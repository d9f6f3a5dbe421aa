"""`bokeru caption`: photo files in, captions out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from dataset.errors import UsageError


def caption_files(
    run: Path, files: Sequence[Path], weights: Path, *, strategy: str = "beam", n: int = 1
) -> list[dict[str, Any]]:
    """Return the model's captions for photo files.

    Args:
        run: the training run whose model writes.
        files: photos in any format that Pillow reads.
        weights: the folder of weights files, for the network that the model's vectors come from.
        strategy: `greedy`, `beam` or `sample`.
        n: captions per photo.

    Returns:
        For each file `file` and `captions`, a list of `text`, `tokens`, `log_probability` (nats), best first.

    Raises:
        UsageError: a file cannot be read or is no photo.
    """
    from featurize.extract import Extractor
    from featurize.options import FeatureOptions
    from train.captioner import Captioner

    photos = [_read(file) for file in files]
    captioner = Captioner.load(run / "model")
    extractor = Extractor(FeatureOptions.model_validate(captioner.features), weights)
    vectors = extractor.vectors(photos)
    written = captioner.caption(vectors, strategy=strategy, n=n)
    return [
        {
            "file": str(file),
            "captions": [
                {"text": one.text, "tokens": list(one.tokens), "log_probability": one.log_probability}
                for one in captions
            ],
        }
        for file, captions in zip(files, written, strict=True)
    ]


def print_table(results: Sequence[Mapping[str, Any]]) -> None:
    """Print captions with their log-probability, a line each."""
    table = Table("photo", "caption", "log p", box=None)
    for result in results:
        for number, caption in enumerate(result["captions"]):
            name = result["file"] if number == 0 else ""
            table.add_row(name, caption["text"], f"{caption['log_probability']:.2f}")
    Console().print(table)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}. Give the path of a photo") from None
