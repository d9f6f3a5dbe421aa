"""`bokeru caption`: captions for photos in files, folders or standard input, as a table or as JSON."""

import mimetypes
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from store.errors import UsageError, UserError
from store.photo.containers import CLAIM, claimed_format
from store.photo.decode import FORMATS
from store.progress import Progress
from train.captions.captioner import Caption, Captioner
from train.captions.mismatch import mismatch
from train.captions.options import parse_decoding
from train.captions.pool import Pool

if TYPE_CHECKING:
    from featurize.extract import Extractor

STANDARD_INPUT = Path("-")
BATCH = 64
"""Photos in memory at a time."""
NAMED = 5
"""Files of a folder that are no photos are named up to this number, the others counted."""

Result = dict[str, Any]


def caption_files(
    run: Path,
    photos: Sequence[Path],
    weights: Path,
    *,
    dataset: Path | None = None,
    features: Path | None = None,
    device: str = "auto",
    **settings: Any,
) -> Iterator[Result]:
    """Write captions for photos, `BATCH` at a time.

    Args:
        run: the training run whose model writes.
        photos: files in any of the formats that `store.photo` reads, whatever they are called, folders of
            them, or `-` for a photo on standard input.
        weights: the folder of weights files, for the network that makes the model's vectors.
        dataset: its training photos are those that `mismatch` writes captions for.
        features: the folder of all feature caches, for the vectors of those photos.
        device: as `train.device` says; `auto` is the CPU.
        settings: those of `train.captions.options.DecodingOptions`.

    Yields:
        For each photo `file`, and either `error`, the reason why it has no captions, or `captions`: a list of
        `text`, `tokens`, `log_probability` and `token_log_probabilities` (nats), best first. A mismatch also
        has `source`: the `sha256` of the photo that it was written for, and its `distance`.

    Raises:
        UsageError: a file that does not exist, a setting with a value it cannot have.
        UserError: there is no model, no weights, or no vectors to choose a mismatch by.
    """
    from featurize.extract import Extractor

    # Everything that can be wrong with the request is checked before the first photo is read.
    files = list(_expand(photos))
    decoding = parse_decoding(settings)
    # Imported here: Chainer takes seconds. A step of decoding is too little work for `auto` to take a GPU.
    from train.arithmetic.device import device_if_there

    captioner = Captioner.load(run / "model", device_if_there(device, 0))
    pool = _pool(captioner, dataset, features) if decoding.strategy == "mismatch" else None
    extractor = Extractor(captioner.feature_options(), weights, captioner.weights_digest)
    remaining = iter(files)
    with Progress("caption", len(files), "photos") as progress:
        while batch := list(islice(remaining, BATCH)):
            extracted = list(_extract(batch, extractor))
            vectors = np.array([vector for _, vector, _ in extracted if vector is not None], np.float32)
            vectors = vectors.reshape(-1, captioner.dimensions)  # (B, D), also where B is 0
            if pool:
                captions = _mismatched(captioner, vectors, pool, settings)
            else:
                captions = _captions(captioner, vectors, settings)
            progress.advance(len(batch))
            for file, vector, error in extracted:
                result = {"error": error} if vector is None else {"captions": next(captions)}
                yield {"file": str(file), **result}


def _captions(
    captioner: Captioner, vectors: NDArray[np.float32], settings: Mapping[str, Any]
) -> Iterator[list[Result]]:
    """Yield the captions of each photo of vectors (B, D)."""
    for captions in captioner.caption(vectors, **settings):
        yield [_as_json(caption) for caption in captions]


def _mismatched(
    captioner: Captioner,
    vectors: NDArray[np.float32],
    pool: Pool,
    settings: Mapping[str, Any],
) -> Iterator[list[Result]]:
    """Yield the mismatched captions of each photo of vectors (B, D), with their sources."""
    for mismatches in mismatch(captioner, vectors, pool, **settings):
        yield [_as_json(one.caption) | {"source": vars(one.source)} for one in mismatches]


def print_table(results: Iterable[Mapping[str, Any]]) -> None:
    """Print captions with their log-probability, a line each."""
    results = list(results)
    mismatched = any("source" in caption for result in results for caption in result.get("captions", ()))
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


def _expand(photos: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that were named, and the photos in the folders that were named, sorted."""
    for path in photos:
        if path.is_dir():
            yield from _inside(path)
        elif path == STANDARD_INPUT or path.is_file():
            yield path
        else:
            raise UsageError(
                f"{path} does not exist. Give the path of a photo or a folder, or - for standard input"
            )


def _inside(folder: Path) -> list[Path]:
    """Return the photos in a folder, sorted; name the files that are none.

    Raises:
        UsageError: there is no photo.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    found = [file for file in files if _seems_photo(file)]
    if not found:
        raise UsageError(f"{folder} holds no photos ({', '.join(FORMATS)}). Name a file, or another folder")
    if others := sorted({*files} - {*found}):
        names = ", ".join(str(file.relative_to(folder)) for file in others[:NAMED])
        more = f" and {len(others) - NAMED:,} more" if len(others) > NAMED else ""
        print(f"no photos, left out: {names}{more}", file=sys.stderr)
    return found


def _seems_photo(file: Path) -> bool:
    """Tell whether a file begins as photos do, whatever it is called.

    One that is called a picture and is none, or cannot be read, counts too: it gets its reason.
    """
    kind, _ = mimetypes.guess_type(file.name)
    if (kind or "").startswith("image/"):
        return True
    try:
        with file.open("rb") as content:
            return claimed_format(content.read(CLAIM)) is not None
    except OSError:
        return True


def _extract(files: Sequence[Path], extractor: "Extractor") -> Iterator[tuple[Path, Any, str]]:
    """Yield each file with its vector, or with the reason why it has none."""
    contents: list[bytes | str] = [_read(file) for file in files]
    readable = [content for content in contents if isinstance(content, bytes)]
    try:
        vectors: Iterator[Any] | None = iter(extractor.vectors(readable))
    except UserError:
        vectors = None  # one of them is broken: extracted one by one, it shows which
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
    """Return a file's bytes, or as a string the reason why it cannot be read."""
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _pool(captioner: Captioner, dataset: Path | None, features: Path | None) -> Pool:
    """Return the training photos that have a vector."""
    from dataset.read import photos
    from featurize.read import read

    if dataset is None or features is None:
        raise UserError("A mismatch needs the dataset and its vectors. Run the stages of this pipeline first")
    sha256s = photos(dataset, "train")["sha256"].to_pylist()
    return Pool(sha256s, read(features / captioner.features_key).of(sha256s))


def _as_json(caption: Caption) -> Result:
    return {
        "text": caption.text,
        "tokens": list(caption.tokens),
        "log_probability": caption.log_probability,
        "token_log_probabilities": list(caption.token_log_probabilities),
    }
