"""`bokeru caption`: photos in, from files, folders or standard input; captions out, as a table or as JSON."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from store.errors import UsageError, UserError
from store.progress import Progress
from train.captions.captioner import Caption, Captioner, decoding_of
from train.captions.mismatch import Pool, mismatch

if TYPE_CHECKING:
    from featurize.extract import Extractor

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""What counts as a photo in a folder; a file that is named itself may be called anything."""
STANDARD_INPUT = Path("-")
BATCH = 64
"""Photos in memory at a time."""

Result = dict[str, Any]


def caption_files(
    run: Path,
    photos: Sequence[Path],
    weights: Path,
    *,
    dataset: Path | None = None,
    features: Path | None = None,
    strategy: str = "beam",
    distance: float = 0.8,
    **settings: Any,
) -> Iterator[Result]:
    """Write captions for photos, some at a time.

    Args:
        run: the training run whose model writes.
        photos: files in any format that Pillow reads, folders of them, or `-` for a photo on standard input.
        weights: the folder of weights files, for the network that the model's vectors come from.
        dataset: whose training photos `mismatch` takes captions from.
        features: the folder of all vectors, where the vectors of those photos are.
        strategy: `greedy`, `beam`, `sample` or `mismatch`.
        distance: how far the other photo of a mismatch is.
        settings: those of `train.captions.captioner.Decoding`.

    Yields:
        For each photo `file` and either `error`, why there are no captions, or `captions`: a list of `text`,
        `tokens`, `log_probability` and `token_log_probabilities` (nats), best first; a mismatch has `source`
        too, the SHA-256 of the photo that it was written for and the `distance`.

    Raises:
        UsageError: a file that is not there, a setting that cannot be.
        UserError: no model, no weights, no vectors to choose a mismatch by.
    """
    from featurize.extract import Extractor

    named = list(_named(photos))
    drawn_by = "beam" if strategy == "mismatch" else strategy
    decoding_of({**settings, "strategy": drawn_by})
    captioner = Captioner.load(run / "model")
    pool = _pool(captioner, dataset, features) if strategy == "mismatch" else None
    extractor = Extractor(captioner.feature_options(), weights)
    files = iter(named)
    with Progress("caption", len(named), "photos") as progress:
        while batch := list(islice(files, BATCH)):
            seen = list(_seen(batch, extractor))
            vectors = np.array([vector for _, vector, _ in seen if vector is not None], np.float32)
            vectors = vectors.reshape(-1, captioner.dimensions)
            if pool:
                found = mismatch(captioner, vectors, pool, distance=distance, **settings)
                captions = iter(
                    [[_told(one.caption) | {"source": vars(one.source)} for one in each] for each in found]
                )
            else:
                written = captioner.caption(vectors, strategy=drawn_by, **settings)
                captions = iter([[_told(one) for one in each] for each in written])
            progress.advance(len(batch))
            for file, vector, error in seen:
                yield {
                    "file": str(file),
                    **({"error": error} if vector is None else {"captions": next(captions)}),
                }


def print_table(results: Iterable[Mapping[str, Any]]) -> None:
    """Print captions with their log-probability, a line each."""
    results = list(results)
    mismatched = any("source" in one for result in results for one in result.get("captions", ()))
    table = Table("photo", "caption", "log p", *(("from photo", "distance") if mismatched else ()), box=None)
    for result in results:
        name = Text(result["file"])
        if "error" in result:
            table.add_row(name, Text(result["error"], style="red"))
        for caption in result.get("captions", ()):
            source = caption.get("source")
            origin = (source["sha256"][:16], f"{source['distance']:.2f}") if source else ()
            table.add_row(name, Text(caption["text"]), f"{caption['log_probability']:.2f}", *origin)
            name = Text("")
    Console().print(table)


def _named(photos: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that were named, and those in the folders that were named, sorted."""
    for path in photos:
        if path.is_dir():
            inside = sorted(
                file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
            )
            if not inside:
                raise UsageError(
                    f"{path} holds no photos ({' '.join(SUFFIXES)}). Name a file, or another folder"
                )
            yield from inside
        elif path == STANDARD_INPUT or path.is_file():
            yield path
        else:
            raise UsageError(
                f"{path} is not there. Give the path of a photo or a folder, or - for standard input"
            )


def _seen(files: Sequence[Path], extractor: "Extractor") -> Iterator[tuple[Path, Any, str]]:
    """Yield each file with its vector, or with the reason why it has none."""
    contents: list[bytes | str] = [_read(file) for file in files]
    readable = [content for content in contents if isinstance(content, bytes)]
    try:
        vectors: Iterator[Any] | None = iter(extractor.vectors(readable))
    except UserError:
        vectors = None  # one of them is broken: which one shows when each is looked at alone
    for file, content in zip(files, contents, strict=True):
        if isinstance(content, str):
            yield file, None, content
        elif vectors is not None:
            yield file, next(vectors), ""
        else:
            try:
                yield file, extractor.vectors([content])[0], ""
            except UserError as error:
                yield file, None, str(error)


def _read(file: Path) -> bytes | str:
    """Return a file's bytes, or the reason why it cannot be read."""
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _pool(captioner: Captioner, dataset: Path | None, features: Path | None) -> Pool:
    """Return the training photos that have a vector."""
    from dataset.read import photos
    from featurize.read import vectors

    if dataset is None or features is None:
        raise UserError("A mismatch needs the dataset and its vectors. Run the stages of this pipeline first")
    names = photos(dataset, "train")["sha256"].to_pylist()
    return Pool(names, vectors(features / captioner.features_key, names))


def _told(caption: Caption) -> Result:
    return {
        "text": caption.text,
        "tokens": list(caption.tokens),
        "log_probability": caption.log_probability,
        "token_log_probabilities": list(caption.token_log_probabilities),
    }
